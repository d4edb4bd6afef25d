"""Two graphs beside each other: which node of one is which of the other, and what is not as it was."""

from __future__ import annotations

from typing import Literal

from explorer.ir.record import Record

ChangedField = Literal[
    "module", "variable", "line", "source", "inputs", "shape", "dtype", "device", "saved", "gradient", "order", "hooks", "time"
]  # fmt: skip


class Change(Record, frozen=True, kw_only=True):
    """One thing that is not as it was; both texts are short, for people, and empty where there was nothing."""

    field: ChangedField
    before: str = ""
    after: str = ""


class Pair(Record, frozen=True, kw_only=True):
    """A node that is in both graphs; ids of each."""

    before: int
    after: int
    changes: tuple[Change, ...] = ()
    """Empty where it is the same."""


class Comparison(Record, frozen=True, kw_only=True, omit_defaults=False):
    """Every node of both graphs, once: in `pairs`, in `removed` (ids of the first graph) or in `added` (ids of the second)."""

    pairs: tuple[Pair, ...] = ()
    """Ordered by `Pair.before`."""
    removed: tuple[int, ...] = ()
    added: tuple[int, ...] = ()

    @property
    def changed(self) -> tuple[Pair, ...]:
        """The pairs that differ in something."""
        return tuple(pair for pair in self.pairs if pair.changes)

    @property
    def equal(self) -> bool:
        """Whether nothing was removed, added or changed."""
        return not (self.removed or self.added or self.changed)
