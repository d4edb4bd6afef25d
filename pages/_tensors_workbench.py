"""The view workbench: start from a tensor, chain operations, and see after each step where its elements lie and why."""

from __future__ import annotations

from functools import partial

import streamlit as st
from msgspec.structs import replace

from explorer.app.remarks import Remark, marks, remarks
from explorer.app.state import fingerprint
from explorer.app.workbench import START, WorkbenchState, settle, startable
from explorer.ir import Run
from explorer.viewer.editor import code_editor
from explorer.viewer.kept import kept
from explorer.viewer.workbench import Line, scene, workbench_view
from pages._said import show_remarks
from pages._session import attempt, language, running_note, words
from pages._state import put as put_on_graph_page
from pages._state import show
from pages._state import state as graph_state
from pages._tensors_state import state as tensors_state

_STATE, _STARTED, _SEND = "workbench.state", "workbench.started", "workbench.send"
"""Keys of the record, of the start's run with the fingerprint of what was asked, and of the wish to go to the Graph page."""


def state() -> WorkbenchState:
    found: WorkbenchState = kept().setdefault(_STATE, WorkbenchState())
    return found


def _become(new: WorkbenchState) -> None:
    kept()[_STATE] = new


def draw() -> None:
    """The tensor to start from on the left, the chain on the right."""
    started = _started()
    left, right = st.columns([4, 9], gap="medium")
    with left:
        _choose_start(started)
    with right:
        st.text(words("workbench.lead"))
        _chain()


def _started() -> Run:
    """The run of the start alone; the state then knows which tensor the chain starts from."""
    note = running_note()
    run = _run_start(note)
    settled = settle(state(), run)
    if settled is not None and settled.start != state().start:  # a bare expression has got a name
        _become(settled)
        run = _run_start(note)
    elif settled is not None:
        _become(settled)
    note.empty()
    return run


def _run_start(note: st.delta_generator.DeltaGenerator) -> Run:
    request = state().request(0)
    asked = fingerprint(request)
    if (known := kept().get(_STARTED)) and known[0] == asked:
        return known[1]
    note.text(words("run.running"))
    run = attempt(request)
    kept()[_STARTED] = (asked, run)
    return run


def _choose_start(run: Run) -> None:
    """The code that makes the first tensor, or what another page ran; and which of its tensors."""
    with st.container(horizontal=True, key="workbench_sources"):
        st.button(words("workbench.from_notes"), on_click=_start_afresh)
        st.button(words("workbench.from_tensors"), on_click=_take, args=("tensors",))
        st.button(words("workbench.from_graph"), on_click=_take, args=("graph",))
    code_editor(
        state().start,
        key="workbench.editor",
        revision=state().revision,
        language=language(),
        marks=marks(run, state().start, language()),
        min_lines=5,
        max_lines=14,
        on_run=_take_start,
    )
    if run.status != "ok":
        show_remarks(remarks(run, language()))
    names = startable(run)
    if not names:
        show_remarks((Remark(kind="note", title=words("remark.note"), text=words("workbench.no_start")),))
    elif len(names) > 1:
        st.selectbox(
            words("workbench.tensor"),
            names,
            key=show("workbench.tensor", state().tensor),
            on_change=_take_tensor,
        )


def _start_afresh() -> None:
    _become(replace(WorkbenchState(), start=START, revision=state().revision + 1))


def _take(page: str) -> None:
    ran = tensors_state() if page == "tensors" else tensors_state().with_graph(graph_state())
    _become(state().with_program(ran.request()))


def _take_start(code: str, revision: str) -> None:
    if revision == str(state().revision):
        _become(state().with_start(code))


def _take_tensor() -> None:
    _become(replace(state(), tensor=st.session_state["workbench.tensor"], steps=()))


@st.fragment
def _chain() -> None:
    """Run the program, and draw each of its lines. A new step draws this alone anew."""
    if kept().pop(_SEND, False):
        put_on_graph_page(state().code())
        st.switch_page("graph.py")  # beside navigation.py, which is what Streamlit runs
    now = state()
    if now.tensor is None:
        return
    run = attempt(now.request())
    problem = ""
    if run.status != "ok":
        problem = "\n".join(remark.text for remark in remarks(replace(run, notes=()), language()))
        run = run if run.tensors else _before(run, now)
    pairs = zip(now.steps, now.lines(), strict=True)
    lines = [Line(now.names()[0], now.names()[0])]
    lines += [Line(name, step, text) for name, (step, text) in zip(now.names()[1:], pairs, strict=True)]
    workbench_view(
        scene(lines, replace(run, code=now.code()), problem, language()),
        key="workbench.chain",
        on_steps=_take_steps,
        on_send=partial(kept().__setitem__, _SEND, True),
    )


def _before(run: Run, now: WorkbenchState) -> Run:
    """A program that was refused as a whole ran not at all: its beginning, up to the line that was refused."""
    good = (run.line or now.line_of(len(now.steps) - 1)) - now.line_of(0)
    return attempt(now.request(max(0, good)))


def _take_steps(steps: list[str]) -> None:
    _become(state().with_steps(steps))
