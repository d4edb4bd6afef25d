"""How measured processes hold their memory: they give none of it back.

Memory that is given back faults when it is used again, and a fault costs whoever comes next: 5 to 10 us of system time each on the
machine of `docs/benchmarks.md`, as much again as a whole pass of a large model, now for the plain pass and now for the watched one.
"""

from __future__ import annotations

import os

_GIB = 2**30
WARM = {"GLIBC_TUNABLES": f"glibc.malloc.mmap_threshold={_GIB}:glibc.malloc.trim_threshold={64 * _GIB}"}
"""What glibc is to be told when such a process starts; other systems take no notice."""


def warm() -> dict[str, str]:
    """The environment of such a process."""
    return {**os.environ, **WARM}
