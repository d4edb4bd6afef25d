"""A module's ``forward`` that the code calls itself: no ``__call__`` runs, so its calls of torch are not known as that module's.

Looked for only where the code names ``.forward`` other than ``super().forward``, by the frames of a call of torch: one of a
``forward`` whose module is not among those that are running. Cannot see: a ``forward`` that makes no call of torch.
"""

from __future__ import annotations

import re
import sys
from types import FrameType

from explorer.capture.modules import RunningModule, is_module
from explorer.capture.source import Place, Source, snippet_frames

_NAMED = re.compile(r"(?<!super\(\))\.forward\b")


class DirectForwards:
    """`first` is the class of the first such module, and where its ``forward`` was called."""

    def __init__(self, source: Source, modules: RunningModule) -> None:
        self.first: tuple[str, Place] | None = None
        self._source, self._modules = source, modules

    def look(self) -> None:
        """To be asked at each call of torch, until there is a `first`."""
        at: FrameType | None = sys._getframe(1)
        running = None
        while at is not None:
            if at.f_code.co_name == "forward" and at.f_code.co_argcount:
                module = at.f_locals.get(at.f_code.co_varnames[0])
                if is_module(module):
                    running = self._running() if running is None else running
                    if id(module) not in running:
                        self._found(module, at.f_back)
            at = at.f_back

    def _running(self) -> set[int]:
        call, found = self._modules.current, set()
        while call is not None:
            found.add(id(call.module))
            call = call.outer
        return found

    def _found(self, module: object, caller: FrameType | None) -> None:
        """Frames are met from the innermost, so of several the outermost stays."""
        kind = str(type.__dict__["__name__"].__get__(type(module)))[:80]
        frame = None if caller is None else next(snippet_frames(caller), None)
        self.first = kind, self._source.here(frame)


def may_occur(code: str) -> bool:
    """Whether the code names a ``forward`` in a way that could call it directly."""
    return _NAMED.search(code) is not None
