"""What depends on a graph or a run alone is computed once for it, and forgotten with it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from explorer.ir import Graph, Run

S = TypeVar("S", Graph, Run)
T = TypeVar("T")


def once(function: Callable[[S], T]) -> Callable[[S], T]:
    """`function`, with its answer kept for as long as its argument lives, to which the answer must not lead back.

    Graphs and runs are told apart by identity: comparing them costs as much as drawing them.
    """
    kept: dict[int, T] = {}

    @wraps(function)
    def asked(about: S) -> T:
        identity = id(about)
        if identity not in kept:
            kept[identity] = function(about)
            weakref.finalize(about, kept.pop, identity, None).atexit = False
        return kept[identity]

    return asked
