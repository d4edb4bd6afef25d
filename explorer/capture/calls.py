"""Module calls as records: which call of torch was made in which call of which module, and in which one that was."""

from __future__ import annotations

from explorer.capture.modules import ModuleCall, ModulePaths
from explorer.ir import Call


class CallRecords:
    """Numbers module calls as they are asked for, each after the one around it."""

    def __init__(self, paths: ModulePaths) -> None:
        self.records: list[Call] = []
        self._paths = paths
        self._known: dict[ModuleCall | None, int | None] = {None: None}

    def index(self, call: ModuleCall | None) -> int | None:
        """Where in `records` this call stands; None for no call."""
        unknown = []
        while call not in self._known and call is not None:
            unknown.append(call)
            call = call.outer
        at = self._known[call]
        for inner in reversed(unknown):
            record = Call(module=self._paths.path(inner) or "", number=inner.call, outer=at)
            at = self._known[inner] = len(self.records)
            self.records.append(record)
        return at
