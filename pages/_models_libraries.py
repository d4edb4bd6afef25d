"""Models of libraries that happen to be installed, by name and with random weights; where none is, a sentence."""

from __future__ import annotations

import streamlit as st

from explorer.models.libraries import LIBRARIES, MOST_NAME
from pages._models_catalogue import show_tree
from pages._models_state import having, ran, said_about, state
from pages._session import running_note, words
from pages._state import show


def draw() -> None:
    note = running_note()
    installed = [library.name for library in LIBRARIES.values() if library.installed]
    for library in LIBRARIES.values():
        if not library.installed:
            st.text(words("libraries.absent", library=library.name))
    if not installed:
        return
    if state().library not in installed:
        having(library=installed[0], wanted="")
    left, right = st.columns([5, 12], gap="medium")
    with left:
        _choose(installed)
    with right:
        asked = state().from_library()
        run = ran(note, asked.request(), "models.library")
        if said_about(run):
            show_tree(run, asked)
        st.code(run.code, language="python", wrap_lines=True)


def _choose(installed: list[str]) -> None:
    st.selectbox(
        words("libraries.library"),
        installed,
        required=True,
        key=show("models.library", state().library),
        on_change=lambda: having(library=st.session_state["models.library"], wanted="", module=None),
    )
    library = LIBRARIES[state().library]
    suggested = library.suggested
    st.pills(
        words("libraries.suggested"),
        suggested,
        key=show("models.suggested", state().wanted if state().wanted in suggested else None),
        on_change=lambda: having(wanted=st.session_state["models.suggested"] or "", module=None),
    )
    names = sorted({*suggested, *library.others, *([state().wanted] if state().wanted else [])})
    st.selectbox(
        words("libraries.name"),
        names,
        index=None,
        accept_new_options=True,
        placeholder=suggested[0],
        key=show("models.wanted", state().wanted or None),
        on_change=lambda: having(wanted=(st.session_state["models.wanted"] or "")[:MOST_NAME], module=None),
    )
    st.caption(words(f"libraries.{state().library}"))
