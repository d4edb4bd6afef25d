"""The soft deadline of a run: a `TimeLimit` raised in the code a little before the parent's clock kills the process.

What was captured until then can still be sent. A long call into C, or code that swallows the exception, only meets the
hard deadline, which the parent keeps.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TimeLimit(BaseException):
    """The run has used its wall seconds. A BaseException, so that ``except Exception`` in typed code does not swallow it."""


def _raise(_signal: int, _frame: FrameType | None) -> None:
    raise TimeLimit


@contextmanager
def soft_deadline(seconds: float) -> Iterator[None]:
    """Raise `TimeLimit` in the main thread after `seconds` of wall time, once, unless the block has ended before.

    Where there are no interval timers (Windows) the block simply runs: the parent's clock remains.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _raise)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def held_back() -> Iterator[None]:
    """Let a `TimeLimit` wait until the block has ended: a message must not be cut in the middle."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})


@contextmanager
def stopped_clock() -> Iterator[None]:
    """Let the soft deadline stand still while the block waits for a person."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        if left:
            signal.setitimer(signal.ITIMER_REAL, left)
