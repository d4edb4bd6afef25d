"""The storage map: run code, see every tensor it made, and which cells of which storage each one reads."""

from __future__ import annotations

from functools import partial

import streamlit as st
from msgspec.structs import asdict

from explorer.app.cells import Window, window_of, window_request
from explorer.ir import Run
from explorer.viewer.kept import kept
from explorer.viewer.storage import storage_view
from explorer.viewer.tensor_table import tensor_table
from pages._session import attempt, language, words
from pages._tensors_run import answer, code_column, shown_run

_WINDOWS = "tensors.windows"
"""Key of the run whose further cells were read, with what was read."""

MOST_WINDOWS = 20


def draw() -> None:
    """The code, and beside it the table of tensors over the strips of cells; choosing in one chooses in the other, without a rerun."""
    run = answer()
    left, right = st.columns([5, 12], gap="medium")
    with left:
        code_column(run)
    with right:
        shown = shown_run(run)
        if shown is None:
            return
        st.text(words("tensors.lead"))
        tensor_table(shown, key="tensors.table", language=language())
        storage_view(
            shown,
            key="tensors.storages",
            language=language(),
            windows=[asdict(one) for one in _windows(shown)],
            on_window=partial(_read_on, shown),
        )


def _windows(run: Run) -> list[Window]:
    """The further cells of that very run that were read."""
    of, found = kept().get(_WINDOWS, (None, []))
    return found if of is run else []


def _read_on(run: Run, storage: int, start: int, cells: int) -> None:
    """Run the code again, to read the cells in sight."""
    request = window_request(run, storage, start, cells)
    window = request and window_of(attempt(request), storage, start)
    if window:
        kept()[_WINDOWS] = (run, [*_windows(run), window][-MOST_WINDOWS:])
