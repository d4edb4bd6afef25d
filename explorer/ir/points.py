"""The steps of a training by columns: a million of them are some 100 MB and looked through at once, where as many records are seven times that."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import ClassVar, Protocol, overload

from explorer.ir.record import number
from explorer.ir.training import TrainingPoint

_SINGLE = ("step", "loss", "gradient_norm", "learning_rate", "seconds")
_SEVERAL = ("layer_norms", "values")

PIECE = 10_000
"""Points that are looked at together by who must not hold all of them."""


class Column(Protocol):
    """Float64 numbers: an array, or something that reads them as they are asked for."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[float]: ...
    @overload
    def __getitem__(self, place: int, /) -> float: ...
    @overload
    def __getitem__(self, place: slice, /) -> Column: ...
    def index(self, number: float, /) -> int: ...
    def tobytes(self) -> bytes: ...


class Points(Sequence[TrainingPoint]):
    """Points in the order in which they came; they can be added to, and never change. One thread may add while others read.

    Every number is a float64 and comes out as it went in. A point that tells fewer layers than the first has NaN for the others.
    """

    NAMES: ClassVar = (*_SEVERAL, *_SINGLE)
    """Of the columns."""

    def __init__(self, points: Iterable[TrainingPoint] = ()) -> None:
        self._columns: dict[str, Column] = {name: array("d") for name in self.NAMES}
        self._widths = dict.fromkeys(_SEVERAL, 0)
        self.extend(points)

    @classmethod
    def of(cls, points: Sequence[TrainingPoint]) -> Points:
        """The same points by columns."""
        return points if isinstance(points, Points) else cls(points)

    @classmethod
    def from_columns(cls, columns: Mapping[str, bytes], widths: Mapping[str, int]) -> Points:
        """The inverse of `columns` and `widths`; raises ValueError or KeyError where they do not fit together."""
        return cls.over({name: array("d", columns[name]) for name in cls.NAMES}, widths)

    @classmethod
    def over(cls, columns: Mapping[str, Column], widths: Mapping[str, int]) -> Points:
        """Points that lie in these columns; only to arrays can be added. Raises ValueError or KeyError where they do not fit together."""
        made = cls()
        made._columns = {name: columns[name] for name in cls.NAMES}
        made._widths = {name: widths[name] for name in _SEVERAL}
        for name in cls.NAMES:
            if len(made._columns[name]) != len(made) * made._widths.get(name, 1):
                raise ValueError(f"{name} has {len(made._columns[name])} numbers for {len(made)} points")
        return made

    def columns(self) -> dict[str, bytes]:
        """All numbers, as float64 one after the other; of those that are several a point as many as `widths` says."""
        return {name: column.tobytes() for name, column in self._columns.items()}

    @property
    def widths(self) -> dict[str, int]:
        """Numbers a point of the columns ``layer_norms`` and ``values``."""
        return dict(self._widths)

    def extend(self, points: Iterable[TrainingPoint]) -> None:
        """Add points at the end."""
        arrays = {name: column for name, column in self._columns.items() if isinstance(column, array)}
        for point in points:
            if not len(self):
                self._widths = {name: len(getattr(point, name)) for name in _SEVERAL}
            for name, width in self._widths.items():
                told = getattr(point, name)[:width]
                arrays[name].extend([*map(float, told), *[float("nan")] * (width - len(told))])
            for name in _SINGLE:
                arrays[name].append(float(getattr(point, name)))

    def losses(self) -> array[float]:
        """Of every point."""
        return array("d", self._columns["loss"][: len(self)].tobytes())

    def between(self, first: int, last: int) -> Points:
        """Those from step `first` to step `last`, where the steps rise."""
        steps = self._columns["step"]
        return self._part(bisect_left(steps, first, hi=len(self)), bisect_right(steps, last, hi=len(self)))

    def _part(self, begin: int, end: int) -> Points:
        part = Points()
        part._widths = self._widths
        for name, column in self._columns.items():
            width = self._widths.get(name, 1)
            part._columns[name] = column[begin * width : end * width]
        return part

    def pieces(self) -> Iterator[Points]:
        """All that there are now, some `PIECE` at a time: to go through a million of them while more may come."""
        for begin in range(0, len(self), PIECE):
            yield self._part(begin, min(begin + PIECE, len(self)))

    def of_step(self, step: int) -> TrainingPoint | None:
        """The point of a step, at once where the steps come one by one."""
        steps = self._columns["step"]
        if not len(steps):
            return None
        guess = int(step - steps[0])
        if 0 <= guess < len(self) and steps[guess] == step:
            return self[guess]
        try:
            return self[steps.index(step)]
        except (ValueError, IndexError):
            return None

    def __len__(self) -> int:
        return len(self._columns[_SINGLE[-1]])  # the last that is added to

    @overload
    def __getitem__(self, place: int) -> TrainingPoint: ...
    @overload
    def __getitem__(self, place: slice) -> list[TrainingPoint]: ...
    def __getitem__(self, place: int | slice) -> TrainingPoint | list[TrainingPoint]:
        if isinstance(place, slice):
            return [self._point(at) for at in range(*place.indices(len(self)))]
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError(place)
        return self._point(at)

    def __iter__(self) -> Iterator[TrainingPoint]:
        return chain.from_iterable(map(piece._point, range(len(piece))) for piece in self.pieces())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def _point(self, at: int) -> TrainingPoint:
        columns = self._columns
        several = {name: columns[name][at * width : (at + 1) * width] for name, width in self._widths.items()}
        return TrainingPoint(
            step=int(columns["step"][at]),
            loss=number(columns["loss"][at]),
            gradient_norm=number(columns["gradient_norm"][at]),
            layer_norms=tuple(map(number, several["layer_norms"])),
            learning_rate=number(columns["learning_rate"][at]),
            seconds=columns["seconds"][at],
            values=tuple(map(number, several["values"])),
        )
