"""Cache lines: how many pieces of 64 bytes a tensor's elements lie in, and how often a walk over them goes from one to another.

A processor fetches memory by lines. A walk whose next element lies in the line at hand costs little; one that goes to another
line each time pays for 64 bytes and uses one element of them. Counted by formula, not element by element.
"""

from __future__ import annotations

from itertools import product

from explorer.ir import Record
from explorer.strides.layout import Layout

LINE_BYTES = 64
"""A cache line on every x86-64 and most ARM processors."""


class Lines(Record, frozen=True, kw_only=True):
    """Lines under a tensor, if its storage begins at the start of one, as torch's allocator makes it."""

    touched: int
    """Different lines that hold an element or a part of one."""
    fetched: int
    """Lines that a walk in row-major order asks for, if only the line at hand is remembered."""


def lines(layout: Layout, itemsize: int) -> Lines:
    """Count for elements of `itemsize` bytes, a power of two of at most 16, so that none lies across a line's end."""
    return Lines(touched=_touched(layout, itemsize), fetched=_fetched(layout, itemsize))


def _touched(layout: Layout, itemsize: int) -> int:
    """The union of the stretches of lines under the innermost dimension (by stride), over all positions of the others."""
    dims = sorted(
        (stride * itemsize, size)
        for stride, size in zip(layout.stride, layout.shape, strict=True)
        if stride and size != 1
    )
    if layout.numel == 0:
        return 0
    step, count = dims[0] if dims else (0, 1)
    outer = dims[1:]
    while outer and outer[0][0] == step * count:  # the next dimension goes on where this one ends
        count *= outer.pop(0)[1]
    start = layout.offset * itemsize
    if step >= LINE_BYTES and not outer:
        return count
    if step > LINE_BYTES:
        outer, step, count = [(step, count), *outer], 0, 1
    if not outer or (len(outer) == 1 and outer[0][0] >= step * count and outer[0][0] % LINE_BYTES == 0):
        return _stretches(start, step, count, outer)
    return _union(start, step, count, outer)


def _stretches(start: int, step: int, count: int, outer: list[tuple[int, int]]) -> int:
    """Stretches that begin at the same place of a line and do not meet: as many times as one has."""
    one = (start + step * (count - 1)) // LINE_BYTES - start // LINE_BYTES + 1
    if not outer:
        return one
    stride, times = outer[0]
    apart = stride // LINE_BYTES
    return one * times if apart >= one else apart * (times - 1) + one


def _union(start: int, step: int, count: int, outer: list[tuple[int, int]]) -> int:
    starts = sorted(
        start + sum(at * stride for at, (stride, _) in zip(index, outer, strict=True))
        for index in product(*(range(size) for _, size in outer))
    )
    found, seen = 0, -1
    for begin in starts:
        first, last = begin // LINE_BYTES, (begin + step * (count - 1)) // LINE_BYTES
        found += max(0, last - max(first, seen + 1) + 1)
        seen = max(seen, last)
    return found


def _fetched(layout: Layout, itemsize: int) -> int:
    """How often the line changes along row-major order, and one for the first element."""
    if layout.numel == 0:
        return 0
    dims = [(stride * itemsize, size) for stride, size in zip(layout.stride, layout.shape, strict=True) if size != 1]
    while len(dims) > 1 and dims[-2][0] == dims[-1][0] * dims[-1][1]:
        (step, inner), (_, size) = dims.pop(), dims.pop()
        dims.append((step, inner * size))
    if not dims:
        return 1
    step, count = dims.pop()
    total, before = 0, -1
    for index in product(*(range(size) for _, size in dims)):
        begin = layout.offset * itemsize + sum(at * stride for at, (stride, _) in zip(index, dims, strict=True))
        first, last = begin // LINE_BYTES, (begin + step * (count - 1)) // LINE_BYTES
        total += (count if step >= LINE_BYTES else last - first + 1) - (first == before)
        before = last
    return total
