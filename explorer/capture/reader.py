"""Reads the numbers of many tensors of which most will never be shown, as in all steps of a training but the last.

Small ones of one shape and dtype are a `Batch`: each is copied, or only held until `Reader.settle` where nothing writes into it
before, which copies all of them at once; copies are summed up when one of them is asked about. `Large` ones are never copied:
each is summed up at once, or held until `Reader.settle` too. One after the other costs half of one now and one then: what reads
them is not in the processor's cache after a kernel of torch's has run.
Cannot see: as `explorer.capture.numbers`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
import torch

from explorer.capture.metas import Storages
from explorer.capture.moments import count_together
from explorer.capture.numbers import Place, Sums, dtype_name, read_stats, sums_of, writable
from explorer.capture.private import is_transformed, quiet
from explorer.capture.rows import row_stats
from explorer.ir import PREVIEW_ELEMENTS, Gradient, Nested, Stats

_SMALL = 2**14
"""Elements of a tensor that is rather copied than summed up at once."""

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)
_KIND = attrgetter("shape", "dtype", "device", "layout")
_stride, _data_ptr, _is_neg = torch.Tensor.stride, torch.Tensor.data_ptr, torch.Tensor.is_neg


class Reading(msgspec.Struct, eq=False, gc=False):
    """One tensor's numbers as they were when it was read. What was held or copied is summed up only when it is asked about."""

    shape: tuple[int, ...] = ()
    dtype: str = ""
    batch: Batch | Large | None = None
    """Where its numbers lie that have still to be told."""
    same: Reading | None = None
    """The reading of the same elements in another order, where these are too many to be shown."""
    _value: Nested | None = None
    _stats: Stats | None = None
    _gradient: Gradient | None = None

    @property
    def value(self) -> Nested | None:
        """The elements where they are few, as `read_values` gives them."""
        if self.batch is not None:
            self.batch.sum_up()
        return self._value

    @property
    def stats(self) -> Stats | None:
        """As `read_stats` gives them."""
        if self.batch is not None:
            self.batch.sum_up()
        return self._stats if self.same is None else self.same.stats

    def gradient(self) -> Gradient | None:
        """As the record of a gradient; None where the numbers could not be read."""
        if self._gradient is None and (stats := self.stats) is not None:
            self._gradient = Gradient(shape=self.shape, dtype=self.dtype, stats=stats, value=self._value)
        return self._gradient

    def told(self, value: Nested | None, stats: Stats | None) -> None:
        """What it held; it is let go."""
        self._value, self._stats, self.batch = value, stats, None


_Copied = tuple[list[Reading], Sequence[torch.Tensor]]
"""Readings, and what is still to be summed up for each."""


class Batch:
    """Small tensors of one shape, dtype, device and layout. Steps: `add`, `settle`, `sum_up`."""

    __slots__ = ("_copied", "_held", "_readings", "dtype", "is_small", "numel", "shape")

    def __init__(self, like: torch.Tensor) -> None:
        self.shape, self.dtype, self.numel = tuple(like.shape), dtype_name(like.dtype), like.numel()
        self.is_small = self.numel <= _SMALL and like.layout is torch.strided
        """Whether they are to be read together at all."""
        self._readings: list[Reading] = []
        self._held: list[torch.Tensor] = []
        """Of `_readings`, by position."""
        self._copied: list[_Copied] = []

    def add(self, tensor: torch.Tensor) -> Reading:
        """Hold a tensor into which nothing writes before it is settled."""
        reading = Reading(self.shape, self.dtype, self)
        self._readings.append(reading)
        self._held.append(tensor)
        return reading

    def settle(self) -> None:
        """Copy what is held. To be called under `quiet` and without gradients."""
        if self._held:
            self._copied.append((self._readings, _stacked(self._held)))
            self._readings, self._held = [], []

    def copy(self, tensors: list[torch.Tensor]) -> list[Reading]:
        """Copy several at once. To be called under `quiet` and without gradients."""
        readings = [Reading(self.shape, self.dtype, self) for _ in tensors]
        self._copied.append((readings, _stacked(tensors)))
        return readings

    def sum_up(self) -> None:
        """Turn the copies into numbers."""
        with quiet(), torch.no_grad():
            self.settle()
            copied, self._copied = self._copied, []
            for readings, copies in _joined(copied):
                _tell(readings, copies)


class Large:
    """Tensors that are summed up where they lie. Steps: `add`, `settle`, `sum_up`."""

    def __init__(self) -> None:
        self._held: list[tuple[Reading, torch.Tensor, Place | None]] = []
        self._summed: list[tuple[Reading, Sums | None]] = []
        """What is still to be told."""
        self._known: dict[Hashable, Sums | None] = {}

    def add(self, tensor: torch.Tensor, place: Place | None) -> Reading:
        """Hold a tensor into which nothing writes before it is settled."""
        reading = Reading(tuple(tensor.shape), dtype_name(tensor.dtype), self)
        self._held.append((reading, tensor, place))
        return reading

    def settle(self) -> None:
        """Read what is held. To be called under `quiet` and without gradients."""
        self._summed += [(reading, self._sums_of(tensor, place)) for reading, tensor, place in self._held]
        self._held.clear()

    def sum_up(self) -> None:
        """Turn the sums into records."""
        with quiet(), torch.no_grad():
            self.settle()
            count_together([sums.moments for _, sums in self._summed if sums is not None])
        for reading, sums in self._summed:
            reading.told(None, None if sums is None else sums.stats)
        self._summed.clear()

    def release(self) -> None:
        """Forget what was read; what is still to be told can be asked about."""
        self._known.clear()

    def _sums_of(self, tensor: torch.Tensor, place: Place | None) -> Sums | None:
        """A weight and its transpose are the same elements: they are added up once."""
        if place is None:
            return sums_of(tensor)
        try:
            elements = _elements(place)
        except _UNREADABLE:  # the sizes of a jagged tensor cannot be compared
            return None
        if elements not in self._known:
            self._known[elements] = sums_of(tensor)
        return self._known[elements]


class Reader:
    """Steps: `read`, `read_quietly`, `read_together`; `settle` before anything may write into what was held; `release`."""

    def __init__(self, storages: Storages | None = None, room: int = 2**22) -> None:
        """By `storages` the same elements of the same memory, unwritten since, are known again and read once.

        `room` is how many elements may be copied in all, of tensors that are shown element by element, and again of those that have
        more; what does not fit is summed up at once.
        """
        self._storages = storages
        self._room = {True: room, False: room}
        """By whether elements are shown."""
        self._known: dict[Place, Reading] = {}
        self._large = Large()
        self._batches: dict[Hashable, Batch] = {}
        self._unsettled: set[Batch] = set()

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

    def read_together(self, tensors: list[torch.Tensor]) -> list[Reading]:
        """The same of several at once, to be called under `quiet`: small ones of one kind are copied in one go.

        A gradient and its transpose are the same elements: where these are too many to be shown they are copied and added up once.
        """
        alike: defaultdict[Batch, list[int]] = defaultdict(list)
        alone, twins, firsts = list[int](), list[tuple[int, int]](), dict[Hashable, int]()
        for at, batch in enumerate(self._batches_of(tensors)):
            if batch is None or not batch.is_small:
                alone.append(at)
            elif batch.numel <= PREVIEW_ELEMENTS or (first := firsts.setdefault(_place(tensors[at], batch), at)) == at:
                alike[batch].append(at)
            else:
                twins.append((at, first))
        found: dict[int, Reading] = {}
        with torch.no_grad():
            for batch, places in alike.items():
                fitting = self._fitting(batch, len(places))
                some, others = places[:fitting], places[fitting:]
                alone += others
                found.update(zip(some, batch.copy([tensors[at] for at in some]), strict=True))
            for at in alone:
                found[at] = self.read_quietly(tensors[at], steady=True)
            self.settle()
        for at, first in twins:
            found[at] = Reading(tuple(tensors[at].shape), found[first].dtype, None, found[first])
        return list(map(found.__getitem__, range(len(tensors))))

    def settle(self) -> None:
        """Copy what was held, all of one kind together, and sum up what is large."""
        with quiet(), torch.no_grad():
            for batch in self._unsettled:
                batch.settle()
            self._large.settle()
        self._unsettled.clear()

    def release(self) -> None:
        """Let go of what nobody asked about."""
        self._known.clear()
        self._large.release()
        self._batches.clear()
        self._unsettled.clear()

    def _batches_of(self, tensors: list[torch.Tensor]) -> list[Batch | None]:
        """As `_batch_of`, of each."""
        if is_transformed():
            return [None] * len(tensors)
        try:
            batches = list(map(self._batches.get, map(_KIND, tensors)))
        except _UNREADABLE:
            batches = [None]
        return list(map(self._batch_of, tensors)) if None in batches else batches

    def _batch_of(self, tensor: torch.Tensor) -> Batch | None:
        """Where it may be read with others like it, if it is small; None for what is to be read alone.

        Not to be asked where it may be one of torch.func's own, which nobody can read once its transform is over.
        """
        try:
            kind = _KIND(tensor)
            batch = self._batches.get(kind)
            if batch is None:
                batch = self._batches[kind] = Batch(tensor)
        except _UNREADABLE:
            return None
        return batch

    def _batch_for(self, tensor: torch.Tensor) -> Batch | None:
        """The same, as long as there is room."""
        batch = self._batch_of(tensor)
        if batch is None or not batch.is_small or not self._fitting(batch, 1):
            return None
        self._unsettled.add(batch)
        return batch

    def _fitting(self, batch: Batch, wanted: int) -> int:
        """How many of so many tensors may still be copied."""
        shown = batch.numel <= PREVIEW_ELEMENTS
        fitting = min(wanted, self._room[shown] // max(1, batch.numel))
        self._room[shown] -= fitting * batch.numel
        return fitting

    def _read(self, tensor: torch.Tensor, place: Place | None, steady: bool) -> Reading:
        batch = None if is_transformed() else self._batch_for(tensor)
        try:
            if batch is None:
                reading = self._large.add(tensor, place)
                if not steady:
                    with torch.no_grad():
                        self._large.settle()
                return reading
            return batch.add(tensor if steady else tensor.detach().clone() if tensor.requires_grad else tensor.clone())
        except _UNREADABLE:
            return Reading()


def _place(tensor: torch.Tensor, batch: Batch) -> Hashable:
    """Equal for those that hold the same elements now, whatever their shape."""
    return _data_ptr(tensor), _is_neg(tensor), batch.dtype, _runs(batch.shape, _stride(tensor))


def _elements(place: Place) -> Hashable:
    """Equal for tensors that hold the same elements in another order or shape."""
    *memory, shape, strides = place
    return (*memory, _runs(tuple(shape), tuple(strides)))


@lru_cache(maxsize=1024)
def _runs(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Stride and size of each run of memory, the dimensions that merge as one."""
    runs: list[tuple[int, int]] = []
    for stride, size in sorted((stride, size) for size, stride in zip(shape, strides, strict=True) if size > 1):
        if runs and runs[-1][0] * runs[-1][1] == stride:
            runs[-1] = (runs[-1][0], runs[-1][1] * size)
        else:
            runs.append((stride, size))
    return tuple(runs)


def _stacked(tensors: list[torch.Tensor]) -> Sequence[torch.Tensor]:
    """Copies: as rows of one tensor, or one by one where torch cannot stack them."""
    try:
        return torch.stack(tensors)  # type: ignore[return-value]  # rows are what is asked of it
    except _UNREADABLE:
        return [_cloned(tensor) for tensor in tensors]


def _joined(copied: list[_Copied]) -> list[_Copied]:
    """Stacks that were made one after the other, as one: reading many costs hardly more than reading one."""
    stacks: list[Any] = [copies for _, copies in copied if isinstance(copies, torch.Tensor)]
    if not stacks or len(stacks) < len(copied):
        return copied
    rows: Any = torch.cat(stacks)
    return [([reading for readings, _ in copied for reading in readings], rows)]


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
