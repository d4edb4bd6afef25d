"""A tensor's numbers: all of them where they are few, their statistics where they are many.

Reads through torch's own methods, without gradients, so that nothing is added to the graph that is being looked at.
Cannot see: numbers on the meta device, of fake tensors, inside vmap, of nested and of quantised tensors (None); of a sparse layout the
statistics are those of the dense tensor that it stands for, without its elements and without a histogram.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch

from explorer.capture.elements import address_of
from explorer.capture.kernel import read
from explorer.capture.moments import Moments
from explorer.capture.pieces import Pieces
from explorer.capture.private import quiet
from explorer.capture.rows import stats_of
from explorer.ir import PREVIEW_ELEMENTS, Nested, Stats, number

MOST_ELEMENTS = 2**27
"""Statistics of more elements than this are not taken: they would cost seconds."""

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)

Place = tuple[int, int, int, str, Sequence[int], Sequence[int]]
"""What tells which elements of which memory a tensor is: storage, version, offset, dtype, shape and strides."""


def read_values(tensor: torch.Tensor, most: int = PREVIEW_ELEMENTS) -> Nested | None:
    """The elements as nested lists (one number for 0-dim), or None where they are more than `most` or cannot be read."""
    try:
        with quiet():
            if tensor.layout != torch.strided or tensor.numel() > most or tensor.ndim > 60:
                return None
            return writable(torch.Tensor.tolist(tensor))
    except _UNREADABLE:
        return None


def read_stats(tensor: torch.Tensor) -> Stats | None:
    """Statistics over all elements, or None where they cannot be read or are more than `MOST_ELEMENTS`."""
    with quiet(), torch.no_grad():
        address, numel = address_of(tensor), torch.Tensor.numel(tensor)
        if address is None or numel > MOST_ELEMENTS:
            return converted_stats(tensor)
        (found,) = stats_of(read(dtype_name(tensor.dtype), [address], [numel]), [numel])
        return found or converted_stats(tensor)


@cache
def dtype_name(dtype: torch.dtype) -> str:
    """``float32`` for ``torch.float32``: one string each, since records leave out what *is* their default."""
    return sys.intern(str(dtype).removeprefix("torch."))


@cache
def device_name(device: torch.device) -> str:
    """``cpu``, ``cuda:0``: one string each too."""
    return sys.intern(str(device))


def writable(value: Any) -> Nested:
    """Numbers as records write them; where all are finite, as they are."""
    if isinstance(value, list):
        flat = _flat(value)
        if flat and isinstance(flat[0], float | int) and math.isfinite(math.hypot(*flat)):
            return value
        return [writable(item) for item in value]
    if isinstance(value, float):
        return number(value)
    if isinstance(value, complex):
        return f"{value.real:.6g}{value.imag:+.6g}j"
    return value


def _flat(values: list[Any]) -> list[Any]:
    flat = values
    while flat and isinstance(flat[0], list):
        flat = [value for row in flat for value in row]
    return flat


def converted_stats(tensor: torch.Tensor) -> Stats | None:
    """The same of any tensor, by whatever it takes: as other elements, piece by piece, with care. To be called under `quiet` and without gradients."""
    try:
        if tensor.is_nested:
            return None
        numel, dense = tensor.numel(), tensor.layout is torch.strided
        stored = tensor.detach().resolve_neg() if dense else _stored(tensor.detach())
        distinct, copies = _without_repeats(stored)
        if distinct.numel() > MOST_ELEMENTS:
            return None
        ordered = not distinct.is_complex()
        flat = (distinct if ordered else distinct.abs()).reshape(-1)
        moments = Moments(Pieces(flat, dense and ordered and numel > PREVIEW_ELEMENTS))
        if not dense:
            moments.add_missing(numel - stored.numel())
        return moments.stats(copies, ordered)
    except _UNREADABLE:
        return None


def _stored(sparse: torch.Tensor) -> torch.Tensor:
    """The elements that a sparse tensor holds, equal indices added up. Its own methods check no index, and none is used here."""
    return sparse.coalesce().values() if sparse.layout is torch.sparse_coo else sparse.values()


def _without_repeats(tensor: torch.Tensor) -> tuple[torch.Tensor, int]:
    """One copy of what a stride of 0 repeats, in the order of memory, and how often it is repeated."""
    copies = 1
    if tensor.is_contiguous():
        return tensor, copies
    for dim, (size, stride) in enumerate(zip(tensor.shape, tensor.stride(), strict=True)):
        if stride == 0 and size > 1:
            tensor, copies = tensor.narrow(dim, 0, 1), copies * size
    strides = tensor.stride()
    return tensor.permute(sorted(range(tensor.ndim), key=lambda dim: -strides[dim])), copies
