"""Indexing: integers, slices, None and ``...`` give views, lists a copy, as torch's basic and advanced indexing do."""

from __future__ import annotations

from types import EllipsisType
from typing import Any

from explorer.strides.layout import Layout, ordered_stride
from explorer.strides.made import Made, copied, viewed

Index = int | slice | None | EllipsisType | list[Any]


def index_layout(layout: Layout, index: tuple[Index, ...]) -> Made:
    """The layout of ``x[index]``. Raises IndexError, TypeError or ValueError for what torch refuses or this function does not know."""
    if any(isinstance(one, list) for one in index):
        return _by_list(layout, index)
    shape: list[int] = []
    stride: list[int] = []
    offset, sums, dim = layout.offset, [str(layout.offset)], 0
    for one in _spread(layout, index):
        if one is None:
            # as unsqueeze
            stride.append(layout.shape[dim] * layout.stride[dim] if dim < len(layout.shape) else 1)
            shape.append(1)
            continue
        size, step = layout.shape[dim], layout.stride[dim]
        dim += 1
        if isinstance(one, slice):
            start, stop, by = _limits(one, size)
            shape.append(max(0, -((start - stop) // by)))
            stride.append(step * by)
            begin = start
        elif type(one) is int and -size <= one < size:
            begin = one % size
        else:
            raise IndexError(one)
        offset += begin * step
        if begin:
            sums.append(f"{begin}·{step}")
    made = Layout(shape=tuple(shape), stride=tuple(stride), offset=offset)
    return viewed(made, "index", sum=" + ".join(sums), offset=offset)


def _limits(one: slice, size: int) -> tuple[int, int, int]:
    """Start, stop and step of a slice of a dimension; torch has no negative steps."""
    by = 1 if one.step is None else one.step
    if by < 1:
        raise ValueError(by)
    start, stop, _ = one.indices(size)
    return start, max(start, stop), by


def _spread(layout: Layout, index: tuple[Index, ...]) -> list[Index]:
    """The index with ``...`` written out and whole slices at the end, so that each dimension has its part."""
    used = sum(one is not None and one is not ... for one in index)
    missing = len(layout.shape) - used
    if missing < 0 or index.count(...) > 1:
        raise IndexError(index)
    whole: list[Index] = [slice(None)] * missing
    if ... not in index:
        return [*index, *whole]
    at = index.index(...)
    return [*index[:at], *whole, *index[at + 1 :]]


def _by_list(layout: Layout, index: tuple[Index, ...]) -> Made:
    """A list of integers in the first place: its elements are gathered."""
    first, *rest = index
    if (
        rest
        or not layout.shape
        or not isinstance(first, list)
        or not all(type(one) is int for one in first)
        or layout.numel == 0
    ):
        raise TypeError(index)
    size = layout.shape[0]
    if not all(-size <= one < size for one in first):
        raise IndexError(first)
    gathered = Layout(shape=(len(first), *layout.shape[1:]), stride=(0, *layout.stride[1:]))
    return copied(Layout(shape=gathered.shape, stride=ordered_stride(gathered)), "gather")
