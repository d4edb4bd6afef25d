"""Double backward: which derivative a node belongs to, by the span of sequence numbers of the backward call that made it.

What forward made is of order 1. A backward with ``create_graph=True`` over a graph of order n makes nodes of order n + 1.
Cannot see: nodes that a backward made on another thread (a GPU's), which counts by itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from explorer.capture.private import next_sequence_nr, sequence_nr


class Orders:
    """The backward calls that made nodes, in the order in which they ended."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._orders: list[int] = []

    @contextmanager
    def backward(self, nodes: Iterable[Any]) -> Iterator[None]:
        """A backward over `nodes` runs inside."""
        order, start = self.highest(nodes) + 1, next_sequence_nr()
        try:
            yield
        finally:
            end = next_sequence_nr()
            if end > start:
                self._starts.append(start)
                self._ends.append(end)
                self._orders.append(order)

    def of(self, number: int | None) -> int:
        """The order of the node with this sequence number; a leaf has none and is of order 1."""
        if number is None or not self._starts:
            return 1
        at = bisect_right(self._starts, number) - 1
        return self._orders[at] if at >= 0 and number < self._ends[at] else 1

    def above_first(self, numbers: Sequence[int | None]) -> list[tuple[int, int]]:
        """Position and order of those among nodes with these numbers that are of a higher order than 1."""
        if not self._starts:
            return []
        return [(at, order) for at, number in enumerate(numbers) if (order := self.of(number)) > 1]

    def highest(self, nodes: Iterable[Any]) -> int:
        """The highest order among `nodes`, which are not looked at while no backward has made any."""
        return max((self.of(sequence_nr(node)) for node in nodes), default=1) if self._starts else 1
