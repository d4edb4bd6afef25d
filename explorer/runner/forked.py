"""Workers that are forks of the zygote (Linux): the parent's end of `explorer.worker.zygote`."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
from collections.abc import Sequence
from threading import Lock

from explorer.ir import Hello, read_frame, write_frame
from explorer.runner.places import BusyError
from explorer.runner.process import HELLO_CAP, ROOT, command, environment, listen
from explorer.runner.settings import EngineError
from explorer.words import say

_READY_SECONDS = 120.0
_FORK_SECONDS = 20.0
_MESSAGE = 32
"""Bytes of the longest message about a child's fate."""


class _GoneError(Exception):
    """The zygote is not there any more."""


class ForkedWorker:
    """One child of the zygote. See `explorer.runner.job.Worker`."""

    def __init__(self, talk: socket.socket, fate: socket.socket, pidfd: int) -> None:
        self._talk = talk
        self._fate = fate
        self._pidfd = pidfd

    def send(self, message: bytes) -> None:
        write_frame(self._talk.fileno(), message)

    def receive(self, cap: int) -> bytes | None:
        return read_frame(self._talk.fileno(), cap)

    def kill(self) -> None:
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            return

    def finish(self, *, wait: bool) -> int | None:
        self.kill()
        try:
            status = self._fate.recv(_MESSAGE) if wait else b""
        except OSError:
            status = b""
        self._talk.close()
        self._fate.close()
        os.close(self._pidfd)
        return int(status) if status else None


class ZygoteHost:
    """Starts the zygote when it is first needed and whenever it has died, and asks it for forks. Safe from many threads."""

    def __init__(self, start: Sequence[str] = command("explorer.worker.zygote")) -> None:
        self._start = start
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._hello: Hello | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the zygote; None before it is started."""
        return None if self._process is None else self._process.pid

    def hello(self) -> Hello:
        """Start the zygote if need be and wait until it is ready; raises `EngineError`."""
        with self._lock:
            return self._ready()[1]

    def spawn(self) -> ForkedWorker:
        """A fresh fork; raises `EngineError` where no zygote will start, `BusyError` where there is no room for a process."""
        for _ in range(2):  # once more where the zygote was found dead
            try:
                return self._fork()
            except _GoneError:
                continue
        raise EngineError(say("runner.no_start", why="no fork"))

    def close(self) -> None:
        """End the zygote, and with it, by parent-death signal, every child."""
        with self._lock:
            self._discard()

    def _fork(self) -> ForkedWorker:
        with self._lock:
            control, _ = self._ready()
        talk, childs = socket.socketpair()
        fate, tellers = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fate.settimeout(_FORK_SECONDS)
        try:
            with childs, tellers:
                socket.send_fds(control, [b"\0"], [childs.fileno(), tellers.fileno()])
            said, descriptors, _, _ = socket.recv_fds(fate, _MESSAGE, 1)
        except OSError:
            said, descriptors = b"", []
        if descriptors:
            return ForkedWorker(talk, fate, descriptors[0])
        talk.close()
        fate.close()
        if said:  # it lives, but the machine has no room for another process
            raise BusyError
        with self._lock:
            if control is self._control:
                self._discard()
        raise _GoneError

    def _ready(self) -> tuple[socket.socket, Hello]:
        """The living zygote's control socket and hello; the lock is held."""
        if self._process is not None and self._process.poll() is not None:
            self._discard()
        if self._control is None or self._hello is None:
            self._control, self._hello = self._launch()
        return self._control, self._hello

    def _launch(self) -> tuple[socket.socket, Hello]:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*self._start, str(theirs.fileno())],
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl+C in the terminal is for the server to decide on
            )
        ready = select.poll()
        ready.register(ours, select.POLLIN)
        try:
            in_time = ready.poll(_READY_SECONDS * 1000)
            return ours, listen(lambda: read_frame(ours.fileno(), HELLO_CAP) if in_time else None)
        except EngineError:
            ours.close()
            self._discard()
            raise

    def _discard(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._control is not None:
            self._control.close()
        self._process = self._control = self._hello = None
