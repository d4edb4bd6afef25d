"""Which dimensions merge into one: the rule by which ``view`` can or cannot give a tensor another shape without a copy.

Two neighbours d and d+1 are one dimension in disguise exactly when a step along d is as long as walking through all of d+1:
``stride[d] == stride[d+1] * size[d+1]``. ``view`` may split dimensions as it likes and merge those that the rule lets merge
(https://pytorch.org/docs/stable/generated/torch.Tensor.view.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from explorer.ir import Record
from explorer.strides.layout import Layout, dense_stride


class Pair(Record, frozen=True, kw_only=True):
    """Two neighbouring dimensions, and whether they merge. One of size 1 is never stepped, so it is nobody's neighbour."""

    outer: int
    inner: int
    stride: int
    """How far one step along the outer goes, in elements."""
    needed: int
    """How far it would have to go: inner stride times inner size."""
    merges: bool


class Blocked(Record, frozen=True, kw_only=True):
    """Why a view is not possible: dimensions that it would have to merge, and cannot."""

    dims: tuple[int, int]
    """First and last dimension of the tensor that a new one would lie across."""
    pairs: tuple[Pair, ...]
    """Of the pairs between these, those that do not merge."""
    size: int
    """Size of the new dimension that would lie across them."""


def merge_pairs(layout: Layout) -> tuple[Pair, ...]:
    """Each pair of neighbours; none where there are no elements, since nothing is stepped then."""
    if layout.numel == 0:
        return ()
    real = [dim for dim in layout.dims if layout.shape[dim] != 1]
    return tuple(_pair(layout, outer, inner) for outer, inner in pairwise(real))


def _pair(layout: Layout, outer: int, inner: int) -> Pair:
    step, needed = layout.stride[outer], layout.stride[inner] * layout.shape[inner]
    return Pair(outer=outer, inner=inner, stride=step, needed=needed, merges=step == needed)


class _Run(Record, frozen=True, kw_only=True):
    """Neighbours that are one dimension in disguise: so many elements, so far apart."""

    numel: int
    stride: int


def _runs(layout: Layout) -> list[_Run]:
    """The dimensions, merged as far as they go, from the outermost; one of size 1 goes with what lies further in."""
    runs: list[_Run] = []
    for size, step in zip(reversed(layout.shape), reversed(layout.stride), strict=True):
        if runs and (size == 1 or step == runs[0].numel * runs[0].stride):
            runs[0] = _Run(numel=runs[0].numel * size, stride=runs[0].stride)
        else:
            runs.insert(0, _Run(numel=size, stride=step))
    return runs


def view(layout: Layout, shape: Sequence[int]) -> Layout | None:
    """The layout of ``view(shape)`` (no -1 in it, as many elements); None where it would take a copy."""
    if tuple(shape) == layout.shape and layout.numel == 0:
        return layout
    stride = _view_stride(layout, shape) if layout.numel else dense_stride(shape)
    return None if stride is None else Layout(shape=tuple(shape), stride=stride, offset=layout.offset)


def _view_stride(layout: Layout, shape: Sequence[int]) -> tuple[int, ...] | None:
    """Fill the merged runs, from the innermost, with new dimensions: each must lie within one run."""
    runs, stride = _runs(layout), [0] * len(shape)
    filled, done = runs.pop() if runs else _Run(numel=1, stride=1), 1
    for dim in reversed(range(len(shape))):
        if done == filled.numel and shape[dim] != 1 and runs:
            filled, done = runs.pop(), 1
        stride[dim] = filled.stride * done
        done *= shape[dim]
        if filled.numel % done:
            return None
    return tuple(stride)


def blocked(layout: Layout, shape: Sequence[int]) -> Blocked | None:
    """What stands in the way of ``view(shape)``: the innermost new dimension that lies across dimensions which do not merge."""
    if view(layout, shape) is not None:
        return None
    inside = 1
    for size in reversed(shape):
        touched = _touched(layout, inside, inside * size)
        pairs = tuple(pair for pair in merge_pairs(layout) if touched[0] <= pair.outer < touched[1] and not pair.merges)
        if pairs:
            return Blocked(dims=touched, pairs=pairs, size=size)
        inside *= size
    return None


def _touched(layout: Layout, low: int, high: int) -> tuple[int, int]:
    """The dimensions that a new one lies across, if its index runs over the row-major ranks that are multiples of `low` below `high`."""
    dims = []
    for dim in layout.dims:
        inside = prod(layout.shape[dim + 1 :])
        if layout.shape[dim] != 1 and inside < high and inside * layout.shape[dim] > low:
            dims.append(dim)
    return (dims[0], dims[-1]) if dims else (0, 0)
