"""How a worker process is started: an interpreter of its own, an environment with nothing of ours in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from explorer.ir import FrameError, Hello, IrError, decode_hello
from explorer.runner.settings import EngineError
from explorer.words import say

HELLO_CAP = 2**16
"""Bytes of the longest hello that is read."""

_SILENT = "it ended, or took too long, before it was ready"

_FIXED = {
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # else asking for CUDA devices starts the driver, which a fork does not survive
    "OMP_NUM_THREADS": "1",  # threads do not survive a fork either, and a child that waits for them hangs
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # What glibc learns by itself when it first frees a block of 32 MiB: smaller ones are used again, rather than given back and faulted in anew.
    "GLIBC_TUNABLES": f"glibc.malloc.mmap_threshold={2**25}:glibc.malloc.trim_threshold={2**26}",
    "PYTHONHASHSEED": "0",  # equal requests give equal runs
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
}
_KEPT = ("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "SYSTEMROOT")
"""What an unusual installation of Python, a choice of devices, or Windows needs to start at all."""

ROOT = Path(__file__).resolve().parents[2]
"""The folder that `explorer` lies in; workers start there, so that they find it."""


def environment() -> dict[str, str]:
    """The environment of a worker."""
    return _FIXED | {name: os.environ[name] for name in _KEPT if name in os.environ}


def command(module: str) -> Sequence[str]:
    """The command that runs `module` of ours; without the user's own site-packages."""
    return (sys.executable, "-s", "-m", module)


def listen(read: Callable[[], bytes | None]) -> Hello:
    """Read a worker's hello with `read`; raises `EngineError` where there is none, or where it tells of a fault."""
    try:
        message = read()
        hello = Hello(fault=_SILENT) if message is None else decode_hello(message)
    except (OSError, FrameError, IrError) as problem:
        hello = Hello(fault=str(problem))
    if hello.fault is not None:
        raise EngineError(say("runner.no_start", why=hello.fault))
    return hello
