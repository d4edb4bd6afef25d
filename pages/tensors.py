"""The Tensors page: what lies under a tensor, in sections of which one is shown."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from msgspec.structs import replace

from explorer.viewer.kept import kept
from pages import (
    _tensors_cost,
    _tensors_files,
    _tensors_names,
    _tensors_numbers,
    _tensors_operations,
    _tensors_storage,
    _tensors_versions,
    _tensors_workbench,
)
from pages._session import words
from pages._state import show
from pages._tensors_state import put, state

SECTIONS: dict[str, Callable[[], None]] = {
    "storage": _tensors_storage.draw,
    "workbench": _tensors_workbench.draw,
    "versions": _tensors_versions.draw,
    "cost": _tensors_cost.draw,
    "numbers": _tensors_numbers.draw,
    "files": _tensors_files.draw,
    "names": _tensors_names.draw,
    "operations": _tensors_operations.draw,
}
"""What draws each section, in the order of the control; the title of one is the text ``tensors.section.<name>``."""

_ADDRESS = "section"
"""Name of the section in the address bar, and of the one last written there among what is kept."""


def choose_section() -> Callable[[], None]:
    """The control above the page; the section also stands in the address bar, so that a link, Back and Forward lead to it."""
    asked = st.query_params.get(_ADDRESS)
    if asked in SECTIONS and asked != kept().get(_ADDRESS):
        put(replace(state(), section=asked))
    with st.container(key="tensors_sections"):
        st.segmented_control(
            words("tensors.sections"),
            SECTIONS,
            required=True,
            format_func=lambda name: words(f"tensors.section.{name}"),
            label_visibility="collapsed",
            key=show("tensors.section", state().section),
            on_change=_take_section,
        )
    kept()[_ADDRESS] = st.query_params[_ADDRESS] = state().section
    return SECTIONS[state().section]


def _take_section() -> None:
    put(replace(state(), section=st.session_state["tensors.section"]))


choose_section()()
