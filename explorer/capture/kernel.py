"""Reads elements in native code: all that statistics need in one pass over a tensor, and many tensors in one call.

LLVM compiles it when it is first asked for, for the processor that is there; no compiler has to be installed. Functions of numpy or torch
would read the elements four times, and after a kernel of torch's each of them costs 20 to 50 us before it begins (`docs/benchmarks.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy
from numpy.typing import NDArray

from explorer.capture.histogram import stride_of_sample
from explorer.capture.kernel_code import COLUMNS, DTYPES, SUMS, reads
from explorer.capture.native import address_of_array, function_of
from explorer.ir import PREVIEW_ELEMENTS

_SQUARES = 1
"""Which column of a row is the sum of the squares."""

__all__ = ["DTYPES", "SUMS", "Rows", "read"]


class Rows:
    """What was read of several tensors, by position."""

    __slots__ = ("odd", "table")

    def __init__(self, count: int, columns: int) -> None:
        """Of so many, nothing yet."""
        self.table: NDArray[Any] = numpy.empty((count, columns))
        """The elements' sum, that of their squares, the least, the largest, how many are zero, 1 where that says too little; and a histogram, if any."""
        self.odd = 0
        """Of how many it says too little: an element is not finite, or float64 has lost digits. Of these there is no histogram."""

    def which_are_not_finite(self) -> list[int]:
        """The positions of those with an element that is not, or with squares beyond float64."""
        return numpy.flatnonzero(~numpy.isfinite(self.table[:, _SQUARES])).tolist() if self.odd else []

    def which_are_odd(self) -> list[int]:
        """Their positions."""
        return numpy.flatnonzero(self.table[:, SUMS - 1]).tolist() if self.odd else []


def read(dtype: str, addresses: Sequence[int], numels: Sequence[int], *, counting: bool = True) -> Rows:
    """Read tensors of one of `DTYPES`, none empty, whose elements lie in the CPU's memory one after the other from each address on.

    The caller knows that they are there: memory that is not ends the process. Those that are shown element by element get no histogram;
    where that are all, or without `counting`, there is no room for any.
    """
    counting = counting and max(numels) > PREVIEW_ELEMENTS
    rows = Rows(len(addresses), COLUMNS if counting else SUMS)
    tensors = numpy.array((addresses, numels, list(map(_stride, numels)) if counting else numels), numpy.int64)
    rows.odd = compiled(dtype)(
        len(addresses), address_of_array(tensors), address_of_array(rows.table), rows.table.shape[1]
    )
    return rows


def _stride(numel: int) -> int:
    return stride_of_sample(numel) if numel > PREVIEW_ELEMENTS else numel


@cache
def compiled(dtype: str) -> Callable[..., int]:
    """The function of `reads`, which the first call compiles."""
    name = f"read_{dtype}"
    return function_of(lambda: reads(name, dtype), name)
