"""The graph of one step of a training, below its replay: the training runs again up to that step, which is then recorded as any run is."""

from __future__ import annotations

import streamlit as st
from msgspec.structs import replace

from explorer.app.drawing import Drawing, commanded, draw, toggled
from explorer.app.remarks import remarks
from explorer.app.state import GraphState
from explorer.app.trainings import Started
from explorer.derivatives.optimizers import formulas
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

HEIGHT = 520
"""px of the viewer."""


def ask(started: Started, step: int) -> None:
    """Let the graph of `step` be shown."""
    kept()[_ASKED] = RunRequest(
        code=started.request.code,
        seed=started.request.seed,
        device=started.request.device,
        step=TrainingStep(step=step, data=started.request.data),
    )


def show_graph(started: Started) -> None:
    """The graph that was asked for, with what the optimizer did; nothing where none was, or of another training."""
    asked: RunRequest | None = kept().get(_ASKED)
    if asked is None or asked.step is None or asked.code != started.request.code:
        return
    run = _answer(asked)
    with st.container(horizontal=True, vertical_alignment="center", key="training_step"):
        st.text(words("update.graph", step=asked.step.step))
        st.button(words("update.close"), key="training.graph.close", on_click=lambda: kept().pop(_ASKED, None))
    show_remarks(tuple(remark for remark in remarks(run, language()) if remark.kind != "note"))
    if run.graph.nodes:
        _view(run)
    if run.update is not None:
        for line in formulas(run.update):
            st.latex(line)  # our own text with the run's numbers in it
        update_view(run.update, key="training.update", language=language())


def _answer(asked: RunRequest) -> Run:
    """The recorded step, run once for each request."""
    known: tuple[RunRequest, Run] | None = kept().get(_RUN)
    if known is None or known[0] != asked:
        with st.spinner(words("update.working", step=asked.step.step if asked.step else 0)):
            known = (asked, attempt(asked))
        kept()[_RUN] = known
    return known[1]


def _look() -> GraphState:
    found: GraphState = kept().setdefault(_LOOK, GraphState(look=Look(overlay="grad")))
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
            selected=_look().selected,
            look=_look().look,
            on_selected=lambda: _become(replace(_look(), selected=st.session_state[_VIEW].selected)),
            on_toggled=lambda: _become(toggled(_look(), drawing.open_modules, st.session_state[_VIEW].toggled)),
            on_command=lambda: _become(commanded(_look(), run.graph, st.session_state[_VIEW].command)),
        )


def _drawing(run: Run) -> Drawing:
    """The drawing of `run` as it is wanted; computed once for each."""
    wanted = (_look().open_modules, _look().show_saved, language())
    drawn_run, drawn_as, drawing = kept().get(_DRAWN, (None, None, None))
    if drawn_run is not run or drawn_as != wanted:
        drawing = draw(run, _look(), language())
        kept()[_DRAWN] = (run, wanted, drawing)
    return drawing
