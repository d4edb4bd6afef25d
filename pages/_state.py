"""The Graph page's record in the session, and widgets that show one field of it and write it back: the record is the one truth."""

from __future__ import annotations

from typing import Any

import streamlit as st
from msgspec.structs import replace

from explorer.app.state import GraphState
from explorer.viewer.kept import kept

_STATE = "graph.state"

ANSWERED = "graph.answered"
"""Key of the fingerprint of the request that was answered last; without it the next rerun runs again."""


def state() -> GraphState:
    """The record as it is now; the first visit starts with the first example."""
    found: GraphState = kept().setdefault(_STATE, GraphState())
    return found


def change(**fields: Any) -> None:
    """Give fields of the record new values."""
    become(replace(state(), **fields))


def become(new: GraphState) -> None:
    """Put another record in the place of the one that was."""
    kept()[_STATE] = new


def show(key: str, value: object) -> str:
    """Make the widget `key` show `value`; returns the key. Untouched where it does already, so that a dragged handle is not pulled back.

    With other ends a slider is another widget to Streamlit, and begins at its least: so its key has to tell the ends.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def show_anew(key: str, value: object) -> str:
    """As `show`, of a widget that shows something else when another part of the page is used: then it is another widget.

    A browser that asks for a rerun before it has heard of the new value tells the old one, which would be taken for a choice: a text
    that was typed and run at once made way for the example that it was typed over. Where the person has chosen, the widget stays.
    """
    counts: dict[str, int] = kept().setdefault("shown anew", {})
    if st.session_state.get(f"{key}.{counts.setdefault(key, 0)}", value) != value:
        counts[key] += 1
    return show(f"{key}.{counts[key]}", value)


def bound(field: str) -> dict[str, Any]:
    """The arguments that tie a widget to one field of the record."""
    key = show(f"graph.{field}", getattr(state(), field))
    return {"key": key, "on_change": _take, "args": (field, key)}


def _take(field: str, key: str) -> None:
    change(**{field: st.session_state[key]})


def ask_typed(code: str, revision: str) -> None:
    """Ask for a run of what stood in the editor, unless another text has been put there since it was sent."""
    if revision == str(state().revision):
        ask(code)


def ask(code: str) -> None:
    """Ask for a run of `code`, even where it is the same as before; what was chosen for other code is dropped."""
    if code != state().code:
        change(result="", gradient="", backward=-1, open_modules=None, selected=None, storage=None)
    change(code=code, draft=code, problem=None)
    kept().pop(ANSWERED, None)


def put(code: str) -> None:
    """Put `code` into the editor, in place of what stands there, and ask for its run."""
    change(revision=state().revision + 1, library=None, repository=None)
    ask(code)
