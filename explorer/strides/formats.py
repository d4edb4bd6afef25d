"""Contiguity in each memory format, as ``is_contiguous(memory_format=...)`` answers."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.strides.layout import Layout, dense_stride

_ORDERS = {"channels_last": (1, 3, 2, 0), "channels_last_3d": (1, 4, 3, 2, 0)}
"""Dimensions from the innermost outwards: N, C, H, W is kept as N, H, W, C."""


def is_contiguous(layout: Layout) -> bool:
    """Whether row-major order visits the addresses one by one. A dimension of size 1 is never stepped, and a tensor without elements always is."""
    return layout.numel == 0 or _follows(layout, tuple(reversed(layout.dims)))


def formats(layout: Layout) -> tuple[str, ...]:
    """The memory formats that hold, of ``contiguous``, ``channels_last`` and ``channels_last_3d``; several can."""
    found = ["contiguous"] if is_contiguous(layout) else []
    found += [name for name, order in _ORDERS.items() if len(layout.shape) == len(order) and _follows(layout, order)]
    return tuple(found)


def format_stride(shape: Sequence[int], name: str) -> tuple[int, ...]:
    """The stride of a new tensor in a memory format; raises KeyError for a format that needs another number of dimensions."""
    if name == "contiguous_format":
        return dense_stride(shape)
    order = _ORDERS[name]
    if len(order) != len(shape):
        raise KeyError(name)
    stride, step = [0] * len(shape), 1
    for dim in order:
        stride[dim] = step
        step *= shape[dim]
    return tuple(stride)


def _follows(layout: Layout, order: Sequence[int]) -> bool:
    step = 1
    for dim in order:
        if layout.shape[dim] != 1:
            if layout.stride[dim] != step:
                return False
            step *= layout.shape[dim]
    return True
