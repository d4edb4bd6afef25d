"""Tensors that are read where they lie, many in one call: what is held is added up at `settle`, and a record when it is asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

import numpy
import torch
from numpy.typing import NDArray

from explorer.capture.elements import runs
from explorer.capture.facts import Form
from explorer.capture.kernel import Rows, read
from explorer.capture.numbers import Place, converted_stats, writable
from explorer.capture.private import bytes_at, quiet
from explorer.capture.reading import Reading
from explorer.capture.rows import stats_of
from explorer.ir import PREVIEW_ELEMENTS, Nested, Stats

NUMPYS = frozenset({"float16", "float32", "float64"})
"""Dtypes that numpy has too."""

_Row = tuple[Reading, int]
"""A reading, and the row that tells its numbers."""


class Block:
    """Tensors of one dtype whose elements lie one after the other. Steps: `rows`, `tell`, `settle`, `sum_up`."""

    __slots__ = (
        "_addresses",
        "_careful",
        "_copies",
        "_numels",
        "_places",
        "_readings",
        "_rows",
        "_shown",
        "_stats",
        "_tensors",
        "dtype",
        "is_read",
    )

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.is_read = False
        """Whether it takes no more tensors."""
        self._places: dict[tuple[int, int], int] = {}
        """Rows, by address and number of elements."""
        self._tensors: list[torch.Tensor] = []
        """By row, until they are read."""
        self._addresses: list[int] = []
        self._numels: list[int] = []
        """The same."""
        self._readings: list[_Row] = []
        self._shown: defaultdict[tuple[int, ...], list[_Row]] = defaultdict(list)
        """Those that are shown element by element, by shape."""
        self._copies: dict[tuple[int, ...], NDArray[Any]] = {}
        """The elements of these, as they were when they were read."""
        self._rows: Rows | None = None
        self._careful: dict[int, Stats | None] = {}
        self._stats: list[Stats | None] = []

    def rows(self, tensors: Sequence[torch.Tensor], addresses: Sequence[int], numel: int) -> Sequence[int]:
        """The rows of tensors of so many elements, into which nothing writes before `settle`. The same elements, in whatever shape, have one, if they are many."""
        first = len(self._tensors)
        if numel <= PREVIEW_ELEMENTS:  # to look for them would take longer than to read them again
            self._addresses += addresses
            self._numels += [numel] * len(addresses)
            self._tensors += tensors
            return range(first, len(self._tensors))
        places, found = self._places, []
        for tensor, address in zip(tensors, addresses, strict=True):
            row = places.setdefault((address, numel), len(self._tensors))
            if row == len(self._tensors):
                self._addresses.append(address)
                self._numels.append(numel)
                self._tensors.append(tensor)
            found.append(row)
        return found

    def readings(self, shape: tuple[int, ...], rows: Sequence[int], shown: bool) -> list[Reading]:
        """The numbers in some rows, as tensors of this shape, with their elements where these are `shown`."""
        dtype = self.dtype
        readings = [Reading(shape, dtype, self) for _ in rows]
        (self._shown[shape] if shown else self._readings).extend(zip(readings, rows, strict=True))
        return readings

    def settle(self) -> None:
        """Read what is held. To be called under `quiet` and without gradients."""
        if not self.is_read:
            self.is_read = True
            self._rows = rows = read(self.dtype, self._addresses, self._numels)
            self._careful = {row: converted_stats(self._tensors[row]) for row in rows.which_are_odd()}
            self._copies = {shape: self._copy(shape, shown) for shape, shown in self._shown.items()}
            self._tensors, self._addresses, self._places = [], [], {}

    def _copy(self, shape: tuple[int, ...], shown: list[_Row]) -> NDArray[Any]:
        nbytes = self._numels[shown[0][1]] * numpy.dtype(self.dtype).itemsize
        copied = bytes_at([self._addresses[row] for _, row in shown], nbytes)
        return numpy.frombuffer(copied, self.dtype).reshape(len(shown), *shape)

    def sum_up(self) -> None:
        """Turn rows into records."""
        with quiet(), torch.no_grad():
            self.settle()
        if self._rows is not None:
            self._stats, self._rows = stats_of(self._rows, self._numels), None
            for row, stats in self._careful.items():
                self._stats[row] = stats
        readings, self._readings = self._readings, []
        for reading, row in readings:
            reading.told(None, self._stats[row])
        shown, self._shown = self._shown, defaultdict(list)
        for shape, some in shown.items():
            for (reading, row), value in zip(some, _values(self._copies.pop(shape)), strict=True):
                reading.told(value, self._stats[row])


class Blocks:
    """Those that are held at a time, one of each kind, and what must be converted alone. Steps: `add`, `settle`, `release`."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, bool], Block] = {}
        """By dtype, and whether their elements are shown."""
        self._others: list[tuple[Reading, torch.Tensor]] = []
        self._known: dict[Hashable, tuple[Block, int]] = {}
        """Where elements have been read already."""

    def add(
        self, form: Form, tensors: Sequence[torch.Tensor], addresses: Sequence[int], *, shown: bool
    ) -> list[Reading]:
        """Hold tensors of one form, which lie at these addresses, into which nothing writes before `settle`. To be called under `quiet`."""
        if not tensors:
            return []
        block = self._block(form)
        return block.readings(form.shape, block.rows(tensors, addresses, form.numel), shown)

    def add_at(self, form: Form, tensor: torch.Tensor, address: int, place: Place) -> Reading:
        """The same of one. By its `place` the same elements are known again later, in whatever order: a weight and its transpose."""
        elements = _elements(place)
        known = self._known.get(elements)
        if known is None:
            block = self._block(form)
            known = self._known[elements] = block, block.rows([tensor], [address], form.numel)[0]
        block, row = known
        return block.readings(form.shape, [row], False)[0]

    def convert(self, shape: tuple[int, ...], dtype: str, tensor: torch.Tensor) -> Reading:
        """Hold one of which the elements do not lie one after the other."""
        reading = Reading(shape, dtype)
        self._others.append((reading, tensor))
        return reading

    def _block(self, form: Form) -> Block:
        kind = form.dtype, form.is_shown
        block = self._open.get(kind)
        if block is None or block.is_read:  # somebody could not wait
            block = self._open[kind] = Block(form.dtype)
        return block

    def settle(self) -> None:
        """Read what is held. To be called under `quiet` and without gradients."""
        for block in self._open.values():
            block.settle()
        self._open.clear()
        for reading, tensor in self._others:
            reading.told(None, converted_stats(tensor))
        self._others.clear()

    def release(self) -> None:
        """Forget what was read; what is still to be told can be asked about."""
        self._known.clear()


def _values(copies: NDArray[Any]) -> list[Nested]:
    values: list[Nested] = copies.tolist()
    return values if numpy.isfinite(copies).all() else list(map(writable, values))


def _elements(place: Place) -> Hashable:
    """Equal for tensors that hold the same elements in another order or shape."""
    *memory, shape, strides = place
    return (*memory, runs(tuple(shape), tuple(strides)))
