"""Does the wall hold on this machine? At start, each layer is put up in throw-away forks which attempt what it forbids.

An attempt is a function that returns True when the forbidden thing went through. It runs in a fork of its own, so that an
attempt that succeeds (a program that runs, a spin that never ends) harms nothing; the fork's exit status tells.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import socket
from collections.abc import Callable
from dataclasses import dataclass

from explorer.ir import Layer, Limits, Wall
from explorer.worker.jail import Jail, resource_limits

Attempt = Callable[[], bool]

_REFUSED, _WENT_THROUGH, _NO_LAYER = 0, 1, 2
TOGETHER = "all together"
_TRIAL = Limits(seconds=0, grace=0, memory=64 * 2**20)
"""One CPU second: the shortest that the kernel counts."""


def _succeeds(action: Callable[[], object]) -> bool:
    try:
        action()
    except (OSError, MemoryError, ValueError):
        return False
    return True


def _start_process() -> bool:
    try:
        child = os.fork()
    except OSError:
        return False
    if child == 0:
        os._exit(0)
    return True


def _run_program() -> bool:
    return _succeeds(lambda: os.execv("/bin/sh", ["sh", "-c", f"exit {_WENT_THROUGH}"]))  # noqa: S606  a test that it is refused


def _read_other_process() -> bool:
    """``process_vm_readv`` of one byte of the parent, which as our fork's origin has this buffer at the same address."""

    class Span(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

    buffer = ctypes.create_string_buffer(1)
    span = Span(ctypes.addressof(buffer), 1)
    read = ctypes.CDLL(None).process_vm_readv
    return bool(read(os.getppid(), ctypes.byref(span), 1, ctypes.byref(span), 1, 0) == 1)


def _use_cpu() -> bool:
    """Spin for three CPU seconds, which is past the hard limit of `_TRIAL`, behind everything that has better to do."""
    while resource.getrusage(resource.RUSAGE_SELF).ru_utime < 3:
        pass
    return True


def _write_long_file() -> bool:
    if not hasattr(os, "memfd_create"):
        return False
    return _succeeds(lambda: os.write(_memory_file, b"x"))


def _keep_privileges() -> bool:
    import pyprctl

    return not pyprctl.get_no_new_privs() or bool(pyprctl.get_dumpable()) or not pyprctl.get_pdeathsig()


_memory_file = -1
"""A file made before the limits, to try writing to it under them."""

_FILES: dict[str, Attempt] = {
    "open a file for reading": lambda: _succeeds(lambda: os.open("/proc/self/status", os.O_RDONLY)),
    "open a file for writing": lambda: _succeeds(lambda: os.open(os.devnull, os.O_WRONLY)),
    "run a program": _run_program,
}
_CALLS: dict[str, Attempt] = {
    "look up a path": lambda: _succeeds(lambda: os.stat("/")),
    "open a socket": lambda: _succeeds(socket.socket),
    "start a process": _start_process,
    "signal a process": lambda: _succeeds(lambda: os.kill(os.getppid(), 0)),
    "read another process": _read_other_process,
    "read the machine's name": lambda: _succeeds(os.uname),
    "change a limit": lambda: _succeeds(lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0))),
}
_AMOUNTS: dict[str, Attempt] = {
    "use more memory": lambda: _succeeds(lambda: mmap.mmap(-1, 2**40)),
    "write a file": _write_long_file,
}
FORBIDDEN: dict[str, dict[str, Attempt]] = {
    "limits": _AMOUNTS,
    "privileges": {"keep privileges": _keep_privileges},
    "landlock": _FILES,
    "seccomp": {**_FILES, **_CALLS},
    TOGETHER: {**_AMOUNTS, **_FILES, **_CALLS, "use more CPU time": _use_cpu},
}
"""What each layer alone must refuse, by its name, and what all of them together must; the second of CPU is spent once."""


@dataclass(frozen=True)
class SelfTest:
    """Attempts that are running in forks; `finish` waits for them."""

    jail: Jail
    forks: dict[tuple[str, str], int]
    """Process ids by layer and attempt."""

    def finish(self) -> Wall:
        """Wait for every attempt, at most some three CPU seconds, and judge."""
        statuses = {which: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for which, pid in self.forks.items()}
        layers = tuple(self._judge(name, statuses) for name in FORBIDDEN if name != TOGETHER)
        escaped = tuple(attempt for (layer, attempt), status in statuses.items() if layer == TOGETHER and status > 0)
        held = any(layer.held for layer in layers)
        return Wall(
            level="partial" if escaped and held else "none" if escaped else "full", layers=layers, escaped=escaped
        )

    def _judge(self, name: str, statuses: dict[tuple[str, str], int]) -> Layer:
        if name in self.jail.missing:
            return Layer(name=name, held=False, detail=self.jail.missing[name])
        through = [attempt for (layer, attempt), status in statuses.items() if layer == name and status > 0]
        return Layer(name=name, held=not through, detail=", ".join(through))


def begin(jail: Jail) -> SelfTest:
    """Start every attempt in its own fork: each layer alone, then all together. Call it while the process is small."""
    global _memory_file  # noqa: PLW0603  the forks inherit it, and take nothing else
    if hasattr(os, "memfd_create"):
        _memory_file = os.memfd_create("selftest")
    puts = {"limits": lambda: resource_limits(_TRIAL, jail.base), **jail.layers, TOGETHER: lambda: jail.enter(_TRIAL)}
    forks: dict[tuple[str, str], int] = {}
    for layer, attempts in FORBIDDEN.items():
        if layer in puts:
            forks |= {(layer, name): _attempt(puts[layer], attempt) for name, attempt in attempts.items()}
    if _memory_file >= 0:
        os.close(_memory_file)
    return SelfTest(jail=jail, forks=forks)


def _attempt(put_up: Callable[[], None], attempt: Attempt) -> int:
    """Fork, put up the layers, attempt; returns the process id. A signal's death (negative status) is a refusal too."""
    pid = os.fork()
    if pid:
        return pid
    status = _NO_LAYER
    try:
        put_up()
        status = _WENT_THROUGH if attempt() else _REFUSED
    finally:
        os._exit(status)
