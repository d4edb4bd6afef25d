"""Workers that are processes of their own, one a run: for CUDA, and where there is no fork that can be jailed.

Importing torch takes seconds, so one worker is always kept ready: `spawn` hands it out and starts the next.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from threading import Lock, Timer

from explorer.ir import Hello, read_frame, write_frame
from explorer.runner.process import HELLO_CAP, ROOT, command, environment, listen
from explorer.runner.settings import EngineError

_READY_SECONDS = 180.0


class FreshWorker:
    """One process with two pipes. See `explorer.runner.job.Worker`."""

    def __init__(self, start: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            start,
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        self._greeting = Lock()
        self._hello: Hello | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """It has not ended."""
        return self._process.poll() is None

    def greet(self) -> Hello:
        """Wait until it is ready; raises `EngineError`."""
        with self._greeting:
            if self._hello is None:
                self._hello = self._listen()
            return self._hello

    def _listen(self) -> Hello:
        clock = Timer(_READY_SECONDS, self.kill)
        clock.daemon = True
        clock.start()
        try:
            return listen(lambda: self.receive(HELLO_CAP))
        except EngineError:
            self.finish()
            raise
        finally:
            clock.cancel()

    def send(self, message: bytes) -> None:
        write_frame(self._to.fileno(), message)

    def receive(self, cap: int) -> bytes | None:
        return read_frame(self._from.fileno(), cap)

    def kill(self) -> None:
        self._process.kill()

    def finish(self, *, wait: bool = True) -> int | None:
        del wait  # its zombie is ours to reap, and an answer from here is not awaited at typing speed
        self.kill()
        self._to.close()
        self._from.close()
        return self._process.wait()


class FreshHost:
    """Keeps one worker ready and hands it out. Safe from many threads."""

    def __init__(self, start: Sequence[str] = command("explorer.worker.oneshot")) -> None:
        self._start = start
        self._lock = Lock()
        self._spare: FreshWorker | None = None

    def hello(self) -> Hello:
        """What the spare worker says of itself; starts it if need be. Raises `EngineError`."""
        with self._lock:
            self._spare = self._living_spare()
            return self._spare.greet()

    def spawn(self) -> FreshWorker:
        """A worker that is ready; raises `EngineError`."""
        with self._lock:
            worker, self._spare = self._living_spare(), FreshWorker(self._start)
        worker.greet()
        return worker

    def close(self) -> None:
        """End the spare."""
        with self._lock:
            if self._spare is not None:
                self._spare.finish()
            self._spare = None

    def _living_spare(self) -> FreshWorker:
        if self._spare is not None:
            if self._spare.alive:
                return self._spare
            self._spare.finish()
        return FreshWorker(self._start)
