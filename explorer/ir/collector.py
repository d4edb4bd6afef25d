"""Python's collector, put off while many objects are made of which none is garbage yet: calls that are written down, a run that is read, a drawing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def put_off() -> Iterator[None]:
    """A large run or drawing is a million small objects none of which is garbage yet: the collector would look through them again and again,
    for a third of the time. Of several at once the one that put it off turns it on again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def at_work() -> Iterator[None]:
    """Within a block that put it off, the collector as code of others expects it: that may leave cycles behind."""
    was_on = gc.isenabled()
    gc.enable()
    try:
        yield
    finally:
        if not was_on:
            gc.disable()
