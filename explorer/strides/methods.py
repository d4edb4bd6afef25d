"""What each method of a tensor makes of its layout: one small function a method, in the words of torch's documentation.

Each raises `RefusedError` with a sentence where torch refuses for a reason worth explaining, and IndexError, TypeError or ValueError
where it is refused otherwise, or where this package does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from explorer.strides.formats import format_stride, formats, is_contiguous
from explorer.strides.layout import Layout, clone_stride, dense, dense_stride
from explorer.strides.made import Made, RefusedError, copied, said, same, viewed
from explorer.strides.merging import blocked, view

Sizes = int | Sequence[int]


def _sizes(given: tuple[Sizes, ...]) -> tuple[int, ...]:
    """Sizes as ``view(2, 3)`` and ``view((2, 3))`` take them."""
    if not given:
        raise TypeError(given)
    first = given[0] if len(given) == 1 else given
    sizes = (first,) if isinstance(first, int) else tuple(first)
    if not all(type(size) is int for size in sizes):
        raise TypeError(given)
    return sizes  # type: ignore[return-value]  # just checked


def _dim(layout: Layout, dim: int, more: int = 0) -> int:
    """A dimension counted from 0; negative ones count from the end, of `more` dimensions than there are."""
    count = len(layout.shape) + more
    if type(dim) is not int or not -max(count, 1) <= dim < max(count, 1):
        raise IndexError(dim)
    return dim % max(count, 1)


def _whole(layout: Layout, given: tuple[Sizes, ...]) -> tuple[int, ...]:
    """The shape asked for, with -1 worked out."""
    shape = list(_sizes(given))
    if shape.count(-1) == 1:
        rest = prod(size for size in shape if size != -1)
        if rest == 0 or layout.numel % rest:
            raise _wrong_count(layout, shape)
        shape[shape.index(-1)] = layout.numel // rest
    if any(size < 0 for size in shape) or prod(shape) != layout.numel:
        raise _wrong_count(layout, shape)
    return tuple(shape)


def _wrong_count(layout: Layout, shape: Sequence[int]) -> RefusedError:
    return RefusedError(said("count", shape=tuple(shape), numel=layout.numel))


def _permuted(layout: Layout, order: Sequence[int]) -> Layout:
    shape, stride = (tuple(one[dim] for dim in order) for one in (layout.shape, layout.stride))
    return Layout(shape=shape, stride=stride, offset=layout.offset)


def _transpose(layout: Layout, dim0: int, dim1: int) -> Made:
    one, other = _dim(layout, dim0), _dim(layout, dim1)
    order = list(layout.dims)
    if order:
        order[one], order[other] = order[other], order[one]
    return viewed(_permuted(layout, order), "transpose", one=one, other=other)


def _t(layout: Layout) -> Made:
    if len(layout.shape) > 2:
        raise RefusedError(said("t", count=len(layout.shape)))
    return _transpose(layout, 0, 1) if len(layout.shape) == 2 else viewed(layout, "t.nothing")


def _permute(layout: Layout, *dims: Sizes) -> Made:
    order = [_dim(layout, dim) for dim in _sizes(dims)]
    if sorted(order) != list(layout.dims):
        raise ValueError(dims)
    return viewed(_permuted(layout, order), "permute", order=order)


def _reversed_dims(layout: Layout) -> Made:
    return _permute(layout, tuple(reversed(layout.dims)))


def _matrix_transpose(layout: Layout) -> Made:
    return _transpose(layout, -2, -1)


def _movedim(layout: Layout, source: int, destination: int) -> Made:
    if not layout.shape:
        raise IndexError(source)
    order = list(layout.dims)
    order.insert(_dim(layout, destination), order.pop(_dim(layout, source)))
    return viewed(_permuted(layout, order), "permute", order=order)


def _view(layout: Layout, *shape: Sizes) -> Made:
    asked = _whole(layout, shape)
    found = view(layout, asked)
    if found is None:
        raise _no_view(layout, asked)
    return viewed(found, "view", stride=found.stride)


def _no_view(layout: Layout, shape: tuple[int, ...]) -> RefusedError:
    found = blocked(layout, shape)
    if found is None:
        return RefusedError(said("view.no"), shape)
    pair = found.pairs[0]
    values = {
        "size": found.size,
        "outer": pair.outer,
        "inner": pair.inner,
        "stride": pair.stride,
        "needed": pair.needed,
        "inner_stride": layout.stride[pair.inner],
        "inner_size": layout.shape[pair.inner],
    }
    return RefusedError(said("view.blocked", **values), shape)


def _reshape(layout: Layout, *shape: Sizes) -> Made:
    asked = _whole(layout, shape)
    found = view(layout, asked)
    return copied(dense(asked), "reshape.copy") if found is None else viewed(found, "reshape.view", stride=found.stride)


def _flatten(layout: Layout, start_dim: int = 0, end_dim: int = -1) -> Made:
    start, end = _dim(layout, start_dim), _dim(layout, end_dim)
    if start > end:
        raise ValueError(start_dim)
    if not layout.shape:
        return _reshape(layout, 1)
    if start == end:
        return same(layout, "flatten.nothing")
    shape = layout.shape
    return _reshape(layout, (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :]))


def _unflatten(layout: Layout, dim: int, sizes: Sizes) -> Made:
    at, inner = _dim(layout, dim), list(_sizes((sizes,)))
    if inner.count(-1) == 1:
        rest = prod(size for size in inner if size != -1)
        inner[inner.index(-1)] = layout.shape[at] // rest if rest else -1
    if prod(inner) != layout.shape[at]:
        raise ValueError(sizes)
    return _view(layout, (*layout.shape[:at], *inner, *layout.shape[at + 1 :]))


def _unsqueeze(layout: Layout, dim: int) -> Made:
    at = _dim(layout, dim, more=1)
    step = layout.shape[at] * layout.stride[at] if at < len(layout.shape) else 1
    shape = (*layout.shape[:at], 1, *layout.shape[at:])
    stride = (*layout.stride[:at], step, *layout.stride[at:])
    return viewed(Layout(shape=shape, stride=stride, offset=layout.offset), "unsqueeze", dim=at)


def _squeeze(layout: Layout, *dims: Sizes) -> Made:
    asked = {_dim(layout, dim) for dim in _sizes(dims)} if dims else set(layout.dims)
    kept = [dim for dim in layout.dims if dim not in asked or layout.shape[dim] != 1]
    return viewed(_permuted(layout, kept), "squeeze", gone=len(layout.shape) - len(kept))


def _expand(layout: Layout, *sizes: Sizes) -> Made:
    asked = _sizes(sizes)
    new = len(asked) - len(layout.shape)
    if new < 0:
        raise ValueError(sizes)
    old = Layout(shape=(1,) * new + layout.shape, stride=(_outer_step(layout),) * new + layout.stride)
    shape = tuple(was if size == -1 else size for size, was in zip(asked, old.shape, strict=True))
    if -1 in asked[:new] or any(size < 0 for size in shape):
        raise ValueError(sizes)
    for size, was in zip(shape, old.shape, strict=True):
        if was not in (1, size):
            raise RefusedError(said("expand.no", size=was, asked=size))
    kept = zip(shape, old.shape, old.stride, strict=True)
    stride = tuple(step if size == was else 0 for size, was, step in kept)
    return viewed(Layout(shape=shape, stride=stride, offset=layout.offset), "expand", stride=stride)


def _outer_step(layout: Layout) -> int:
    """The stride of a new dimension of size 1 in front, as in a dense tensor."""
    return layout.shape[0] * layout.stride[0] if layout.shape else 1


def _repeat(layout: Layout, *times: Sizes) -> Made:
    asked = _sizes(times)
    new = len(asked) - len(layout.shape)
    if new < 0 or any(count < 0 for count in asked):
        raise ValueError(times)
    return copied(dense([count * size for count, size in zip(asked, (1,) * new + layout.shape, strict=True)]), "repeat")


def _unfold(layout: Layout, dimension: int, size: int, step: int) -> Made:
    if not layout.shape:
        raise IndexError(dimension)
    at = _dim(layout, dimension)
    if size < 0 or step < 1 or size > layout.shape[at]:
        raise ValueError(size)
    shape, stride = list(layout.shape), list(layout.stride)
    shape[at] = (layout.shape[at] - size) // step + 1
    stride[at] *= step
    made = Layout(shape=(*shape, size), stride=(*stride, layout.stride[at]), offset=layout.offset)
    return viewed(made, "unfold", stride=made.stride)


def _diagonal(layout: Layout, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Made:
    one, other = _dim(layout, dim1), _dim(layout, dim2)
    if one == other or len(layout.shape) < 2:
        raise ValueError(dim1)
    down, right = (0, offset) if offset >= 0 else (-offset, 0)
    size = max(0, min(layout.shape[one] - down, layout.shape[other] - right))
    start = layout.offset + (down * layout.stride[one] + right * layout.stride[other] if size else 0)
    rest = [dim for dim in layout.dims if dim not in (one, other)]
    step = layout.stride[one] + layout.stride[other]
    kept = _permuted(layout, rest)
    made = Layout(shape=(*kept.shape, size), stride=(*kept.stride, step), offset=start)
    return viewed(made, "diagonal", one=layout.stride[one], other=layout.stride[other], step=step)


def _as_strided(layout: Layout, size: Sizes, stride: Sizes, storage_offset: int | None = None) -> Made:
    sizes, steps = _sizes((size,)), _sizes((stride,))
    if len(sizes) != len(steps) or any(one < 0 for one in (*sizes, *steps)):
        raise ValueError(stride)
    start = layout.offset if storage_offset is None else storage_offset
    return viewed(Layout(shape=sizes, stride=steps, offset=start), "as_strided")


_CONTIGUOUS = "torch.contiguous_format"


def _contiguous(layout: Layout, memory_format: str = _CONTIGUOUS) -> Made:
    name = memory_format.removeprefix("torch.")
    if name == "contiguous_format":
        return same(layout, "contiguous.same") if is_contiguous(layout) else copied(dense(layout.shape), "contiguous")
    if name in formats(layout):
        return same(layout, "contiguous.same")
    made = Layout(shape=layout.shape, stride=format_stride(layout.shape, name))
    return copied(made, "contiguous.format", format=name)


def _clone(layout: Layout, *, memory_format: str = "torch.preserve_format") -> Made:
    name = memory_format.removeprefix("torch.")
    if layout.numel == 0 and layout.stride != dense_stride(layout.shape):
        raise ValueError(memory_format)  # without elements there is no order to keep: left to a run
    stride = clone_stride(layout) if name == "preserve_format" else format_stride(layout.shape, name)
    return copied(Layout(shape=layout.shape, stride=stride), "clone")


def _detach(layout: Layout) -> Made:
    return viewed(layout, "detach")


def _narrow(layout: Layout, dim: int, start: int, length: int) -> Made:
    at = _dim(layout, dim)
    size = layout.shape[at]
    begin = start + size if start < 0 else start
    if length < 0 or not 0 <= begin <= size - length:
        raise IndexError(start)
    return _sliced(layout, at, begin, length)


def _select(layout: Layout, dim: int, index: int) -> Made:
    at = _dim(layout, dim)
    size, step = layout.shape[at], layout.stride[at]
    if not -size <= index < size:
        raise IndexError(index)
    kept = _permuted(layout, [one for one in layout.dims if one != at])
    offset = layout.offset + index % size * step
    made = Layout(shape=kept.shape, stride=kept.stride, offset=offset)
    return viewed(made, "index", sum=f"{layout.offset} + {index % size}·{step}", offset=offset)


def _sliced(layout: Layout, dim: int, begin: int, length: int) -> Made:
    shape = (*layout.shape[:dim], length, *layout.shape[dim + 1 :])
    offset = layout.offset + begin * layout.stride[dim]
    made = Layout(shape=shape, stride=layout.stride, offset=offset)
    return viewed(made, "index", sum=f"{layout.offset} + {begin}·{layout.stride[dim]}", offset=offset)


def _chunk(layout: Layout, chunks: int, dim: int = 0) -> Made:
    if not layout.shape or chunks < 1:
        raise ValueError(chunks)
    size = layout.shape[_dim(layout, dim)]
    if size == 0:
        raise ValueError(chunks)  # torch gives that many empty ones; rare enough to leave to a run
    return _split(layout, -(-size // chunks), dim)


def _split(layout: Layout, split_size: int, dim: int = 0) -> Made:
    if not layout.shape or type(split_size) is not int or split_size < 1:
        raise ValueError(split_size)
    at = _dim(layout, dim)
    size = layout.shape[at]
    starts = range(0, max(size, 1), split_size)
    pieces = [_sliced(layout, at, start, min(split_size, size - start)).layouts[0] for start in starts]
    return Made(kind="parts", layouts=tuple(pieces), why=said("chunk", dim=at))


def _unbind(layout: Layout, dim: int = 0) -> Made:
    if not layout.shape:
        raise IndexError(dim)
    at = _dim(layout, dim)
    pieces = [_select(layout, at, index).layouts[0] for index in range(layout.shape[at])]
    return Made(kind="parts", layouts=tuple(pieces), why=said("unbind", dim=at))


METHODS: dict[str, Callable[..., Made]] = {
    "t": _t,
    "T": _reversed_dims,
    "mT": _matrix_transpose,
    "transpose": _transpose,
    "swapaxes": _transpose,
    "swapdims": _transpose,
    "permute": _permute,
    "movedim": _movedim,
    "view": _view,
    "reshape": _reshape,
    "flatten": _flatten,
    "ravel": _flatten,
    "unflatten": _unflatten,
    "unsqueeze": _unsqueeze,
    "squeeze": _squeeze,
    "expand": _expand,
    "repeat": _repeat,
    "unfold": _unfold,
    "diagonal": _diagonal,
    "as_strided": _as_strided,
    "contiguous": _contiguous,
    "clone": _clone,
    "detach": _detach,
    "narrow": _narrow,
    "select": _select,
    "chunk": _chunk,
    "split": _split,
    "unbind": _unbind,
}
