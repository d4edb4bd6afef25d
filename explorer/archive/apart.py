"""Points of a kept run in a file without a name: a million of them are looked through and drawn, and are never in memory together."""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from typing import overload
from weakref import finalize

from explorer.ir import IrError, Points

_BYTES = 8
"""Of a float64."""


def points_apart(pieces: Iterable[Points], count: int) -> Points:
    """The points of all pieces, read as they are asked for; the file goes with the last that reads it.

    Args:
        pieces: points with as many numbers each as the first.
        count: how many points they are together.

    Raises:
        IrError: they are more or fewer, or differ.
    """
    file = _File()
    widths: dict[str, int] = {}
    done = 0
    for piece in pieces:
        widths = widths or piece.widths
        if piece.widths != widths or done + len(piece) > count:
            raise IrError("a kept run cannot be read: its pieces do not fit together")
        for name, start, width in _places(widths, count):
            file.write(start + done * width, piece.columns()[name])
        done += len(piece)
    if done != count:
        raise IrError(f"a kept run cannot be read: {done} of {count} points are there")
    if not count:
        return Points()
    columns = {name: _Column(file, start, count * width) for name, start, width in _places(widths, count)}
    return Points.over(columns, widths)


def _places(widths: dict[str, int], count: int) -> Iterator[tuple[str, int, int]]:
    """Each column's name, where it starts in the file, and its numbers a point."""
    start = 0
    for name in Points.NAMES:
        width = widths.get(name, 1)
        yield name, start, width
        start += count * width


class _File:
    """An open file of float64; closed when nobody holds this."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self._descriptor = os.dup(file.fileno())
        finalize(self, os.close, self._descriptor)

    def write(self, place: int, numbers: bytes) -> None:
        """Put `numbers` at `place`, which counts numbers."""
        while numbers:
            written = os.pwrite(self._descriptor, numbers, place * _BYTES)
            place, numbers = place + written // _BYTES, numbers[written:]

    def read(self, place: int, count: int) -> bytes:
        """The numbers from `place` on."""
        return os.pread(self._descriptor, count * _BYTES, place * _BYTES)


class _Column:
    """Numbers of the file from one place on. A slice is such a column again, and reads nothing."""

    def __init__(self, file: _File, start: int, count: int) -> None:
        self._file, self._start, self._count = file, start, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> float: ...
    @overload
    def __getitem__(self, place: slice) -> _Column: ...
    def __getitem__(self, place: int | slice) -> float | _Column:
        if isinstance(place, slice):
            begin, end, _ = place.indices(self._count)
            return _Column(self._file, self._start + begin, max(0, end - begin))
        at = place + self._count if place < 0 else place
        if not 0 <= at < self._count:
            raise IndexError(place)
        return array("d", self._file.read(self._start + at, 1))[0]

    def __iter__(self) -> Iterator[float]:
        return iter(array("d", self.tobytes()))

    def index(self, number: float) -> int:
        """The first place of `number`; raises ValueError where it is nowhere."""
        return array("d", self.tobytes()).index(number)

    def tobytes(self) -> bytes:
        """All of them."""
        return self._file.read(self._start, self._count)
