"""Which steps get a snapshot: 1, 4, 16 ..., since most is learned early, then evenly as many as are worth looking at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ENOUGH = 100
"""Snapshots of a run, at most about twice as many."""


LARGE = 2**20
"""Elements of a model that is asked no more than every `RARELY` steps, so that watching it stays cheap beside its own work."""

RARELY = 4

AN_EPOCH = 8
"""Snapshots of an epoch, at most about twice as many: each asks the model for all rows, and a step for those of one batch."""
_EARLY = frozenset(4**power for power in range(16))


class Plan(NamedTuple):
    """How many steps the code says that it will take, and how many go through the data once; None where it does not say."""

    steps: int | None = None
    epoch: int | None = None


class Schedule:
    """Decided by counting steps alone, so that equal runs have equal snapshots."""

    def __init__(self, plan: Plan, elements: int = 0) -> None:
        """`elements` are those of all parameters, which a snapshot reads."""
        self.steps = plan.steps
        self.last = 0
        """The step of the last snapshot."""
        self._stride = max(
            1 if elements < LARGE else RARELY, (plan.steps or 0) // ENOUGH, (plan.epoch or 0) // AN_EPOCH
        )
        self._count = 0

    def due(self, step: int) -> bool:
        return step % self._stride == 0 or (step < self._stride and step in _EARLY)

    def taken(self, step: int) -> None:
        """Note a snapshot. Where nobody knows how long the run is, the steps between two grow with their number."""
        self.last = step
        self._count += 1
        if self._count >= 2 * ENOUGH:
            self._stride *= 2
            self._count //= 2


def planned(names: Mapping[str, object], rows: int) -> Plan:
    """What the code's ``STEPS``, or its ``EPOCHS`` and ``BATCH_SIZE``, say of `rows` rows."""
    steps, epochs, batch = (names.get(name) for name in ("STEPS", "EPOCHS", "BATCH_SIZE"))
    if type(steps) is int and steps > 0:
        return Plan(steps)
    if type(epochs) is int and epochs > 0:
        epoch = -(-rows // (batch if type(batch) is int and batch > 0 else rows))
        return Plan(epochs * epoch, epoch)
    return Plan()
