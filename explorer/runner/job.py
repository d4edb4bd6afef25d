"""One run as the parent holds it, from the queue to its end. Whatever ends a run early is one call: ``stop(reason)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, RLock, Timer
from time import monotonic
from typing import Protocol


class Worker(Protocol):
    """A process that serves one request; the parent's end of it."""

    def send(self, message: bytes) -> None:
        """Send one message; raises OSError where the process has gone."""

    def receive(self, cap: int) -> bytes | None:
        """The next message of at most `cap` bytes, None at the end; raises OSError or `explorer.ir.FrameError`."""

    def kill(self) -> None:
        """End the process now, with SIGKILL. From any thread, and as often as wanted."""

    def finish(self, *, wait: bool) -> int | None:
        """Kill what still lives and let go of every descriptor.

        Args:
            wait: Wait for the exit status, which takes as long as the kernel needs to take the process apart.

        Returns:
            The exit status, negative for a signal; None where it is not known or was not waited for.
        """


class Job:
    """A run that can be stopped from any thread, while it waits and while it works. The first reason counts."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._worker: Worker | None = None
        self._on_stop: Callable[[], None] | None = None
        self._reason: str | None = None
        self._clock: Clock | None = None
        self._sending = Lock()

    @property
    def reason(self) -> str | None:
        """Key of the sentence that says why it was stopped; None while it was not."""
        return self._reason

    def stop(self, reason: str) -> None:
        """End the run; `reason` is a key of the catalogue of texts."""
        with self._lock:
            self._reason = self._reason or reason
            if self._worker is not None:
                self._worker.kill()
            on_stop = self._on_stop
        if on_stop is not None:
            on_stop()

    def when_stopped(self, call: Callable[[], None]) -> None:
        """Let `call` be called by `stop`, so that a waiting run wakes up."""
        self._on_stop = call

    @contextmanager
    def working(self, worker: Worker, seconds: float, out_of_time: str) -> Iterator[None]:
        """Within the block, `stop` kills `worker`, and so does the clock after `seconds` of wall time."""
        clock = Clock(seconds, lambda: self.stop(out_of_time))
        with self._lock:
            self._worker, self._clock = worker, clock
            if self._reason is not None:
                worker.kill()
        clock.go_on()
        try:
            yield
        finally:
            with self._lock:
                clock.stand_still()
                self._worker = self._clock = None

    def tell(self, worker: Worker, message: bytes) -> None:
        """Send one whole message, whoever else sends; raises OSError where the worker has gone."""
        with self._sending:
            worker.send(message)

    def steer(self, message: bytes, pause: float | None) -> None:
        """Tell the worker something while it works; without effect where it does not.

        Args:
            message: For the worker.
            pause: Seconds that its clock stands still at most, after which the run is stopped; None lets the clock go on.
        """
        with self._lock:
            if self._worker is None or self._clock is None:
                return
            if pause is None:
                self._clock.go_on()
            else:
                self._clock.stand_still(pause, lambda: self.stop("runner.paused"))
            worker = self._worker
        with suppress(OSError):  # it has just ended
            self.tell(worker, message)


class Clock:
    """Wall seconds that a run has left; they can stand still."""

    def __init__(self, seconds: float, ring: Callable[[], None]) -> None:
        self._left, self._ring = seconds, ring
        self._timer: Timer | None = None
        self._since: float | None = None

    def go_on(self) -> None:
        """Let the seconds run."""
        self._cancel()
        self._since = monotonic()
        self._start(self._left, self._ring)

    def stand_still(self, most: float | None = None, ring: Callable[[], None] | None = None) -> None:
        """Keep the seconds that are left; call `ring` after `most` seconds of standing."""
        self._cancel()
        if most is not None and ring is not None:
            self._start(most, ring)

    def _start(self, seconds: float, ring: Callable[[], None]) -> None:
        self._timer = Timer(seconds, ring)
        self._timer.daemon = True
        self._timer.start()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._since is not None:
            self._left = max(0.0, self._left - (monotonic() - self._since))
        self._timer = self._since = None
