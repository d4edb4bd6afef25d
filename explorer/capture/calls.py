"""Module calls as records: which call of torch was made in which call of which module, and in which one that was."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.capture.modules import ModuleCall, ModulePaths
from explorer.ir import Call


class CallRecords:
    """Numbers module calls in the order in which they are told, each after the one around it."""

    def __init__(self, paths: ModulePaths) -> None:
        self.records: list[Call] = []
        self.numbers: dict[ModuleCall | None, int | None] = {None: None}
        """Where in `records` each call stands; None for no call."""
        self._paths = paths

    def enter(self, calls: Iterable[ModuleCall | None]) -> None:
        """Give a record to each of `calls` and to those around it."""
        records, numbers, path = self.records, self.numbers, self._paths.path
        for call in calls:
            unknown, around = [], call
            while around is not None and around not in numbers:
                unknown.append(around)
                around = around.outer
            for inner in reversed(unknown):
                numbers[inner] = len(records)
                records.append(Call(module=path(inner) or "", number=inner.call, outer=numbers[inner.outer]))
