"""Where the slider of an input begins and ends."""

from __future__ import annotations

_SMALLEST = 5.0


def reach(value: float) -> float:
    """The end of a slider around zero that holds `value`: 5, 10, 50, 100, 500, ...

    It does not grow while a value moves within it, so that the handle stays under the finger.
    """
    limit = _SMALLEST
    factor = 2
    while limit < abs(value):
        limit, factor = limit * factor, 7 - factor
    return limit
