"""The storage map: run code, see every tensor it made, and which cells of which storage each one reads."""

from __future__ import annotations

import streamlit as st

from explorer.viewer.storage import storage_view
from explorer.viewer.tensor_table import tensor_table
from pages._session import language, words
from pages._tensors_run import answer, code_column, shown_run


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
        storage_view(shown, key="tensors.storages", language=language())
