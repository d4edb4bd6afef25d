"""The storage strip on a page: Streamlit's side of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from explorer.ir import Run
from explorer.viewer.component import browser_module
from explorer.viewer.storages import strips_data
from explorer.words import Language

_mount = browser_module("explorer_storage", "storage_view.mjs", "storage.css")


def storage_view(
    run: Run,
    *,
    key: str,
    language: Language,
    storage: int | None = None,
    tensor: str | None = None,
    windows: Sequence[Mapping[str, Any]] = (),
    on_window: Callable[[int, int, int], None] | None = None,
) -> None:
    """Show the storages of a run as strips of cells, and how its tensors read them.

    It follows the selection that the other views publish, and publishes what is chosen in it.

    Args:
        run: whose tensors and storages.
        key: unique in the app.
        language: of its words.
        storage: id of the storage to begin with.
        tensor: name of the tensor to begin with; None takes the first view, which has most to show.
        windows: numbers of further cells that were read, each {storage, start, values}.
        on_window: called before a rerun with a storage, a cell, and how many there are, where a person asks for the numbers from
            that cell on; None where the page cannot read them.
    """

    def take_window() -> None:
        match st.session_state[key].get("window"):
            case {"storage": int(wanted), "start": int(start), "cells": int(cells)} if on_window and 0 <= start < cells:
                on_window(wanted, start, cells)

    _mount(
        key=key,
        data=strips_data(
            run, language, storage=storage, tensor=tensor, windows=windows, reads_on=on_window is not None
        ),
        on_window_change=take_window,
    )
