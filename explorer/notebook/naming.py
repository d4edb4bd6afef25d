"""What the user calls things: variables around the call of ``trace``, the callable's parameters, and what it closes over.

Of all the variables of a notebook only those count that hold a tensor or a module of this run.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from types import FrameType
from typing import Any

from explorer.capture.modules import is_module, walk_modules
from explorer.capture.private import quiet
from explorer.capture.variables import Named, modules_inside, named_tensors
from explorer.capture.walk import edge_of, walk

_HISTORY = frozenset({"In", "Out"})


def scope_of(frame: FrameType) -> dict[str, Any]:
    """Variables where `frame` is: locals, then globals, without what begins with an underscore and a notebook's own history."""
    scope = {**frame.f_locals, **{name: one for name, one in frame.f_globals.items() if name not in frame.f_locals}}
    return {name: value for name, value in scope.items() if not name.startswith("_") and name not in _HISTORY}


def parameters_of(called: Callable[..., Any], inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs by the names that the callable gives them; ``arg0`` and so on where it tells none."""
    target = called.forward if is_module(called) else called  # type: ignore[attr-defined]
    try:
        return dict(inspect.signature(target).bind(*inputs, **kwargs).arguments)
    except (TypeError, ValueError):
        return {**{f"arg{at}": value for at, value in enumerate(inputs)}, **kwargs}


def relevant(
    scopes: Sequence[Mapping[str, Any]], roots: Sequence[Any], met: Collection[int], most: int
) -> dict[str, Any]:
    """Of `scopes` (the first wins) the variables that hold a tensor of the graph behind `roots`, or one whose id, or module's id, is in `met`."""
    with quiet():
        found = walk(roots, most)
        known: dict[str, Any] = {}
        told: set[int] = set()
        for scope in scopes:
            for name, value in scope.items():
                if name in known:
                    continue
                inside = named_tensors({name: value})
                own = {id(one.tensor) for one in inside}
                if id(value) in met or any(_is_in(one, found.ids, met) for one in inside):
                    if own and own <= told and not is_module(value):
                        continue  # it has a name already
                    known[name] = value
                    told |= own
        found.release()
    return _outer_first(known)


def _outer_first(variables: Mapping[str, Any]) -> dict[str, Any]:
    """A module that has a variable of its own is yet called as the part that it is of a larger one, or of a list or an object that holds more."""
    size = {name: _modules_in(name, value) for name, value in variables.items()}
    return {name: variables[name] for name in sorted(variables, key=lambda name: -size[name])}


def _modules_in(name: str, value: Any) -> int:
    return sum(len(list(walk_modules(module, path))) for path, module in modules_inside({name: value}))


def _is_in(one: Named, nodes: Mapping[Any, int], met: Collection[int]) -> bool:
    if id(one.tensor) in met:
        return True
    edge = edge_of(one.tensor)
    return edge is not None and edge.node in nodes


def name_of(value: object, scope: Mapping[str, Any], otherwise: str) -> str:
    """The variable that holds this very object."""
    return next((name for name, one in scope.items() if one is value), otherwise)


def tensor_ids(values: Mapping[str, Any]) -> set[int]:
    """The ids of all tensors in `values`."""
    return {id(one.tensor) for one in named_tensors(values)}
