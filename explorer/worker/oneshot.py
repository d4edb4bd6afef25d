"""A fresh process for one request, over its stdin and stdout: where there is no fork that can be jailed.

Used on macOS and Windows, and for CUDA, which does not survive a fork. It has the gate, a wall clock and such limits as the
system offers: right for one's own code on one's own machine, and refused where strangers are served.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

from explorer.ir import Limits, Wall
from explorer.worker.child import Channel, Tasks, greet, serve

_OUT_OF_TIME = 124


def main(load: Callable[[], Tasks]) -> None:
    """Load, say hello, serve one request."""
    channel = _take_wire()
    tasks = greet(channel, load, lambda: Wall(level="none"))
    if tasks is None:
        return
    try:
        serve(channel, tasks, _confine)
    except EOFError:
        return  # a spare that was not needed


def _take_wire() -> Channel:
    """Keep stdin and stdout for the wire, and lead the standard descriptors to nothing: a stray print cannot break a frame."""
    channel = Channel(os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    return channel


def _confine(limits: Limits) -> None:
    """Its own clock, so that it ends even where the parent has died; then what limits this system has."""
    seconds = limits.seconds + limits.grace
    clock = threading.Timer(seconds, os._exit, (_OUT_OF_TIME,))
    clock.daemon = True
    clock.start()
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.memory is not None and sys.platform == "linux":
        from explorer.worker.jail import address_space

        room = address_space() + limits.memory
        resource.setrlimit(resource.RLIMIT_AS, (room, room))


if __name__ == "__main__":
    from explorer.worker.preload import load

    main(load)
    os._exit(0)  # as a fork of the zygote: what is left of a run is not worth freeing
