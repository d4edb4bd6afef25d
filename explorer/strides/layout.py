"""One tensor over a storage: shape, stride, offset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from math import prod

from explorer.ir import Record


class Layout(Record, frozen=True, kw_only=True):
    """Element ``[i, j, ...]`` lies at ``offset + i*stride[0] + j*stride[1] + ...`` of its storage, counted in elements."""

    shape: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    offset: int = 0

    @property
    def numel(self) -> int:
        return prod(self.shape)

    @property
    def dims(self) -> range:
        return range(len(self.shape))

    def address(self, index: Sequence[int]) -> int:
        """Where the element at `index` (one number a dimension) lies."""
        return self.offset + sum(i * step for i, step in zip(index, self.stride, strict=True))

    def addresses(self, most: int | None = None) -> Iterator[int]:
        """Addresses in row-major order, the order in which torch lists and compares elements; the first `most`."""
        return islice((self.address(index) for index in product(*map(range, self.shape))), most)

    def last(self) -> int:
        """The highest address; of a layout without elements, one below the offset."""
        if self.numel == 0:
            return self.offset - 1
        return self.address([size - 1 for size in self.shape])


def dense_stride(shape: Sequence[int]) -> tuple[int, ...]:
    """The stride that torch gives a new tensor: row-major, sizes of 0 counted as 1."""
    stride: list[int] = []
    step = 1
    for size in reversed(shape):
        stride.insert(0, step)
        step *= max(size, 1)
    return tuple(stride)


def dense(shape: Sequence[int]) -> Layout:
    """A new tensor of that shape in a storage of its own."""
    return Layout(shape=tuple(shape), stride=dense_stride(shape))


def clone_stride(layout: Layout) -> tuple[int, ...]:
    """The stride of ``clone()``: the same where the elements fill a stretch of memory without gaps, else dense in the same order of dimensions."""
    return layout.stride if is_dense(layout) else ordered_stride(layout)


def ordered_stride(layout: Layout) -> tuple[int, ...]:
    """A dense stride for the same shape, in which the dimensions lie in one another as they do in `layout`."""
    stride, step = [0] * len(layout.shape), 1
    for dim in _inner_first(layout):
        stride[dim] = step
        step *= layout.shape[dim]
    return tuple(stride)


def is_dense(layout: Layout) -> bool:
    """Whether the elements fill a stretch of memory without gaps and without two in one place, in any order of dimensions."""
    step = 1
    stepped = [(stride, size) for stride, size in zip(layout.stride, layout.shape, strict=True) if size > 1]
    for stride, size in sorted(stepped):
        if stride != step:
            return False
        step *= size
    return True


def _inner_first(layout: Layout) -> list[int]:
    """Dimensions by stride, as torch sorts them: insertion from the last dimension, a stride of 0 is beside any other."""
    order = list(reversed(layout.dims))
    for end in range(1, len(order)):
        here = end
        for there in range(end - 1, -1, -1):
            verdict = _compare(layout, order[there], order[here])
            if verdict < 0:
                break
            if verdict > 0:
                order[there], order[here] = order[here], order[there]
                here = there
    return order


def _compare(layout: Layout, one: int, other: int) -> int:
    """Negative where dimension `one` lies further in than `other`, positive where further out, 0 where it cannot be said."""
    step, other_step = layout.stride[one], layout.stride[other]
    if step == 0 or other_step == 0:
        return 0
    if step != other_step:
        return -1 if step < other_step else 1
    return 1 if layout.shape[one] > layout.shape[other] else 0
