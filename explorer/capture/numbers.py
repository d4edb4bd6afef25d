"""A tensor's numbers: all of them where they are few, their statistics where they are many.

Reads through torch's own methods, without gradients, so that nothing is added to the graph that is being looked at.
Cannot see: numbers on the meta device, of fake tensors, inside vmap, and of quantised tensors (None); of a sparse layout the
statistics are those of the dense tensor that it stands for, without its elements and without a histogram.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from functools import cache
from typing import Any

import torch

from explorer.capture.moments import Moments
from explorer.capture.private import quiet
from explorer.capture.rows import row_stats
from explorer.ir import PREVIEW_ELEMENTS, Gradient, Nested, Stats, number

MOST_ELEMENTS = 2**27
"""Statistics of more elements than this are not taken: they would cost seconds."""

_SMALL = 2**14
"""Elements of a tensor that is rather copied than summed up at once."""

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)

Place = tuple[int, int, int, str, Sequence[int], Sequence[int]]
"""What tells which elements of which memory a tensor is: storage, version, offset, dtype, shape and strides."""


def read_values(tensor: torch.Tensor, most: int = PREVIEW_ELEMENTS) -> Nested | None:
    """The elements as nested lists (one number for 0-dim), or None where they are more than `most` or cannot be read."""
    try:
        with quiet():
            if tensor.layout != torch.strided or tensor.numel() > most or tensor.ndim > 60:
                return None
            return _writable(torch.Tensor.tolist(tensor))
    except _UNREADABLE:
        return None


def read_stats(tensor: torch.Tensor) -> Stats | None:
    """Statistics over all elements, or None where they cannot be read or are more than `MOST_ELEMENTS`."""
    found = _sums(tensor)
    return None if found is None else found.stats


class _Sums:
    """What was added up over a tensor's elements, in whatever shape they are seen; made a record when it is asked about."""

    __slots__ = ("_copies", "_moments", "_ordered", "_stats")

    def __init__(self, moments: Moments, copies: int, ordered: bool) -> None:
        """Of the moments of one copy of the elements: how often they are repeated, and whether they are ordered."""
        self._moments, self._copies, self._ordered = moments, copies, ordered
        self._stats: Stats | None = None

    @property
    def stats(self) -> Stats:
        if self._stats is None:
            self._stats = self._moments.stats(self._copies, self._ordered)
        return self._stats


class Reading:
    """One tensor's numbers as they were when it was read. What was copied is summed up only when it is asked about."""

    __slots__ = ("_gradient", "_pending", "_stats", "_sums", "_value", "dtype", "shape")

    def __init__(self, tensor: torch.Tensor, sums: _Sums | None = None, pending: Reader | None = None) -> None:
        """`sums` where they have been taken; else `pending` will tell."""
        self.shape, self.dtype = tensor.shape, tensor.dtype
        self._sums, self._pending = sums, pending
        self._stats: Stats | None = None
        self._value: Nested | None = None
        self._gradient: Gradient | None = None

    @property
    def value(self) -> Nested | None:
        """The elements where they are few, as `read_values` gives them."""
        if self._pending is not None:
            self._pending.sum_up()
        return self._value

    @property
    def stats(self) -> Stats | None:
        """As `read_stats` gives them."""
        if self._pending is not None:
            self._pending.sum_up()
        return self._stats if self._sums is None else self._sums.stats

    def gradient(self) -> Gradient | None:
        """As the record of a gradient; None where the numbers could not be read."""
        if self._gradient is None and (stats := self.stats) is not None:
            self._gradient = Gradient(
                shape=tuple(self.shape), dtype=dtype_name(self.dtype), stats=stats, value=self._value
            )
        return self._gradient

    def told(self, value: Nested | None, stats: Stats | None) -> None:
        """What the copy held; it is let go."""
        self._value, self._stats, self._pending = value, stats, None


class Reader:
    """Reads tensors of which most will never be shown, as in all steps of a training but the last: copies are cheaper than sums."""

    def __init__(self, place: Callable[[torch.Tensor], Place | None] | None = None, room: int = 2**22) -> None:
        """`place` tells which tensors are the same elements of the same memory, unwritten since: they are read once.

        `room` is how many elements may be copied in all; what does not fit is summed up at once.
        """
        self._place, self._room = place, room
        self._known: dict[Place, Reading] = {}
        self._sums: dict[Hashable, _Sums | None] = {}
        self._copied: list[tuple[Reading, torch.Tensor]] = []

    def read(self, tensor: torch.Tensor) -> Reading:
        """The numbers of `tensor` as they are now."""
        with quiet():
            return self.read_quietly(tensor)

    def read_quietly(self, tensor: torch.Tensor, place: Place | None = None) -> Reading:
        """The same, to be called under `quiet`; `place` where the caller has it already."""
        if place is None and self._place is not None:
            place = self._place(tensor)
        if tensor.is_conj() or tensor.is_neg():
            place = None  # the memory says something else
        known = None if place is None else self._known.get(place)
        if known is None:
            known = self._read(tensor, place)
            if place is not None:
                self._known[place] = known
        return known

    def _read(self, tensor: torch.Tensor, place: Place | None) -> Reading:
        try:
            numel = tensor.numel()
            if numel > _SMALL or numel > self._room or tensor.layout is not torch.strided:
                return Reading(tensor, self._summed(tensor, place))
            copy = tensor.detach().clone() if tensor.requires_grad else tensor.clone()
        except _UNREADABLE:
            return Reading(tensor)
        self._room -= numel
        reading = Reading(tensor, pending=self)
        self._copied.append((reading, copy))
        return reading

    def _summed(self, tensor: torch.Tensor, place: Place | None) -> _Sums | None:
        """A weight and its transpose are the same elements: they are added up once."""
        if place is None:
            return _sums(tensor)
        elements = _elements(place)
        if elements not in self._sums:
            self._sums[elements] = _sums(tensor)
        return self._sums[elements]

    def sum_up(self) -> None:
        """Turn the copies into numbers, all of one kind together."""
        alike: defaultdict[Hashable, list[tuple[Reading, torch.Tensor]]] = defaultdict(list)
        for one in self._copied:
            alike[one[0].shape, one[0].dtype, one[1].device].append(one)
        self._copied = []
        with quiet(), torch.no_grad():
            for group in alike.values():
                _tell([reading for reading, _ in group], [copy for _, copy in group])


def _tell(readings: list[Reading], copies: list[torch.Tensor]) -> None:
    """Tell each reading what its copy holds; all are of one shape, dtype and device."""
    first = copies[0]
    values: list[Nested | None] = [None] * len(copies)
    stats: list[Stats | None] = [None] * len(copies)
    try:
        if first.numel() <= PREVIEW_ELEMENTS and first.ndim < 60:
            stack = torch.stack(copies)
            plain = not stack.is_complex() and bool(stack.isfinite().all())
            values = stack.tolist() if plain else [_writable(value) for value in stack.tolist()]
        if first.numel() and not first.is_complex():
            stats = list(row_stats(copies))
    except _UNREADABLE:
        pass
    for reading, copy, value, found in zip(readings, copies, values, stats, strict=True):
        reading.told(value, found or read_stats(copy))


@cache
def dtype_name(dtype: torch.dtype) -> str:
    """``float32`` for ``torch.float32``: one string each, since records leave out what *is* their default."""
    return sys.intern(str(dtype).removeprefix("torch."))


def _writable(value: Any) -> Nested:
    """Numbers as records write them; where all are finite, as they are."""
    if isinstance(value, list):
        flat = _flat(value)
        if flat and isinstance(flat[0], float | int) and math.isfinite(math.hypot(*flat)):
            return value
        return [_writable(item) for item in value]
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


def _elements(place: Place) -> Hashable:
    """Equal for tensors that hold the same elements in another order or shape."""
    *memory, shape, strides = place
    runs: list[tuple[int, int]] = []
    for stride, size in sorted((stride, size) for size, stride in zip(shape, strides, strict=True) if size > 1):
        if runs and runs[-1][0] * runs[-1][1] == stride:
            runs[-1] = (runs[-1][0], runs[-1][1] * size)
        else:
            runs.append((stride, size))
    return (*memory, *runs)


def _sums(tensor: torch.Tensor) -> _Sums | None:
    """None where the elements cannot be read or are more than `MOST_ELEMENTS`."""
    try:
        with quiet(), torch.no_grad():
            numel, dense = tensor.numel(), tensor.layout is torch.strided
            stored = tensor.detach().resolve_neg() if dense else _stored(tensor.detach())
            distinct, copies = _without_repeats(stored)
            if distinct.numel() > MOST_ELEMENTS:
                return None
            ordered = not distinct.is_complex()
            flat = (distinct if ordered else distinct.abs()).reshape(-1)
            moments = Moments(flat, dense and ordered and numel > PREVIEW_ELEMENTS)
            if not dense:
                moments.add_missing(numel - stored.numel())
            return _Sums(moments, copies, ordered)
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
