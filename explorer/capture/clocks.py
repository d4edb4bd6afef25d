"""Two clocks: wall time on the CPU, and the device's own on CUDA.

CUDA runs behind Python: a call returns when its kernels are queued. So an event is put into the stream before and after each
call, and the seconds between two events are asked for once, when all of them have passed (``torch.cuda.Event``).
Cannot see: what a call does on another stream; the time that the device waited for Python is counted to the call that was late.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, Protocol

import torch


class Clock(Protocol):
    """Marks are cheap and opaque; `seconds` may be asked for after `settle`."""

    device: str

    def now(self) -> Any:
        """A mark at this moment of the work."""

    def settle(self) -> None:
        """Wait until all marks have been passed."""

    def seconds(self, begin: Any, end: Any) -> float:
        """What lies between two marks."""


class WallClock:
    """``time.perf_counter``."""

    device = "cpu"

    def now(self) -> float:
        return perf_counter()

    def settle(self) -> None:
        pass

    def seconds(self, begin: float, end: float) -> float:
        return end - begin


class CudaClock:
    """Events in the current stream of `device`, which times are taken of to about half a microsecond."""

    def __init__(self, device: str, event: Callable[..., Any] | None = None) -> None:
        """`event` makes an event; by default ``torch.cuda.Event``."""
        self.device = device
        self._event = event or torch.cuda.Event
        self._last: Any = None

    def now(self) -> Any:
        self._last = self._event(enable_timing=True)
        self._last.record()
        return self._last

    def settle(self) -> None:
        if self._last is not None:
            torch.cuda.synchronize(self.device)

    def seconds(self, begin: Any, end: Any) -> float:
        return float(begin.elapsed_time(end)) / 1e3


def clock_of(device: str) -> Clock:
    """The clock for a run on `device`, as in ``cpu`` or ``cuda:0``."""
    return CudaClock(device) if device.startswith("cuda") else WallClock()
