"""The code of the Tensors page and its run: what the sections about a running program share."""

from __future__ import annotations

import streamlit as st

from explorer.app.remarks import Remark, marks, remarks
from explorer.app.state import fingerprint
from explorer.app.tensors import EXAMPLES
from explorer.ir import Run
from explorer.viewer.editor import code_editor
from explorer.viewer.kept import kept
from pages._said import show_printed, show_remarks
from pages._session import attempt, language, running_note, words
from pages._state import show_anew
from pages._state import state as graph_state
from pages._tensors_state import ANSWERED, become, state

_LAST, _SHOWN = "tensors.last", "tensors.shown"
"""Keys of the answer to the last request, and of the last answer that has tensors."""


def answer() -> Run:
    """The answer to what the state asks for: the one at hand, or a new run."""
    note = running_note()
    request = state().request()
    if kept().get(ANSWERED) != (asked := fingerprint(request)):
        note.text(words("run.running"))
        run = attempt(request)
        kept()[_LAST] = run
        kept()[ANSWERED] = asked
        if run.tensors:
            kept()[_SHOWN] = run
    note.empty()
    return kept()[_LAST]


def code_column(run: Run) -> None:
    """The code with its Run button, and what the run said and printed."""
    _choose_code()
    _edit_code(run)
    show_remarks(_said_about(run))
    show_printed(run.stdout)


def shown_run(run: Run) -> Run | None:
    """The run whose tensors are to be shown: `run`, or the last one that made some, and a word on which of them it is."""
    shown: Run | None = kept().get(_SHOWN)
    if shown is None:
        with st.container(key="nothing"):
            st.text(words("storage.none"))
    elif shown is not run:
        with st.container(key="before"):
            st.text(words("tensors.before"))
    return shown


def _said_about(run: Run) -> tuple[Remark, ...]:
    """What is worth saying here. That a run has no graph is not: tensors need none."""
    return () if run.status == "ok" else remarks(run, language())


def _choose_code() -> None:
    """An example, or what the Graph page ran."""
    key = show_anew("tensors.example", state().example)
    with st.container(horizontal=True, vertical_alignment="bottom", key="tensors_source"):
        st.selectbox(
            words("tensors.example"),
            list(EXAMPLES),
            index=None,
            required=True,
            format_func=lambda name: words(f"tensors.example.{name}"),
            placeholder=words("tensors.example"),
            label_visibility="collapsed",
            key=key,
            on_change=_take_example,
            args=(key, state().example),
        )
        st.button(words("tensors.from_graph"), key="tensors.from_graph", on_click=_take_graph)


def _take_example(key: str, shown: str | None) -> None:
    chosen = st.session_state[key]
    if chosen not in (None, shown):  # Streamlit tells None of a box that was just put up
        become(state().with_example(chosen))


def _take_graph() -> None:
    become(state().with_graph(graph_state()))


def _edit_code(run: Run) -> None:
    """The editor with its Run button; the line that the run complained about is marked."""
    code_editor(
        state().code,
        key="tensors.editor",
        revision=state().revision,
        language=language(),
        marks=marks(run, state().code, language()),
        on_run=_ask,
    )


def _ask(code: str, revision: str) -> None:
    """Run what stood in the editor, unless another text has been put there since it was sent."""
    if revision == str(state().revision):
        become(state().ask(code))
