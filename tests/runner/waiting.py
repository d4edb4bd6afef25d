"""Waiting for a condition, without a sleep of a fixed length."""

from collections.abc import Callable
from threading import Event
from time import monotonic


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    """Return as soon as `holds()` is true; fail after `seconds`."""
    end = monotonic() + seconds
    while not holds():
        assert monotonic() < end, "the condition did not come true"
        Event().wait(0.002)
