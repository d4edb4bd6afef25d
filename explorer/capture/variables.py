"""Names for tensors: variables, elements of lists and dicts, parameters and buffers of modules.

Reads dictionaries and torch's own tables, and never calls a method that typed code could have written.
Cannot see: tensors that are only reachable through objects of the user's own classes or closures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count as count_from
from itertools import islice
from typing import Any

import torch

from explorer.capture.metas import is_tensor
from explorer.capture.modules import is_module, walk_modules

MOST_NAMED = 4_000
_MOST_ITEMS = 256
_DEPTH = 3


@dataclass(frozen=True)
class Named:
    """A tensor and what it is called."""

    name: str
    tensor: torch.Tensor
    origin: str = "variable"
    owned: bool = False
    """Whether it was found in a module rather than in a variable."""


def named_tensors(*scopes: Mapping[str, Any]) -> list[Named]:
    """All tensors in `scopes` with their names, at most `MOST_NAMED`; of equal names the first scope's."""
    found: list[Named] = []
    known: set[str] = set()
    for scope in scopes:
        for name, value in list(scope.items()):
            if name in known or name.startswith("__"):
                continue
            known.add(name)
            for named in tensors_inside(name, value):
                if len(found) >= MOST_NAMED:
                    return found
                found.append(named)
    return found


def joined(named: Iterable[Named], more: Iterable[Named]) -> list[Named]:
    """`named`, and of `more` the tensors that are not among them: under their own name, or as ``h (2)`` where ``h`` is taken."""
    found = list(named)
    known, names = {id(one.tensor) for one in found}, {one.name for one in found}
    numbers: dict[str, Iterator[int]] = {}  # ten thousand may have one name: none begins to count anew
    for one in more:
        if id(one.tensor) not in known:
            counting = numbers.setdefault(one.name, count_from(2))
            name = one.name
            while name in names:
                name = f"{one.name} ({next(counting)})"
            found.append(replace(one, name=name))
            known.add(id(one.tensor))
            names.add(name)
    return found


def variables_first(named: Iterable[Named]) -> list[Named]:
    """Variables in the order in which the code bound them, then what modules own in theirs, each with its other names."""
    listed = list(named)
    owned = {id(one.tensor) for one in listed if one.owned}
    return sorted(listed, key=lambda one: id(one.tensor) in owned)


def tensors_inside(name: str, value: Any, depth: int = 0) -> Iterator[Named]:
    """The tensors that a variable holds: itself, elements some lists deep, what a module owns."""
    if is_tensor(value):
        origin = "parameter" if issubclass(type(value), torch.nn.Parameter) else "variable"
        yield Named(name, value, origin)
    elif is_module(value):
        yield from _of_module(value, name)
    elif depth < _DEPTH:
        for key, item in islice(_items(value), _MOST_ITEMS):
            yield from tensors_inside(f"{name}[{key!r}]", item, depth + 1)


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    """Keys and elements of a list, tuple or dict, by the methods of those types and no subclass's."""
    kind = type(value)
    if issubclass(kind, list):
        return enumerate(list.__iter__(value))
    if issubclass(kind, tuple):
        return enumerate(tuple.__iter__(value))
    if issubclass(kind, dict):
        return [(key, item) for key, item in dict.items(value) if type(key) in (str, int)]
    return ()


def _of_module(module: torch.nn.Module, name: str) -> Iterator[Named]:
    for inner, path in walk_modules(module, name):
        for origin, table in (("parameter", "_parameters"), ("buffer", "_buffers")):
            for key, tensor in (getattr(inner, table, None) or {}).items():
                if is_tensor(tensor):
                    yield Named(f"{path}.{key}", tensor, origin, owned=True)
