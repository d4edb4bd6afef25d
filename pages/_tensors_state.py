"""The Tensors page's record in the session."""

from __future__ import annotations

from explorer.app.tensors import TensorsState
from explorer.viewer.kept import kept

_STATE = "tensors.state"

ANSWERED = "tensors.answered"
"""Key of the fingerprint of the request that was answered last; without it the next rerun runs again."""


def state() -> TensorsState:
    found: TensorsState = kept().setdefault(_STATE, TensorsState())
    return found


def put(new: TensorsState) -> None:
    """Put another record in the place of the one that was; what was run stays."""
    kept()[_STATE] = new


def become(new: TensorsState) -> None:
    """Go over to another state, and run what it asks for even where that was run before."""
    put(new)
    kept().pop(ANSWERED, None)
