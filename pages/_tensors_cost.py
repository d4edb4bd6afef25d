"""What an order of reading costs: the same sums over contiguous and transposed memory, measured live behind the wall."""

from __future__ import annotations

import streamlit as st

from explorer.app.remarks import remarks
from explorer.ir import Run
from explorer.strides.costs import SIZES, costs, request
from explorer.viewer.kept import kept
from explorer.viewer.line_costs import line_costs_view
from pages._session import attempt, language, running_note, words
from pages._state import show

_SIZE, _MEASURED = "cost.size", "cost.measured"
"""Keys of the chosen size and of the run that measured, by size."""


def draw() -> None:
    """The size, and what was measured at it; once measured, a size stays until it is asked for again."""
    size = kept().setdefault(_SIZE, SIZES[1])
    note = running_note()
    st.text(words("cost.lead"))
    with st.container(horizontal=True, vertical_alignment="bottom", key="cost_choice"):
        st.segmented_control(
            words("cost.size"),
            SIZES,
            required=True,
            key=show("cost.choice", size),
            on_change=_take_size,
        )
        st.button(words("cost.again"), on_click=_forget)
    if size not in _measured():
        note.text(words("run.running"))
        _measured()[size] = attempt(request(size))
    note.empty()
    run = _measured()[size]
    found = costs(run)
    if found:
        line_costs_view(found, key="tensors.costs", language=language())
    else:
        said = " ".join(remark.text for remark in remarks(run, language()))
        st.text(words("cost.none", why=said))


def _measured() -> dict[int, Run]:
    found: dict[int, Run] = kept().setdefault(_MEASURED, {})
    return found


def _take_size() -> None:
    kept()[_SIZE] = st.session_state["cost.choice"]


def _forget() -> None:
    _measured().pop(kept()[_SIZE], None)
