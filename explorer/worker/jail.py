"""The kernel's walls around one run (Linux), each in its own function. None of them can be undone by the process inside.

Python bindings are used here and nowhere else: `pyprctl` for privileges, `py_landlock` for the file system, `pyseccomp`
for system calls. `prepare` loads them and builds the filter once, before any fork; `enter` puts all layers up.
"""

from __future__ import annotations

import ctypes.util
import errno
import os
import resource
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from explorer.ir import Limits

_MAX_DESCRIPTOR = 4096

_STACK = 120 * 2**20
"""Bytes of C stack. torch 2.13 frees a graph that Python has looked at by recursion, some 250 bytes a node, and the capture
looks at up to 300,000; more than 128 MiB is not to be had after the start, as Linux keeps no more free under the stack."""

ALLOWED = {
    "the wire, which is the one socket handed in": "read write readv writev close fstat lseek dup fcntl poll ppoll select pselect6",
    "memory of its own": "brk mmap munmap mremap mprotect madvise membarrier",
    "waiting on itself": "futex futex_waitv rseq set_robust_list get_robust_list sched_yield restart_syscall nanosleep clock_nanosleep",
    "its signals and timers": "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack setitimer getitimer",
    "clocks and random numbers": "clock_gettime clock_getres gettimeofday time times getrusage getrandom",
    "itself": "getpid gettid getppid getuid geteuid getgid getegid getcpu sched_getaffinity",
    "the end": "exit exit_group",
}
"""System calls that take no path, name no other process and make no descriptor that leads outside.

Opens, stat by path, uname, sockets, clone, exec and kill are absent, and so refused with EPERM; torch was seen to live without them.
"""


def resource_limits(limits: Limits, base: int) -> None:
    """Cap address space (to `base` + ``limits.memory`` bytes), CPU seconds, written files, descriptors, processes, locks; give C room to recurse."""
    seconds = int(limits.seconds + limits.grace) + 1
    caps = {
        resource.RLIMIT_CPU: (seconds, seconds + 1),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_NOFILE: (16, 16),
        resource.RLIMIT_NPROC: (0, 0),
        resource.RLIMIT_MEMLOCK: (0, 0),
        resource.RLIMIT_STACK: _stack(),
    }
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        caps[resource.RLIMIT_MSGQUEUE] = (0, 0)
    if limits.memory is not None:
        caps[resource.RLIMIT_AS] = (base + limits.memory, base + limits.memory)
    for which, (soft, hard) in caps.items():
        resource.setrlimit(which, (soft, hard))


def _stack() -> tuple[int, int]:
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    return (_STACK if hard == resource.RLIM_INFINITY else min(_STACK, hard), hard)


def close_descriptors(keep: int) -> None:
    """Close every descriptor but `keep`, and lead stdin, stdout and stderr to /dev/null."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, _MAX_DESCRIPTOR)


def address_space() -> int:
    """Bytes of address space this process has now (``/proc/self/statm``, first field, in pages)."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


@dataclass(frozen=True)
class Jail:
    """The layers that this machine offers, ready to be put up in a fork."""

    layers: Mapping[str, Callable[[], None]]
    """By name, in the order to put them up: privileges, landlock, seccomp."""
    missing: Mapping[str, str]
    """Layers that cannot be put up here, with the reason."""
    base: int
    """Bytes of address space of the process to be forked."""

    def enter(self, limits: Limits) -> None:
        """Put up every layer. The limits come before the filter, which forbids setting them."""
        resource_limits(limits, self.base)
        for put_up in self.layers.values():
            put_up()


def prepare() -> Jail:
    """Load the bindings and build the system call filter. A layer that this machine lacks is reported, not an error."""
    layers: dict[str, Callable[[], None]] = {}
    missing: dict[str, str] = {}
    for name, build in (("privileges", _privileges), ("landlock", _landlock), ("seccomp", _seccomp)):
        try:
            layers[name] = build()
        except (ImportError, OSError, RuntimeError) as problem:
            missing[name] = f"{type(problem).__name__}: {problem}"
    return Jail(layers=layers, missing=missing, base=address_space())


def _privileges() -> Callable[[], None]:
    """No new privileges, no ptrace or /proc access from a process of the same user, death with the parent."""
    import pyprctl

    def put_up() -> None:
        pyprctl.set_no_new_privs()
        pyprctl.set_dumpable(False)
        pyprctl.set_pdeathsig(signal.SIGKILL)

    return put_up


def _landlock() -> Callable[[], None]:
    """A Landlock ruleset without a rule: no path can be opened, made, moved or run, no TCP port bound or reached."""
    from py_landlock import Landlock, LandlockError

    try:
        Landlock(strict=False).abi_version  # noqa: B018  reading it asks the kernel, and raises where it has no Landlock
    except LandlockError as problem:
        raise RuntimeError(str(problem)) from problem
    return lambda: Landlock(strict=False).apply()


def _seccomp() -> Callable[[], None]:
    """A filter that refuses every system call outside `ALLOWED` with EPERM."""
    seccomp = _pyseccomp()
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for call in " ".join(ALLOWED.values()).split():
        try:
            rules.add_rule(seccomp.ALLOW, call)
        except OSError:
            continue  # not a system call of this architecture or kernel
    # Reading a limit is harmless, setting one (a new value at argument 2) is refused.
    rules.add_rule(seccomp.ALLOW, "prlimit64", seccomp.Arg(2, seccomp.EQ, 0))
    load: Callable[[], None] = rules.load
    return load


def _pyseccomp() -> Any:
    """`pyseccomp`, which asks ``find_library`` for a library that it does not find where ldconfig is not on the path."""
    util: Any = ctypes.util
    find: Callable[[str], str | None] = util.find_library

    def find_or_guess(name: str) -> str | None:
        return find(name) or ("libseccomp.so.2" if name == "seccomp" else None)

    util.find_library = find_or_guess
    try:
        import pyseccomp
    finally:
        util.find_library = find
    return pyseccomp
