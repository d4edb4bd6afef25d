"""What one browser session keeps between reruns, in a dictionary of our own."""

from __future__ import annotations

from typing import Any

import streamlit as st

KEPT = "kept"
"""Key of the dictionary in ``st.session_state``."""


def kept() -> dict[str, Any]:
    """The session's dictionary: the same object in every rerun, unlike what is kept in ``st.session_state`` itself.

    Streamlit (seen in 1.67) starts the thread of a rerun while that of the one before may still clean up, without a lock between
    them: the one may then put back what the other wrote. A value of a person, just typed, was lost that way. Only what widgets
    show belongs into ``st.session_state``.
    """
    found: dict[str, Any] = st.session_state.setdefault(KEPT, {})
    return found
