"""Runs pieces of code as the child of a run would, but behind rlimits only: JSON ``[[must, code], ...]`` in, outcomes out.

A process of its own, since what it forks must not share the tests' threads, and must open no file: what torch imports late
was imported before. An outcome is ``refused KEY``, ``ran``, ``raised NAME: WORDS`` or ``died``.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time

from explorer.worker import facade, gate, preload
from explorer.worker.jail import address_space

SECONDS = {"ok": 20.0, "refused": 2.0, "contained": 0.1}
BYTES = 2**30


def outcome(must: str, code: str) -> str:
    try:
        gate.check(code)
    except gate.Refused as refused:
        return f"refused {refused.sentence.key}"
    return _forked(code, SECONDS[must])


def _forked(code: str, seconds: float) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _confine()
        os.write(writer, _run(code).encode("utf-8", "replace")[:500])
        os._exit(0)
    os.close(writer)
    try:
        ready, _, _ = select.select([reader], [], [], seconds)
        words = os.read(reader, 500).decode("utf-8", "replace") if ready else ""
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reader)
    return words or "died"


def _confine() -> None:
    """No memory, processes, files or descriptors beyond what is there."""
    room = address_space() + BYTES
    quiet = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(quiet, descriptor)
    for limit, value in (
        (resource.RLIMIT_AS, room),
        (resource.RLIMIT_CPU, 20),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (value, value))
    if os.getuid() == 0:
        os.setresuid(65534, 65534, 65534)  # root is above RLIMIT_NPROC


def _run(code: str) -> str:
    try:
        exec(compile(gate.check(code), gate.FILENAME, "exec", dont_inherit=True), facade.namespace())
    except gate.Refused as refused:
        return f"refused {refused.sentence.key}"
    except BaseException as problem:
        try:
            return f"raised {type(problem).__name__}: {str(problem)[:300]}"
        except BaseException:
            return "raised something"
    return "ran"


def main() -> None:
    preload.load()
    began = time.perf_counter()
    outcomes = [outcome(must, code) for must, code in json.load(sys.stdin)]
    print(json.dumps({"outcomes": outcomes, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
