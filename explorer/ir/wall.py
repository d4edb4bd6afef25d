"""What the two sides of the process wall tell each other before a run: limits down, the state of the wall up."""

from __future__ import annotations

from typing import Literal

from explorer.ir.record import Record


class Limits(Record, frozen=True, kw_only=True):
    """What one run may use."""

    seconds: float
    """Wall seconds for the code; the process is killed `grace` seconds later at the latest."""
    grace: float = 2.0
    """Wall seconds more in which what was captured is sent."""
    memory: int | None = None
    """Bytes of address space beyond what the fresh worker has; None where an address space limit cannot be kept (CUDA)."""
    answer: int = 64 * 2**20
    """Bytes of one answer."""


class Order(Record, frozen=True, kw_only=True):
    """The first message to a worker; the second is the request itself, and for ``file`` and ``infer`` the bytes of files follow."""

    task: Literal["run", "train", "file", "look", "infer", "static", "hub"]
    limits: Limits


class Layer(Record, frozen=True, kw_only=True):
    """One layer of the wall, tested on its own by attempting what it forbids."""

    name: str
    """``limits``, ``privileges``, ``landlock`` or ``seccomp``."""
    held: bool
    detail: str = ""
    """Which attempt went through, or why the layer could not be put up. For the log; empty where it held."""


class Wall(Record, frozen=True, kw_only=True):
    """How far the kernel keeps a run in."""

    level: Literal["full", "partial", "none"]
    """``full``: with all layers up together every attempt was refused; ``none``: the gate and the clock are all there is."""
    layers: tuple[Layer, ...] = ()
    escaped: tuple[str, ...] = ()
    """Attempts that went through with all layers up, as in ``open for writing``."""


class Hello(Record, frozen=True, kw_only=True):
    """The first message of a worker: it is ready, or why it cannot be."""

    torch: str = ""
    """torch's version."""
    devices: tuple[str, ...] = ()
    wall: Wall = Wall(level="none")
    fault: str | None = None
    """What kept it from starting, as in ``ImportError: no module named torch (preload.py:61)``; None when it is ready."""
