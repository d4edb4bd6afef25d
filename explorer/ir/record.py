"""The base of every record, and the one way this product writes a number.

Records are frozen msgspec structs: typed, comparable, and the same bytes for the same content. JSON has no NaN and no
infinity, so a number that is not finite is written as one of three strings which JavaScript's ``Number()`` and Python's
``float()`` both read back.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

NonFinite = Literal["NaN", "Infinity", "-Infinity"]

Number = float | NonFinite
"""A real number in a record: a float, or the name of one that JSON cannot write."""

Nested = Any
"""A tensor's numbers: one number for a 0-dim tensor, else lists in lists. `explorer.ir.codec` checks depth and leaves.

A leaf is an int, a float, a bool, a `NonFinite` name, or a string such as ``"1+2j"`` for a complex number.
"""


class Record(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Base of all records: immutable, and what has its default is not written. Each also says ``kw_only``, which msgspec does not inherit.

    The garbage collector does not track them (``gc=False``): a record can be no part of a cycle, and a run has 10^5 of them.
    """


def number(value: float) -> Number:
    """Write one real number so that JSON can hold it."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
