"""What is known of a piece of the code from the calls that were made there, looked up once for each further one: it is told quicker then."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any

import msgspec

from explorer.capture.naming import Variables, variables
from explorer.capture.operators import Last
from explorer.capture.source import Place, Source


class Spot(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A place, and what its calls have in common."""

    place: Place
    variables: Variables
    last: dict[Callable[..., Any], Last | None]
    """By function, as `OperatorLog.meet` leaves it."""


class Spots:
    """All that a run has been at."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[tuple[int, int] | None, Spot] = {}
        """By the id of the code, which `Source` keeps, and the instruction; None is where no code runs."""

    def of(self, frame: FrameType | None) -> Spot:
        """Where `frame` is."""
        at = None if frame is None else (id(frame.f_code), frame.f_lasti)
        known = self._known.get(at)
        if known is None:
            place = self._source.here(frame)
            known = self._known[at] = Spot(place, variables(frame, place), {})
        return known
