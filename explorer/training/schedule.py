"""Which steps get a snapshot: the first, then evenly as many as are worth looking at."""

from __future__ import annotations

from collections.abc import Mapping

ENOUGH = 100
"""Snapshots of a run, at most about twice as many."""


LARGE = 2**20
"""Elements of a model that is asked no more than every `RARELY` steps, so that watching it stays cheap beside its own work."""

RARELY = 4


class Schedule:
    """Decided by counting steps alone, so that equal runs have equal snapshots."""

    def __init__(self, steps: int | None, elements: int = 0) -> None:
        """`steps` are those planned, where that is known; `elements` those of all parameters, which a snapshot reads."""
        self.steps = steps
        self.last = 0
        """The step of the last snapshot."""
        self._stride = max(1 if elements < LARGE else RARELY, (steps or 0) // ENOUGH)
        self._count = 0

    def due(self, step: int) -> bool:
        return step == 1 or step % self._stride == 0

    def taken(self, step: int) -> None:
        """Note a snapshot. Where nobody knows how long the run is, the steps between two grow with their number."""
        self.last = step
        self._count += 1
        if self._count >= 2 * ENOUGH:
            self._stride *= 2
            self._count //= 2


def planned_steps(names: Mapping[str, object], rows: int) -> int | None:
    """How many steps the code says that it will take: ``STEPS``, or ``EPOCHS`` and ``BATCH_SIZE``; None where it does not say."""
    steps, epochs, batch = (names.get(name) for name in ("STEPS", "EPOCHS", "BATCH_SIZE"))
    if type(steps) is int and steps > 0:
        return steps
    if type(epochs) is int and epochs > 0:
        size = batch if type(batch) is int and batch > 0 else rows
        return epochs * -(-rows // size)
    return None
