"""Reads the numbers of many tensors of which most will never be shown, as in all steps of a training but the last.

A small tensor is copied, or only kept until `Reader.settle` where nothing writes into it before, which copies all of one shape
and dtype at once; copies are summed up when one of them is asked about. A large one is summed up at once. Cannot see: as `explorer.capture.numbers`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

import msgspec
import torch

from explorer.capture.metas import Storages
from explorer.capture.numbers import Place, Sums, dtype_name, read_stats, sums_of, writable
from explorer.capture.private import quiet
from explorer.capture.rows import row_stats
from explorer.ir import PREVIEW_ELEMENTS, Gradient, Nested, Stats

_SMALL = 2**14
"""Elements of a tensor that is rather copied than summed up at once."""

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)


class Reading(msgspec.Struct, eq=False):
    """One tensor's numbers as they were when it was read. What was kept or copied is summed up only when it is asked about."""

    pending: Reader | None = None
    """Who has still to sum up what was copied."""
    sums: Sums | None = None
    """What was summed up at once."""
    shape: tuple[int, ...] = ()
    dtype: str = ""
    _value: Nested | None = None
    _stats: Stats | None = None
    _gradient: Gradient | None = None

    @property
    def value(self) -> Nested | None:
        """The elements where they are few, as `read_values` gives them."""
        if self.pending is not None:
            self.pending.sum_up()
        return self._value

    @property
    def stats(self) -> Stats | None:
        """As `read_stats` gives them."""
        if self.pending is not None:
            self.pending.sum_up()
        return self._stats if self.sums is None else self.sums.stats

    def gradient(self) -> Gradient | None:
        """As the record of a gradient; None where the numbers could not be read."""
        if self._gradient is None and (stats := self.stats) is not None:
            self._gradient = Gradient(shape=self.shape, dtype=self.dtype, stats=stats, value=self._value)
        return self._gradient

    def told(self, value: Nested | None, stats: Stats | None) -> None:
        """What the copy held; it is let go."""
        self._value, self._stats, self.pending = value, stats, None


class Reader:
    """Steps: `read`, `read_quietly`; `settle` before anything may write into what was held; `release`."""

    def __init__(self, storages: Storages | None = None, room: int = 2**22) -> None:
        """By `storages` the same elements of the same memory, unwritten since, are known again and read once.

        `room` is how many elements may be copied in all; what does not fit is summed up at once.
        """
        self._storages, self._room = storages, room
        self._known: dict[Place, Reading] = {}
        self._sums: dict[Hashable, Sums | None] = {}
        self._kept: list[tuple[Reading, torch.Tensor]] = []
        self._copied: list[tuple[list[Reading], Sequence[torch.Tensor]]] = []

    def read(self, tensor: torch.Tensor) -> Reading:
        """The numbers of `tensor` as they are now."""
        with quiet():
            return self.read_quietly(tensor)

    def read_quietly(self, tensor: torch.Tensor, place: Place | None = None, *, steady: bool = False) -> Reading:
        """The same, to be called under `quiet`; `place` where the caller has it already. What is `steady` nothing writes into until `settle`."""
        if place is None and self._storages is not None:
            place = self._storages.key(tensor)
        if tensor.is_conj() or tensor.is_neg():
            place = None  # the memory says something else
        known = None if place is None else self._known.get(place)
        if known is None:
            known = self._read(tensor, place, steady)
            if place is not None:
                self._known[place] = known
        return known

    def settle(self) -> None:
        """Copy what was held, all of one kind together."""
        if not self._kept:
            return
        alike: defaultdict[Hashable, list[tuple[Reading, torch.Tensor]]] = defaultdict(list)
        with quiet(), torch.no_grad():
            for one in self._kept:
                tensor = one[1]
                try:
                    alike[tensor.shape, tensor.dtype, tensor.device].append(one)
                except _UNREADABLE:  # one of torch.func's own, of a call that is over
                    one[0].told(None, None)
            self._kept = []
            for group in alike.values():
                readings, tensors = [reading for reading, _ in group], [tensor for _, tensor in group]
                shape, dtype = tuple(tensors[0].shape), dtype_name(tensors[0].dtype)
                for reading in readings:
                    reading.shape, reading.dtype = shape, dtype
                self._copied.append((readings, _stacked(tensors)))

    def sum_up(self) -> None:
        """Turn the copies into numbers."""
        self.settle()
        copied, self._copied = self._copied, []
        with quiet(), torch.no_grad():
            for readings, copies in copied:
                _tell(readings, copies)

    def release(self) -> None:
        """Let go of what nobody asked about."""
        self._known.clear()
        self._sums.clear()
        self._kept.clear()
        self._copied.clear()

    def _read(self, tensor: torch.Tensor, place: Place | None, steady: bool) -> Reading:
        try:
            numel = tensor.numel()
            if numel > _SMALL or numel > self._room or tensor.layout is not torch.strided:
                return Reading(None, self._summed(tensor, place), tuple(tensor.shape), dtype_name(tensor.dtype))
            kept = tensor if steady else tensor.detach().clone() if tensor.requires_grad else tensor.clone()
        except _UNREADABLE:
            return Reading()
        self._room -= numel
        reading = Reading(self)
        self._kept.append((reading, kept))
        return reading

    def _summed(self, tensor: torch.Tensor, place: Place | None) -> Sums | None:
        """A weight and its transpose are the same elements: they are added up once."""
        if place is None:
            return sums_of(tensor)
        elements = _elements(place)
        if elements not in self._sums:
            self._sums[elements] = sums_of(tensor)
        return self._sums[elements]


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


def _stacked(tensors: list[torch.Tensor]) -> Sequence[torch.Tensor]:
    """Copies: as rows of one tensor, or one by one where torch cannot stack them."""
    try:
        return torch.stack(tensors)  # type: ignore[return-value]  # rows are what is asked of it
    except _UNREADABLE:
        return [_cloned(tensor) for tensor in tensors]


def _cloned(tensor: torch.Tensor) -> torch.Tensor:
    try:
        return tensor.clone()
    except _UNREADABLE:  # nobody can write into it either
        return tensor


def _tell(readings: list[Reading], copies: Sequence[torch.Tensor]) -> None:
    """Tell each reading what its copy holds; all are of one shape, dtype and device."""
    values: list[Nested | None] = [None] * len(readings)
    stats: list[Stats | None] = [None] * len(readings)
    try:
        if isinstance(copies, torch.Tensor):
            numel = copies[0].numel()
            if numel <= PREVIEW_ELEMENTS and copies.ndim <= 60:
                plain = not copies.is_complex() and bool(copies.isfinite().all())
                values = copies.tolist() if plain else [writable(value) for value in copies.tolist()]
            if numel and not copies.is_complex():
                stats = list(row_stats(copies))
    except _UNREADABLE:
        pass
    for at, (reading, value, found) in enumerate(zip(readings, values, stats, strict=True)):
        reading.told(value, found or _alone(copies, at))


def _alone(copies: Sequence[torch.Tensor], at: int) -> Stats | None:
    try:
        return read_stats(copies[at])
    except _UNREADABLE:  # rows of one of torch.func's own, of a call that is over
        return None
