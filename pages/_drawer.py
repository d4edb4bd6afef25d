"""The drawer under the drawing: leaves, gradient norms, storages, memory, time by node, timings. Only the open tab is computed."""

from __future__ import annotations

import streamlit as st

from explorer.app.drawing import commanded
from explorer.app.numbers import show_seconds
from explorer.charts import gradient_norms
from explorer.ir import Run
from explorer.viewer.cost_table import memory_view, time_view
from explorer.viewer.leaf_table import leaf_table
from explorer.viewer.storage import storage_view
from explorer.viewer.storages import live_tensors
from pages._session import language, words
from pages._state import become, state

PHASES = ("gate", "forward", "backward", "capture", "fork", "total")

_TABS = ("leaves", "norms", "storages", "memory", "time", "timings")
_KEY = "graph.drawer"


def drawer(run: Run) -> None:
    """Draw the tabs of `run`."""
    labels = [words(f"drawer.{name}") for name in _TABS]
    shown = dict(zip(_TABS, (_leaves, _norms, _storages, _memory, _time, _timings), strict=True))
    for name, tab in zip(_TABS, st.tabs(labels, key=_KEY, on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                shown[name](run)


def open_storages() -> None:
    """Open the tab of the storages; to be called before the drawer is drawn."""
    st.session_state[_KEY] = words("drawer.storages")


def _leaves(run: Run) -> None:
    leaf_table(run, key="graph.leaves", language=language())


def _norms(run: Run) -> None:
    st.plotly_chart(gradient_norms(run.graph, language()), key="graph.norms", config={"displaylogo": False})


def _storages(run: Run) -> None:
    """The strips of cells, at the storage that was chosen in the drawing."""
    chosen = state().storage
    if chosen is not None and all(tensor.storage_id != chosen for tensor in live_tensors(run)):
        st.text(words("drawer.storages.unnamed", storage=chosen))
    storage_view(run, key="graph.storages", language=language(), storage=chosen)


def _memory(run: Run) -> None:
    if run.memory is None:
        st.text(words("costs.none"))
        return
    st.text(words("costs.memory.note"))
    memory_view(run, key="graph.memory", language=language())


def _time(run: Run) -> None:
    """How it was measured, and the slowest nodes."""
    if run.times is None:
        st.text(words("costs.none"))
        return
    repeats = run.times.repeats
    with st.container(horizontal=True, vertical_alignment="center", key="timed"):
        st.text(words("costs.median", repeats=repeats) if repeats else words("costs.once"))
        st.button(words("costs.again"), key="graph.again", on_click=_measure_again, args=(run,))
    time_view(run, key="graph.times", language=language())


def _timings(run: Run) -> None:
    """Wall time by phase, as the worker and the engine measured it."""
    with st.container(key="timings", gap=None):
        for phase in PHASES:
            if phase in run.timings:
                with st.container(horizontal=True):
                    st.text(words(f"timings.{phase}"), width=180)
                    st.text(show_seconds(run.timings[phase], language()))


def _measure_again(run: Run) -> None:
    become(commanded(state(), run.graph, "repeats:5"))
