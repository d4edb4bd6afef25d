"""Named dimensions: names for the tensors that code starts from, carried through its operations."""

from __future__ import annotations

import streamlit as st
from msgspec.structs import replace
from streamlit.delta_generator import DeltaGenerator

from explorer.app.looks import as_run
from explorer.app.remarks import marks, remarks
from explorer.app.sections import NAMED, NamesState
from explorer.ir import Look, NamedDims
from explorer.names import NamesError
from explorer.viewer.editor import code_editor
from explorer.viewer.kept import kept
from explorer.viewer.named_steps import named_steps
from explorer.words import tell
from pages._answers import forget, looked, section_state
from pages._said import literal, show_printed, show_remarks
from pages._session import language, running_note, words
from pages._state import show

_STATE, _ANSWER = "names.state", "names.answer"
_MOST_FIELDS = 6


def state() -> NamesState:
    return section_state(_STATE, NamesState)


def draw() -> None:
    """The code and a field for each tensor it starts from; beside it every call with its names."""
    look = _look(running_note())
    left, right = st.columns([5, 12], gap="medium")
    with left:
        _choose_example()
        _edit(look)
        run = as_run(look, state().code)
        show_remarks(() if look.status == "ok" else remarks(run, language()))
        show_printed(look.stdout)
        for root in look.roots[:_MOST_FIELDS]:
            _name(root)
    with right:
        st.text(words("dims.lead"))
        st.text(words("dims.gone"))
        named_steps(look, key="names.steps", language=language())


def _look(note: DeltaGenerator) -> Look:
    """The look at the code with the names that were typed; names that cannot be keep the look before, and say why."""
    try:
        return looked(note, _ANSWER, state().request())
    except NamesError as problem:
        plain = looked(note, _ANSWER, replace(state(), given={}).request())
        sentence = problem.sentence
        return replace(plain, status="refused", sentence=sentence, message=tell(sentence), line=None)


def _choose_example() -> None:
    st.selectbox(
        words("sections.example"),
        list(NAMED),
        index=None,
        required=True,
        format_func=lambda name: words(f"dims.example.{name}"),
        placeholder=words("sections.example"),
        label_visibility="collapsed",
        key=show("names.example", state().example),
        on_change=_take_example,
    )


def _take_example() -> None:
    chosen = st.session_state["names.example"]
    if chosen is not None:  # Streamlit tells None of a box that was just put up
        kept()[_STATE] = state().with_example(chosen)


def _edit(look: Look) -> None:
    code_editor(
        state().code,
        key="names.editor",
        revision=state().revision,
        language=language(),
        marks=marks(as_run(look, state().code), state().code, language()),
        on_run=_ask,
    )


def _ask(code: str, revision: str) -> None:
    if revision == str(state().revision):
        kept()[_STATE] = replace(state(), code=code)
        forget(_ANSWER)


def _name(root: NamedDims) -> None:
    """A field for the names of one tensor."""
    variable = root.variable or ""
    key = show(f"names.of.{variable}", state().given.get(variable, ""))
    st.text_input(
        words("dims.field", variable=literal(variable), shape=list(root.shape)),
        placeholder=words("dims.placeholder"),
        key=key,
        on_change=_take_names,
        args=(variable, key),
    )


def _take_names(variable: str, key: str) -> None:
    kept()[_STATE] = state().with_names(variable, st.session_state[key])
