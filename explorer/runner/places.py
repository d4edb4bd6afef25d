"""A bounded queue in front of a fixed number of slots: first come, first served, and a run may take several slots."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from explorer.runner.job import Job


class BusyError(Exception):
    """The queue is full, or the machine is."""


class StoppedError(Exception):
    """The run was stopped while it waited."""


class Places:
    """`slots` runs at once; at most `queue` wait."""

    def __init__(self, slots: int, queue: int) -> None:
        self.slots = slots
        self._free = slots
        self._queue = queue
        self._waiting: deque[Job] = deque()
        self._changed = Condition()

    @contextmanager
    def take(self, count: int, job: Job) -> Iterator[None]:
        """Wait for `count` slots and hold them within the block.

        Raises:
            BusyError: too many wait already.
            StoppedError: `job` was stopped meanwhile.
        """
        self._enter(count, job)
        try:
            yield
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()

    def _enter(self, count: int, job: Job) -> None:
        job.when_stopped(self._wake)
        with self._changed:
            if len(self._waiting) >= self._queue:
                raise BusyError
            self._waiting.append(job)
            try:
                self._changed.wait_for(lambda: job.reason or (self._waiting[0] is job and self._free >= count))
                if job.reason:
                    raise StoppedError
                self._free -= count
            finally:
                self._waiting.remove(job)
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
