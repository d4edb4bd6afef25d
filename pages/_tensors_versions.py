"""In-place writes: what happened to each storage of the run, version by version, and what backward would say of it."""

from __future__ import annotations

import streamlit as st

from explorer.ir import Run, RunRequest
from explorer.viewer.kept import kept
from explorer.viewer.versions import COMPARED, versions_view
from pages._session import attempt, language, words
from pages._tensors_run import answer, code_column

_COMPARED = "versions.compared"
"""Key of the run that compares clone and detach; once a session is enough."""


def draw() -> None:
    """The code, and beside it the time line; it needs no tensor with a name, and tells of a failed run too."""
    run = answer()
    left, right = st.columns([5, 12], gap="medium")
    with left:
        code_column(run)
    with right:
        st.text(words("versions.lead"))
        versions_view(run, _compared(), key="tensors.versions", language=language())


def _compared() -> Run:
    if _COMPARED not in kept():
        kept()[_COMPARED] = attempt(RunRequest(code=COMPARED, verify="never"))
    found: Run = kept()[_COMPARED]
    return found
