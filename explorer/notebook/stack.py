"""Which module a call is inside, by the frames of the interpreter: ``Module.__call__`` is on the stack while a module runs.

So no hook is put on any module, and threads that run the same one do not disturb each other. Cannot see: a ``forward`` that
is called directly, and calls on other threads.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from types import CodeType, FrameType

from torch import nn

from explorer.capture.modules import ModuleCall, is_module

_CALL: CodeType = nn.Module._wrapped_call_impl.__code__


class ModuleStack:
    """`current` is the innermost module call that is running inside of the function `until`."""

    def __init__(self, until: CodeType, seen: Callable[[nn.Module], None]) -> None:
        """`seen` is told of each module before the first call of torch inside of it."""
        self._until, self._seen = until, seen
        self._count: defaultdict[nn.Module, int] = defaultdict(int)
        self._running: list[tuple[FrameType, ModuleCall]] = []

    @property
    def current(self) -> ModuleCall | None:
        """Asked at each call of torch: frames that were there the last time are the same module calls."""
        frames = self._frames()
        known = 0
        while known < min(len(frames), len(self._running)) and frames[known] is self._running[known][0]:
            known += 1
        del self._running[known:]  # a frame is held while it may be compared: its address is not used again
        for frame in frames[known:]:
            module = frame.f_locals["self"]
            if is_module(module):
                self._enter(frame, module)
        return self._running[-1][1] if self._running else None

    def _enter(self, frame: FrameType, module: nn.Module) -> None:
        outer = self._running[-1][1] if self._running else None
        call = self._count[module]
        if not call:
            self._seen(module)
        self._running.append((frame, ModuleCall(module, call, outer)))
        self._count[module] = call + 1

    def _frames(self) -> list[FrameType]:
        """Of ``Module.__call__``, the outermost first."""
        found: list[FrameType] = []
        at: FrameType | None = sys._getframe(2)
        while at is not None and at.f_code is not self._until:
            if at.f_code is _CALL:
                found.append(at)
            at = at.f_back
        return found[::-1]

    def release(self) -> None:
        """Let go of frames and modules."""
        self._running.clear()
        self._count.clear()
