"""The graph of one step of a training, beside its replay, which colours it: the training runs again up to that step, which is then recorded as any run is."""

from __future__ import annotations

import streamlit as st
from msgspec.structs import replace
from streamlit.delta_generator import DeltaGenerator

from explorer.app.drawing import Drawing, commanded, draw, toggled
from explorer.app.remarks import remarks
from explorer.app.state import GraphState
from explorer.app.trainings import Started
from explorer.derivatives.optimizers import formulas
from explorer.graph.folding import open_to_depth
from explorer.ir import Run, RunRequest, TrainingStep
from explorer.viewer.component import graph_view
from explorer.viewer.kept import kept
from explorer.viewer.look import Look
from explorer.viewer.update_table import update_view
from pages._said import show_remarks
from pages._session import attempt, language, words

_ASKED, _RUN, _LOOK, _DRAWN = (
    "training.graph.asked",
    "training.graph.run",
    "training.graph.look",
    "training.graph.drawn",
)
_VIEW = "training.graph"

HEIGHT = 640
"""px of the viewer."""


def ask(started: Started, step: int | None) -> None:
    """Let the graph of `step` be shown; None shows none."""
    kept()[_ASKED] = (started.id, step)


def shown_step(started: Started) -> int | None:
    """The step whose graph is shown: the first until a person asks for another, since it costs no more than one step."""
    identity, step = kept().get(_ASKED, ("", None))
    if identity == started.id:
        return step
    return started.training.snapshots[0].step if started.training.snapshots else None


def show_graph(started: Started, place: DeltaGenerator) -> None:
    """The graph of `shown_step` in `place`, coloured by the replay's step; here what the optimizer did in its own."""
    step = shown_step(started)
    if step is None:
        return
    with place:
        run = _answer(_request(started, step))
        with st.container(horizontal=True, vertical_alignment="center", key="training_step"):
            st.text(words("update.graph", step=step))
            st.button(words("update.close"), key="training.graph.close", on_click=lambda: ask(started, None))
        show_remarks(tuple(remark for remark in remarks(run, language()) if remark.kind != "note"))
        if run.graph.nodes:
            _view(run)
    if run.update is not None:
        for line in formulas(run.update):
            st.latex(line)  # our own text with the run's numbers in it
        update_view(run.update, key="training.update", language=language())


def _request(started: Started, step: int) -> RunRequest:
    return RunRequest(
        code=started.request.code,
        seed=started.request.seed,
        device=started.request.device,
        step=TrainingStep(step=step, data=started.request.data),
    )


def _answer(asked: RunRequest) -> Run:
    """The recorded step, run once for each request."""
    known: tuple[RunRequest, Run] | None = kept().get(_RUN)
    if known is None or known[0] != asked:
        with st.spinner(words("update.working", step=asked.step.step if asked.step else 0)):
            known = (asked, attempt(asked))
        kept()[_RUN] = known
    return known[1]


def _look() -> GraphState:
    found: GraphState = kept().setdefault(_LOOK, GraphState(look=Look(overlay="recorded")))
    return found


def _become(new: GraphState) -> None:
    kept()[_LOOK] = new


def _view(run: Run) -> None:
    drawing = _drawing(run)
    with st.container(key="picture"):
        graph_view(
            drawing.scene,
            key=_VIEW,
            height=HEIGHT,
            overview=True,
            selected=_look().selected,
            look=_look().look,
            on_selected=lambda: _become(replace(_look(), selected=st.session_state[_VIEW].selected)),
            on_toggled=lambda: _become(toggled(_look(), drawing.open_modules, st.session_state[_VIEW].toggled)),
            on_command=lambda: _become(commanded(_look(), run.graph, st.session_state[_VIEW].command)),
        )


def _drawing(run: Run) -> Drawing:
    """The drawing of `run` as it is wanted; computed once for each."""
    look = _look()
    if look.open_modules is None:  # few boxes at first, so that their colours are seen together
        look = replace(look, open_modules=tuple(sorted(open_to_depth(run.graph, 1))))
    wanted = (look.open_modules, look.show_saved, language())
    drawn_run, drawn_as, drawing = kept().get(_DRAWN, (None, None, None))
    if drawn_run is not run or drawn_as != wanted:
        drawing = draw(run, look, language())
        kept()[_DRAWN] = (run, wanted, drawing)
    return drawing
