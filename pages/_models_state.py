"""What the sections of the Models page share: the state, the model that is looked at, and its run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st
from msgspec.structs import replace
from streamlit.delta_generator import DeltaGenerator

from explorer.app.models import OWN, ModelsState, first_node, opened
from explorer.app.remarks import remarks
from explorer.app.state import GraphState, fingerprint
from explorer.graph.anatomy import Part, anatomy
from explorer.ir import Run, RunRequest
from explorer.models import catalogue, find
from explorer.viewer.kept import kept
from pages._answers import answered, section_state
from pages._said import show_remarks
from pages._session import attempt, keep_run, language, words
from pages._state import ANSWERED, become, show_anew
from pages._state import state as graph_state

_STATE = "models.state"
RUN = "models.run"
"""Key of the run that the tree is read from."""


def state() -> ModelsState:
    return section_state(_STATE, ModelsState)


def put(new: ModelsState) -> None:
    """Put another record in the place of the one that was."""
    kept()[_STATE] = new


def having(**fields: Any) -> None:
    """Give fields of the record new values."""
    put(state().having(**fields))


def ran(note: DeltaGenerator, request: RunRequest, key: str = RUN) -> Run:
    """The answer to `request`: the one kept under `key`, or a new run."""
    return answered(note, key, fingerprint(request), lambda: attempt(request))


def parts_of(run: Run, key: str = "models.parts") -> tuple[Part, ...]:
    """The tree of a run, computed once for it."""
    before, parts = kept().get(key, (None, ()))
    if before is not run:
        parts = anatomy(run)
        kept()[key] = (run, parts)
    found: tuple[Part, ...] = parts
    return found


def said_about(run: Run) -> bool:
    """Say why a run failed, where it did; whether it has something to show."""
    show_remarks(() if run.status == "ok" else remarks(run, language()))
    return bool(run.calls)


def choose_model(names: Iterable[str] | None = None) -> None:
    """The model that a section is about, as one list; `names` are those that it can be about."""
    offered = [model.name for model in catalogue()] if names is None else list(names)
    if state().model is None:
        offered.append(OWN)
    chosen = state().model or OWN
    shown = chosen if chosen in offered else None
    key = show_anew("models.model", shown)
    st.selectbox(
        words("model_page.model"),
        offered,
        index=None,
        required=True,
        placeholder=words("model.choose"),
        format_func=listed,
        key=key,
        on_change=_take_model,
        args=(key, shown),
    )


def listed(name: str) -> str:
    """An entry of the catalogue in a list of all kinds."""
    if name == OWN:
        return words("model_page.own")
    return f"{words(f'models.kind.{find(name).kind}')}  ·  {words(find(name).title)}"


def _take_model(key: str, shown: str | None) -> None:
    if (chosen := st.session_state[key]) not in (None, shown, OWN):
        put(state().with_model(chosen))


def open_graph(run: Run, asked: GraphState, module: str | None = None) -> None:
    """Leave for the Graph page, which is to show `run` as the answer to what `asked` asks for, opened at a module."""
    where = {} if module is None else {"open_modules": opened(module), "selected": first_node(run.graph, module)}
    become(replace(asked, revision=graph_state().revision + 1, **where))
    keep_run(run)
    kept()[ANSWERED] = fingerprint(graph_state().request())
    st.switch_page("graph.py")  # beside navigation.py, which is what Streamlit runs
