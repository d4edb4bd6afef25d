"""The Training page: choose a model, data and an optimizer; watch loss and gradients while it learns, behind the process wall."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, get_args

import streamlit as st
from msgspec.structs import replace

from explorer.app.remarks import Remark
from explorer.app.training import MOMENTUM, TrainingState
from explorer.charts.training import curves
from explorer.ir import OptimizerName, Sentence, TrainingEnd, TrainingPoint, TrainingRequest
from explorer.models import datasets, find_dataset, trainable_models
from explorer.runner import EngineError, Training, shared_engine
from explorer.viewer.editor import code_editor
from explorer.viewer.kept import kept
from explorer.words import say, tell
from pages._said import show_printed, show_remarks
from pages._session import devices, language, owner, words

_STATE, _STARTED, _PROBLEM, _TICKING = "training.state", "training.started", "training.problem", "training.ticking"

TICK_SECONDS = 0.25


class Started(NamedTuple):
    """A training run and what it was asked to do. It stays in the session over a visit to another page."""

    request: TrainingRequest
    training: Training


def state() -> TrainingState:
    found: TrainingState = kept().setdefault(_STATE, TrainingState())
    return found


def started() -> Started | None:
    """The last training run, going on or over."""
    return kept().get(_STARTED)


def running() -> bool:
    run = started()
    return run is not None and run.training.end is None


def show(key: str, value: object) -> str:
    """Make the widget `key` show `value`; returns the key.

    Said on every rerun, also where nothing changed: two reruns close together reach the browser as one, with what the
    second one said.
    """
    st.session_state[key] = value
    return key


def bound(field: str) -> dict[str, Any]:
    """The arguments that tie a widget to one field of the request."""
    key = show(f"training.{field}", getattr(state().request, field))
    return {"key": key, "on_change": _take, "args": (field, key)}


def _take(field: str, key: str) -> None:
    kept()[_STATE] = state().with_request(**{field: st.session_state[key]})


def _take_model() -> None:
    kept()[_STATE] = state().with_model(st.session_state["training.model"])


def _take_dataset() -> None:
    kept()[_STATE] = state().with_dataset(st.session_state["training.dataset"])


def _take_log() -> None:
    kept()[_STATE] = replace(state(), log=st.session_state["training.log"])


def _start_typed(code: str, revision: str) -> None:
    """Train what stood in the editor, unless another text has been put there since it was sent."""
    if revision == str(state().revision):
        kept()[_STATE] = state().with_request(code=code)
        start()


def start() -> None:
    """Train as the page says; a run that goes on is ended by the engine, since one session has one."""
    kept().pop(_PROBLEM, None)
    try:
        training = shared_engine().train(state().request, owner=owner())
    except EngineError as problem:
        kept()[_PROBLEM] = str(problem)
    else:
        kept()[_STARTED] = Started(state().request, training)


def choose_model_and_data() -> None:
    """Both lists, one line on the data, and the code."""
    read = language()
    with st.container(horizontal=True, key="training_choice"):
        st.selectbox(
            words("training.choose_dataset"),
            [dataset.name for dataset in datasets()],
            format_func=lambda name: say(find_dataset(name).title, read),
            key=show("training.dataset", state().request.dataset),
            on_change=_take_dataset,
        )
        st.selectbox(
            words("training.choose_model"),
            [model.name for model in trainable_models()],
            format_func=lambda name: say(f"trainable.{name}.title", read),
            key=show("training.model", state().model),
            on_change=_take_model,
        )
    dataset = find_dataset(state().request.dataset)
    facts = words(
        f"training.facts.{dataset.kind}", points=dataset.points, inputs=dataset.inputs, outputs=dataset.outputs
    )
    st.caption(f"{words(dataset.description)} {facts}.")


def edit_code(learning: bool) -> None:
    """The code that builds the model; Run in it starts the training too."""
    draft = code_editor(
        state().request.code,
        key="training.editor",
        revision=state().revision,
        language=language(),
        marks=_marks(),
        max_lines=22,
        running=learning,
        on_run=_start_typed,
    )
    if draft != state().request.code:
        kept()[_STATE] = state().with_request(code=draft)
    if state().edited:
        st.button(
            words("training.code.reset"),
            type="tertiary",
            help=words("training.code.reset.help"),
            on_click=_restore,
        )


def _restore() -> None:
    kept()[_STATE] = state().with_model(state().model)


def _marks() -> dict[int, str]:
    """The line that the last run complained about, where it ran this very code."""
    run = started()
    if run is None or run.training.end is None or run.training.end.line is None:
        return {}
    return {run.training.end.line: _message(run.training.end)} if run.request.code == state().request.code else {}


def choose_numbers() -> None:
    """Optimizer, its numbers, and the length of the run."""
    request = state().request
    with st.container(horizontal=True, key="training_optimizer"):
        st.selectbox(words("training.optimizer"), get_args(OptimizerName), **bound("optimizer"))
        st.number_input(
            words("training.learning_rate"), min_value=0.0, step=0.01, format="%.4g", **bound("learning_rate")
        )
        st.number_input(
            words("training.momentum"),
            min_value=0.0,
            max_value=0.999,
            step=0.05,
            format="%.3g",
            disabled=request.optimizer not in MOMENTUM,
            **bound("momentum"),
        )
    with st.container(horizontal=True, key="training_length"):
        st.number_input(words("training.steps"), min_value=1, max_value=100_000, step=50, **bound("steps"))
        st.number_input(words("training.batch_size"), min_value=1, max_value=4_096, step=8, **bound("batch_size"))
        st.number_input(words("training.seed"), min_value=0, max_value=2**32 - 1, step=1, **bound("seed"))
        if len(devices()) > 1:
            st.selectbox(words("training.device"), devices(), **bound("device"))


def watch() -> None:
    """Everything that was measured; drawn anew every `TICK_SECONDS` while it learns, and once more at the end."""
    run = started()
    if problem := kept().get(_PROBLEM):
        show_remarks((Remark(kind="stopped", title=words("remark.stopped"), text=problem),))
    if run is None:
        return
    end, points = run.training.end, run.training.points
    _show_progress(run, end, points)
    if end is not None and end.status != "ok":
        text = words("training.ended", steps=len(points), message=_message(end)) if points else _message(end)
        show_remarks((Remark(kind=end.status, title=words(f"remark.{end.status}"), text=text),))
    if points:
        _show_result(points, run.training.parameter_count)
        steps = run.request.steps if end is None else None
        figure = curves(points, run.training.parameters, language(), steps=steps, log=state().log)
        st.plotly_chart(figure, key="training.curves", config={"displayModeBar": False})
    if end is not None:
        show_printed(end.stdout)
        if kept()[_TICKING]:
            st.rerun()


def _show_progress(run: Started, end: TrainingEnd | None, points: tuple[TrainingPoint, ...]) -> None:
    """A bar with the step and the seconds, and beside it the one button: Stop while it learns, else Start."""
    step, seconds = (points[-1].step, f"{points[-1].seconds:.1f}") if points else (0, "0.0")
    key = "training.waiting" if end is None and not points else "training.progress"
    with st.container(horizontal=True, vertical_alignment="bottom", key="training_progress"):
        st.progress(
            min(step / run.request.steps, 1.0), text=words(key, step=step, steps=run.request.steps, seconds=seconds)
        )
        if end is None:
            st.button(words("training.stop"), key="training.stop", on_click=run.training.stop, width=90)
        elif st.button(words("training.start"), key="training.start", width=90):
            start()
            st.rerun()  # the whole page, so that it is drawn anew while the model learns


def _message(end: TrainingEnd) -> str:
    """Why it ended, with the line where there is one."""
    text = tell(end.sentence, language()) if isinstance(end.sentence, Sentence) else end.message or ""
    return text if end.line is None else words("training.ended.line", line=end.line, message=text)


def _show_result(points: tuple[TrainingPoint, ...], parameter_count: int) -> None:
    """The last numbers, side by side."""
    last = points[-1]
    with st.container(horizontal=True, key="training_result"):
        st.metric(words("training.result.loss"), f"{float(last.loss):.4g}")
        if last.metric is not None:
            st.metric(words("training.result.accuracy"), f"{float(last.metric):.0%}")
        st.metric(words("training.result.gradient_norm"), f"{float(last.gradient_norm):.4g}")
        st.metric(words("training.result.parameters"), f"{parameter_count:,}")
        st.toggle(words("training.log"), key=show("training.log", state().log), on_change=_take_log)


def draw() -> None:
    st.html(Path(__file__).with_name("training.css"))
    if started() is None and _PROBLEM not in kept():
        start()  # the first visit shows a finished example
    learning = kept()[_TICKING] = running()  # asked once: it may end while the page is drawn
    left, right = st.columns([5, 7], gap="large")
    with left:
        choose_model_and_data()
        choose_numbers()
        edit_code(learning)
    with right:
        st.fragment(watch, run_every=TICK_SECONDS if learning else None)()


draw()
