"""Tensors that are read where they lie, many in one call: what is held is added up at `settle`, and a record when it is asked about."""

from __future__ import annotations

import math
from collections.abc import Hashable

import torch

from explorer.capture.elements import runs
from explorer.capture.kernel import Rows, read
from explorer.capture.numbers import MOST_ELEMENTS, Place, converted_stats, dtype_name
from explorer.capture.private import quiet
from explorer.capture.reading import Reading
from explorer.capture.rows import stats_of
from explorer.ir import Stats


class Block:
    """Tensors of one dtype whose elements lie one after the other. Steps: `add`, `settle`, `sum_up`."""

    __slots__ = ("_careful", "_numels", "_places", "_readings", "_rows", "_stats", "_tensors", "dtype", "is_read")

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.is_read = False
        """Whether it takes no more tensors."""
        self._places: dict[tuple[int, int], int] = {}
        """Rows, by address and number of elements."""
        self._tensors: list[torch.Tensor] = []
        """By row, until they are read."""
        self._numels: list[int] = []
        self._readings: list[tuple[Reading, int]] = []
        self._rows: Rows | None = None
        self._careful: dict[int, Stats | None] = {}
        self._stats: list[Stats | None] = []

    def add(self, tensor: torch.Tensor, address: int, numel: int) -> int:
        """The row of a tensor into which nothing writes before `settle`. The same elements, in whatever shape, have one."""
        row = self._places.setdefault((address, numel), len(self._tensors))
        if row == len(self._tensors):
            self._tensors.append(tensor)
        return row

    def reading(self, row: int, shape: tuple[int, ...]) -> Reading:
        """The numbers in a row."""
        reading = Reading(shape, self.dtype, self)
        self._readings.append((reading, row))
        return reading

    def settle(self) -> None:
        """Read what is held. To be called under `quiet` and without gradients."""
        if not self.is_read:
            self.is_read = True
            addresses, self._numels = map(list, zip(*self._places, strict=True))
            self._rows = rows = read(self.dtype, addresses, self._numels)
            self._careful = {row: converted_stats(self._tensors[row]) for row in rows.which_are_odd()}
            self._tensors = []

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


class Blocks:
    """Those that are held at a time, one of each dtype, and what must be converted alone. Steps: `add`, `settle`, `release`."""

    def __init__(self) -> None:
        self._open: dict[str, Block] = {}
        self._others: list[tuple[Reading, torch.Tensor]] = []
        self._known: dict[Hashable, tuple[Block, int]] = {}
        """Where elements have been read already."""

    def add(self, tensor: torch.Tensor, address: int | None, place: Place | None = None) -> Reading:
        """Hold a tensor, of this `address_of`, into which nothing writes before `settle`. To be called under `quiet`.

        By their `place`, where it is told, the same elements are known again later, in whatever order: a weight and its transpose.
        """
        shape, dtype = tuple(tensor.shape), dtype_name(tensor.dtype)
        if address is None or tensor.numel() > MOST_ELEMENTS:
            reading = Reading(shape, dtype)
            self._others.append((reading, tensor))
            return reading
        elements = None if place is None else _elements(place)
        known = self._known.get(elements)
        if known is None:
            block = self._block(dtype)
            known = block, block.add(tensor, address, tensor.numel())
            if elements is not None:
                self._known[elements] = known
        block, row = known
        return block.reading(row, shape)

    def add_all(
        self, dtype: str, shape: tuple[int, ...], tensors: list[torch.Tensor], addresses: list[int]
    ) -> list[Reading]:
        """The same of several of one dtype and shape, whose addresses are known."""
        block, numel = self._block(dtype), math.prod(shape)
        return [
            block.reading(block.add(tensor, address, numel), shape)
            for tensor, address in zip(tensors, addresses, strict=True)
        ]

    def _block(self, dtype: str) -> Block:
        block = self._open.get(dtype)
        if block is None or block.is_read:  # somebody could not wait
            block = self._open[dtype] = Block(dtype)
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


def _elements(place: Place) -> Hashable:
    """Equal for tensors that hold the same elements in another order or shape."""
    *memory, shape, strides = place
    return (*memory, runs(tuple(shape), tuple(strides)))
