"""What the Training page keeps: its state, and the run that goes on or is over. It stays over a visit to another page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from explorer.app.training import TrainingState
from explorer.ir import TrainingRequest
from explorer.runner import EngineError, Training, shared_engine
from explorer.viewer.kept import kept
from pages._session import owner

_STATE, _STARTED, _PROBLEM = "training.state", "training.started", "training.problem"


class Started(NamedTuple):
    """A training run and what it was asked to do."""

    request: TrainingRequest
    training: Training


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
        training = shared_engine().train(state().request, owner=owner())
    except EngineError as why:
        kept()[_PROBLEM] = str(why)
    else:
        kept()[_STARTED] = Started(state().request, training)


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
