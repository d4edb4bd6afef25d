"""What a run said: the reason why it failed, remarks, and what the code printed. All of it as plain text."""

from __future__ import annotations

import re

import streamlit as st

from explorer.app.remarks import Remark
from pages._session import words

_PRINTED_HEIGHT = 180
"""px; longer output scrolls."""

_PRINTED_LINES = 8


def show_remarks(said: tuple[Remark, ...]) -> None:
    """A quiet box for each; its look follows from its kind (style.css), and its title says the kind in words."""
    for position, remark in enumerate(said):
        with st.container(key=f"remark_{remark.kind}_{position}", gap=None):
            st.text(remark.title)
            st.text(remark.text)


def show_printed(stdout: str) -> None:
    """What the code printed, in a box that scrolls when it is long."""
    if not stdout:
        return
    with st.container(key="printed", gap=None):
        st.text(words("printed.title"))
        long = stdout.count("\n") > _PRINTED_LINES
        st.code(stdout, language=None, height=_PRINTED_HEIGHT if long else "content", wrap_lines=True)


def literal(name: str) -> str:
    """A name that someone typed, for the label of a widget: Streamlit reads a label as Markdown, and `_x_` would lose its underscores.

    For names, which hold no spaces, dots or colons; whole lines of code go into st.code or st.text.
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", name)


def show_title(text: str, *, key: str) -> None:
    """The title of a part of a page; `key` is unique on the page."""
    with st.container(key=f"title_{key}"):
        st.text(text)
