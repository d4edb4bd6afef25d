"""What depends on a graph alone is computed once for it, and forgotten with it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from explorer.ir import Graph

T = TypeVar("T")


def once(function: Callable[[Graph], T]) -> Callable[[Graph], T]:
    """`function`, with its answer kept for as long as the graph lives. Graphs are told apart by identity: comparing them costs as much as drawing them."""
    kept: dict[int, T] = {}

    @wraps(function)
    def asked(graph: Graph) -> T:
        identity = id(graph)
        if identity not in kept:
            kept[identity] = function(graph)
            weakref.finalize(graph, kept.pop, identity, None).atexit = False
        return kept[identity]

    return asked
