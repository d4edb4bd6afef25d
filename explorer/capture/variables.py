"""Names for tensors and modules: variables, elements of lists and dicts, attributes of objects of the code's own classes, parameters and buffers of modules.

Reads dictionaries and torch's own tables, and never calls a method that typed code could have written.
Cannot see: what only closures hold, or objects of classes that were imported.
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
"""Elements of a list that are no modules: it may hold a million numbers."""
_DEPTH = 3
_OWN = "__main__"
"""The module of classes that typed code defines, or a notebook or a script."""


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


def tensors_inside(name: str, value: Any) -> Iterator[Named]:
    """The tensors that a variable holds: itself, elements and attributes some deep, what a module owns."""
    for path, thing in _held(name, value):
        if is_module(thing):
            yield from of_module(thing, path)
        else:
            origin = "parameter" if issubclass(type(thing), torch.nn.Parameter) else "variable"
            yield Named(path, thing, origin)


def modules_inside(variables: Mapping[str, Any]) -> list[tuple[str, torch.nn.Module]]:
    """The modules that `variables` hold, by the names that count first: variables, but those that mean an element of a list before them (of a loop over it, say)."""
    own: list[tuple[str, torch.nn.Module]] = []
    elements: list[tuple[str, torch.nn.Module]] = []
    held: set[int] = set()
    for name, value in variables.items():
        found = [(path, thing) for path, thing in _held(name, value) if is_module(thing)]
        (own if is_module(value) and id(value) not in held else elements).extend(found)
        held.update(id(thing) for _, thing in found)
    return [*own, *elements]


def _held(name: str, value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The tensors and modules that a variable holds, with what the code would write to have them."""
    if is_tensor(value) or is_module(value):
        yield name, value
    elif depth < _DEPTH:
        others = 0
        for sign, item in islice(_items(value), MOST_NAMED):
            others += not is_module(item)
            if others > _MOST_ITEMS:
                return
            yield from _held(name + sign, item, depth + 1)


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    """Elements of a list, tuple or dict, by the methods of those types and no subclass's; attributes of an object whose class the code defines."""
    kind = type(value)
    if issubclass(kind, list):
        return ((f"[{at}]", item) for at, item in enumerate(list.__iter__(value)))
    if issubclass(kind, tuple):
        return ((f"[{at}]", item) for at, item in enumerate(tuple.__iter__(value)))
    if issubclass(kind, dict):
        return [(f"[{key!r}]", item) for key, item in dict.items(value) if type(key) in (str, int)]
    if kind.__module__ != _OWN or issubclass(kind, type):
        return ()
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return ()
    return [(f".{key}", item) for key, item in dict.items(attributes)]


def of_module(module: torch.nn.Module, name: str) -> Iterator[Named]:
    """The parameters and buffers of a module and of those inside it."""
    for inner, path in walk_modules(module, name):
        for origin, table in (("parameter", "_parameters"), ("buffer", "_buffers")):
            for key, tensor in (getattr(inner, table, None) or {}).items():
                if is_tensor(tensor):
                    yield Named(f"{path}.{key}", tensor, origin, owned=True)
