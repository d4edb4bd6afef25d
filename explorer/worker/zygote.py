"""The zygote: a process that has imported torch once, and is forked for every run (Linux).

It is single-threaded and never runs typed code. The parent sends, with one byte, two descriptors: the child's end of the
wire, and the end on which the zygote tells the child's fate: first its pidfd (so that a kill can never hit a reused process id),
and at its end its exit status. When the parent goes away, so does the zygote, and with it, by parent-death signal, its children.
"""

from __future__ import annotations

import gc
import os
import select
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NoReturn

from explorer.ir import Limits
from explorer.words import catalogue
from explorer.worker import jail, selftest
from explorer.worker.child import Channel, Tasks, greet, serve

NO_ROOM = b"no room"
"""Told instead of a pidfd where the machine has no room for another process."""

_NICE = 5
"""How far workers stand back where processors are short: pages stay quick while typed code, or torch's start, keeps every core busy."""

_FAULT = 70
"""Exit status of a child that ended by an exception of ours."""


@dataclass
class Zygote:
    """Forks on demand, reaps, reports."""

    control: socket.socket
    jail: jail.Jail
    tasks: Tasks
    children: dict[int, tuple[int, socket.socket]] = field(default_factory=dict)
    """Process id and the socket for its fate, by pidfd."""
    pid: int = field(default_factory=os.getpid)

    def serve(self) -> None:
        """Serve until the parent closes the control socket."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor in self.children:
                    poll.unregister(descriptor)
                    self._reap(descriptor)
                    continue
                byte, descriptors, _, _ = socket.recv_fds(self.control, 1, 2)
                if not byte:
                    return
                if (pidfd := self._fork(*descriptors)) is not None:
                    poll.register(pidfd, select.POLLIN)

    def _fork(self, talk: int, fate: int) -> int | None:
        """Fork a child on `talk`; returns its pidfd, or None where the machine has no room for a process."""
        teller = socket.socket(fileno=fate)
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid == 0:
            self._live(talk)
        os.close(talk)
        if pid < 0:
            _tell(teller, NO_ROOM, [])
            teller.close()
            return None
        pidfd = os.pidfd_open(pid)
        self.children[pidfd] = (pid, teller)
        _tell(teller, b"born", [pidfd])
        return pidfd

    def _live(self, talk: int) -> NoReturn:
        """The child: nothing of the zygote's loop may run in it."""
        status = _FAULT
        try:
            os.setsid()
            jail.close_descriptors(keep=talk)
            os.environ.clear()
            serve(Channel(talk, talk), self.tasks, self._confine)
            status = 0
        finally:
            os._exit(status)

    def _confine(self, limits: Limits) -> None:
        """Put up the walls. A zygote that was gone before the child asked for a signal at its death sends none: then end here."""
        self.jail.enter(limits)
        if os.getppid() != self.pid:
            os._exit(_FAULT)

    def _reap(self, pidfd: int) -> None:
        pid, teller = self.children.pop(pidfd)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(pidfd)
        _tell(teller, str(status).encode(), [])
        teller.close()


def _tell(teller: socket.socket, message: bytes, descriptors: list[int]) -> None:
    try:
        socket.send_fds(teller, [message], descriptors)
    except OSError:
        return  # the parent has lost interest; the child meets the end of its wire


def main(control: int, load: Callable[[], Tasks]) -> None:
    """Test the walls, load what a run needs, say hello on `control` and serve.

    Args:
        control: Descriptor of the socket to the parent.
        load: Imports and warms up what a run needs; called once, after the small process has started its self-test.
    """
    os.nice(_NICE)
    prepared = jail.prepare()
    test = selftest.begin(prepared)
    catalogue()  # read the texts now: a child can open no file
    tasks = greet(Channel(control, control), load, test.finish)
    if tasks is not None:
        gc.collect()
        gc.freeze()
        ready = replace(prepared, base=jail.address_space())
        Zygote(control=socket.socket(fileno=control), jail=ready, tasks=tasks).serve()


if __name__ == "__main__":
    from explorer.worker.preload import load

    main(int(sys.argv[1]), load)
