"""The right of the Training page: what the run is about, the last numbers, and curves that grow while the model learns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st
from msgspec.structs import replace

from explorer.app.learned import doubts
from explorer.app.remarks import Remark
from explorer.app.trainings import Learning, Started
from explorer.charts.training import MOST_POINTS, curves
from explorer.ir import TrainingEnd, TrainingStart
from explorer.viewer.replay import replay_place, replay_view
from explorer.words import tell
from pages._said import show_printed, show_remarks
from pages._session import language, words
from pages._training_choices import said
from pages._training_compare import comparing, downloads, show_comparison, show_kept
from pages._training_graph import ask, show_graph, shown_step
from pages._training_progress import show_progress
from pages._training_session import become, problem, running, show, started, state

_REPLAY = "training.replay"


def watch() -> None:
    """Everything that was measured; drawn anew while it learns, and once more at the end."""
    run = started()
    if run is None:
        _show_problem()
        return
    learning, end = running(), run.training.end
    with st.container(key="training_below"):
        st.caption(words("training.below"))
    show_progress(run)
    _show_problem()
    if end is not None and end.status != "ok" and (run.training.points or run.request == state().request):
        _show_reason(run.training, end)  # of a run without a step only while the form still asks for it
    if (notice := run.training.notice) is not None:
        show_remarks((Remark(kind="note", title=words("remark.note"), text=tell(notice, language())),))
    if end is not None:
        show_remarks(doubts(run.training, language()))
    _show_measured(run, end)
    if end is not None:
        show_printed(end.stdout)
        if st.session_state.get("training.ticking") and not learning and not comparing():
            st.rerun()


def _show_problem() -> None:
    """Why the next run could not start at all."""
    if (why := problem()) is not None:
        show_remarks((Remark(kind="stopped", title=words("remark.stopped"), text=why),))


def _show_reason(training: Learning, end: TrainingEnd) -> None:
    steps = len(training.points)
    text = words("training.ended", steps=f"{steps:,}", message=said(end)) if steps else said(end)
    show_remarks(
        (Remark(kind="error" if end.status == "ok" else end.status, title=words(f"remark.{end.status}"), text=text),)
    )


def _show_measured(run: Started, end: TrainingEnd | None) -> None:
    """The last numbers, then curves or the replay; only the open tab is computed. Other runs stay in reach where this one took no step."""
    begun, learning = run.training.start, end is None
    nothing = partial(st.text, words("training.no_step"))
    shown: dict[str, Callable[[], object]] = {
        "curves": nothing,
        "replay": nothing,
        "compare": show_comparison,
        "kept": show_kept,
    }
    if run.training.points and begun is not None:
        _show_result(run, begun)
        shown["curves"] = partial(_show_curves, run, begun, learning)
        shown["replay"] = partial(_show_replay, run, begun, learning)
    labels = [words(f"training.tab.{view}") for view in shown]
    tabs = st.tabs(labels, key="training.tabs", on_change="rerun")
    for draw, tab in zip(shown.values(), tabs, strict=True):
        if tab.open:
            with tab:
                draw()


def _show_curves(run: Started, begun: TrainingStart, learning: bool) -> None:
    window = None if learning else _choose_window(run)
    figure = curves(
        run.training.points,
        run.training.snapshots,
        begun.parameters,
        language(),
        classes=begun.kind == "classes",
        steps=begun.steps if learning else None,
        log=state().log,
        window=window,
    )
    st.plotly_chart(figure, key="training.curves", config={"displayModeBar": False})


def _choose_window(run: Started) -> tuple[int, int] | None:
    """Which steps are drawn, of a run with more of them than a curve shows; None draws all."""
    points = run.training.points
    if len(points) <= MOST_POINTS:
        return None
    first, last = points[0].step, points[-1].step
    chosen: tuple[int, int] = st.slider(
        words("training.window"),
        first,
        max(last, first + 1),
        (first, max(last, first + 1)),
        help=words("training.window.help", drawn=f"{MOST_POINTS:,}", points=f"{len(points):,}"),
        key=f"training.window.{run.id}",
    )
    return chosen


def _show_replay(run: Started, begun: TrainingStart, learning: bool) -> None:
    """While it learns only the newest step is sent, four times a second; once it has ended all of them, and the graph that they colour.

    The slider stays in sight while the page scrolls, so that it moves all that stands below it.
    """
    training = run.training
    slider, graph = st.container(key="training_slider"), st.container(key="training_graph")
    replay_place(key="training.replay.place")
    with slider:
        replay_view(
            begun,
            training.points,
            training.snapshots[-1:] if learning else training.snapshots,
            training.surface,
            key=_REPLAY,
            language=language(),
            full=None if learning else shown_step(run),
            on_open=lambda: ask(run, st.session_state[_REPLAY].open),
        )
    if not learning:
        show_graph(run, graph)


def _show_result(run: Started, begun: TrainingStart) -> None:
    """The last numbers, side by side, and the run as a file."""
    training = run.training
    last = training.points[-1]
    with st.container(horizontal=True, key="training_result"):
        st.metric(words("training.result.loss"), f"{float(last.loss):.4g}")
        scores = training.snapshots[-1].validation if training.snapshots else None
        if scores is not None and scores.metric is not None:
            accuracy = begun.kind == "classes"
            shown = f"{float(scores.metric):.1%}" if accuracy else f"{float(scores.metric):.4g}"
            st.metric(words("training.result.accuracy" if accuracy else "training.result.r2"), shown)
        st.metric(words("training.result.gradient_norm"), f"{float(last.gradient_norm):.4g}")
        st.metric(words("training.result.parameters"), f"{begun.parameter_count:,}")
        with st.popover(words("runs.save"), key="training_save"):
            downloads(run.id, run.request.data.dataset, lambda: run)
        st.toggle(
            words("training.log"),
            key=show("training.log", state().log),
            on_change=lambda: become(replace(state(), log=st.session_state["training.log"])),
        )
