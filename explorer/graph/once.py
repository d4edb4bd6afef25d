"""What depends on a graph or a run alone is computed once for it, and forgotten with it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from explorer.ir import Graph, Run

S = TypeVar("S", Graph, Run)
P = ParamSpec("P")
T = TypeVar("T")


def once(function: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """`function`, with its answer kept for as long as its first argument lives, to which neither the others nor the answer may lead back.

    Arguments are told apart by identity: comparing graphs costs as much as drawing them.
    """
    kept: dict[tuple[int, ...], tuple[object, T]] = {}

    def asked(about: S, /, *further: P.args, **named: P.kwargs) -> T:
        identity = (id(about), *map(id, further))
        if identity not in kept:
            kept[identity] = (
                further,
                function(about, *further, **named),
            )  # while others are kept, nothing else has their identity
            weakref.finalize(about, kept.pop, identity, None).atexit = False
        return kept[identity][1]

    return wraps(function)(asked)
