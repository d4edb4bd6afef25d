"""Numbers of records, which may be NaN or complex and then are text, held against each other."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, isnan

from explorer.ir import Nested


def equal(one: Nested, other: Nested, tolerance: float) -> bool:
    """Whether two nested lists have the same numbers, up to `tolerance` times the largest finite one of all; NaN equals NaN."""
    ours, theirs = list(_flat(one)), list(_flat(other))
    if len(ours) != len(theirs):
        return False
    room = tolerance * max(
        (abs(each) for each in (*ours, *theirs) if isinstance(each, float) and isfinite(each)), default=0.0
    )
    return all(_near(*pair, room) for pair in zip(ours, theirs, strict=True))


def _near(one: float | str, other: float | str, room: float) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return one == other or (isnan(one) and isnan(other)) or abs(one - other) <= room


def _flat(value: Nested) -> Iterator[float | str]:
    """Numbers in their order, a complex one as two; what is none stays as text."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, list | tuple):
            stack.extend(reversed(item))
            continue
        try:
            if isinstance(item, int | float):
                yield float(item)
            else:
                number = complex(str(item).lower().replace("infinity", "inf"))
                yield from (number.real, number.imag)
        except (ValueError, OverflowError):
            yield str(item)


def shown(value: Nested) -> str:
    """One number in six digits."""
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)
