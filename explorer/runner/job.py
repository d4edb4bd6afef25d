"""One run as the parent holds it, from the queue to its end. Whatever ends a run early is one call: ``stop(reason)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock, Timer
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
        clock = Timer(seconds, self.stop, (out_of_time,))
        clock.daemon = True
        with self._lock:
            self._worker = worker
            if self._reason is not None:
                worker.kill()
        clock.start()
        try:
            yield
        finally:
            clock.cancel()
            with self._lock:
                self._worker = None
