"""One tensor's numbers as they were when it was read, made records only when they are asked about."""

from __future__ import annotations

from typing import Protocol

import msgspec

from explorer.ir import Gradient, Nested, Stats


class Source(Protocol):
    """Where numbers lie that have still to be told."""

    def sum_up(self) -> None:
        """Tell all who wait for them."""


class Reading(msgspec.Struct, eq=False, gc=False):
    """One tensor's numbers as they were when it was read. What was held or copied is told only when it is asked about."""

    shape: tuple[int, ...] = ()
    dtype: str = ""
    source: Source | None = None
    """Where its numbers lie that have still to be told."""
    _value: Nested | None = None
    _stats: Stats | None = None
    _gradient: Gradient | None = None

    @property
    def value(self) -> Nested | None:
        """The elements where they are few, as `read_values` gives them."""
        if self.source is not None:
            self.source.sum_up()
        return self._value

    @property
    def stats(self) -> Stats | None:
        """As `read_stats` gives them."""
        if self.source is not None:
            self.source.sum_up()
        return self._stats

    def gradient(self) -> Gradient | None:
        """As the record of a gradient; None where the numbers could not be read."""
        if self._gradient is None and (stats := self.stats) is not None:
            self._gradient = Gradient(shape=self.shape, dtype=self.dtype, stats=stats, value=self._value)
        return self._gradient

    def told(self, value: Nested | None, stats: Stats | None) -> None:
        """What it held; it is let go."""
        self._value, self._stats, self.source = value, stats, None
