"""What the Training page keeps: its state, and the run that goes on or is over. It stays over a visit to another page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from explorer.app.training import TrainingState
from explorer.app.trainings import Started, begin, find
from explorer.runner import EngineError, shared_engine
from explorer.viewer.kept import kept
from pages._session import owner, words

RUN = "run"
"""Name of a run's id in the address bar."""

_STATE, _STARTED, _PROBLEM = "training.state", "training.started", "training.problem"


def state() -> TrainingState:
    found: TrainingState = kept().setdefault(_STATE, TrainingState())
    return found


def become(new: TrainingState) -> None:
    kept()[_STATE] = new


def started() -> Started | None:
    """The last training run, going on or over."""
    return kept().get(_STARTED)


def running() -> bool:
    run = started()
    return run is not None and run.training.end is None


def problem() -> str | None:
    """Why the last run could not start at all."""
    return kept().get(_PROBLEM)


def start() -> None:
    """Train as the page says; a run that goes on is ended by the engine, since one session has one."""
    kept().pop(_PROBLEM, None)
    try:
        adopt(begin(shared_engine(), state().request, owner(), run_name()))
    except EngineError as why:
        kept()[_PROBLEM] = str(why)


def adopt(run: Started) -> None:
    """Show a run, and name it in the address, so that a reloaded page finds it again."""
    kept()[_STARTED] = run
    st.query_params[RUN] = run.id


def find_again() -> None:
    """On a page that has no run yet: the one that the address names, with its code and data in the form."""
    identity = st.query_params.get(RUN)
    if identity is None or started() is not None:
        return
    try:
        run = find(shared_engine(), identity)
    except EngineError:
        run = None
    if run is None:
        del st.query_params[RUN]
        return
    kept()[_STARTED] = run
    become(state().with_request(run.request))


def run_name() -> str:
    """What a list calls the run that is about to start: data, model, optimizer."""
    recipe = state().recipe
    name = f"{words(f'datasets.{state().data.dataset}.title')} · {words(f'trainable.{state().model}.title')}"
    return name if state().loop_edited else f"{name} · {recipe.optimizer} {recipe.learning_rate:g}"


def show(key: str, value: object) -> str:
    """Make the widget `key` show `value`; returns the key.

    Said on every rerun, also where nothing changed: two reruns close together reach the browser as one, with what the
    second one said.
    """
    st.session_state[key] = value
    return key


def bound(name: str, value: object, take: Callable[[Any], TrainingState]) -> dict[str, Any]:
    """The arguments that tie a widget to one value of the state; `take` gives the state with another one."""
    key = show(f"training.{name}", value)
    return {"key": key, "on_change": lambda: become(take(st.session_state[key]))}
