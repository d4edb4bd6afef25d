"""The Models page: what a model is made of and what it says, in sections of which one is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from explorer.viewer.kept import kept
from pages import (
    _models_catalogue,
    _models_freezing,
    _models_hub,
    _models_inference,
    _models_initialisation,
    _models_libraries,
    _models_statics,
)
from pages._models_state import having, state
from pages._session import words
from pages._state import show

SECTIONS: dict[str, Callable[[], None]] = {
    "catalogue": _models_catalogue.draw,
    "inference": _models_inference.draw,
    "freezing": _models_freezing.draw,
    "initialisation": _models_initialisation.draw,
    "statics": _models_statics.draw,
    "libraries": _models_libraries.draw,
    "hub": _models_hub.draw,
}
"""What draws each section, in the order of the control; the title of one is the text ``model_page.section.<name>``."""

_ADDRESS, _WRITTEN = "section", "models.section.written"
"""Name of the section in the address bar; key of the one last written there."""


def choose_section() -> Callable[[], None]:
    """The control above the page; the section also stands in the address bar, so that a link, Back and Forward lead to it."""
    asked = st.query_params.get(_ADDRESS)
    if asked in SECTIONS and asked != kept().get(_WRITTEN):
        having(section=asked)
    with st.container(key="models_sections"):
        st.segmented_control(
            words("model_page.sections"),
            SECTIONS,
            required=True,
            format_func=lambda name: words(f"model_page.section.{name}"),
            label_visibility="collapsed",
            key=show("models.section", state().section),
            on_change=_take_section,
        )
    kept()[_WRITTEN] = st.query_params[_ADDRESS] = state().section
    return SECTIONS[state().section]


def _take_section() -> None:
    having(section=st.session_state["models.section"])


st.html(Path(__file__).with_name("models.css"))  # a file of ours, and nothing else
choose_section()()
