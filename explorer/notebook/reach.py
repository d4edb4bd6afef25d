"""What a callable can reach, without running it: modules, tensors, and the code that is its own.

Looks into modules, bound methods, closures, default values, ``functools.partial``, globals that a function names, containers, and the
attributes of objects of the user's classes. Cannot see: what is looked up at run time by name or returned by a call; modules of that kind
are told of when they run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from types import CodeType, FunctionType, MethodType
from typing import Any

import torch
from torch import nn

from explorer.capture.metas import is_tensor
from explorer.capture.modules import is_module
from explorer.notebook.listing import is_torchs

MOST = 20_000
"""Things that are looked at."""

_MOST_ITEMS = 1_000


class Reach:
    """`modules` with those inside them, `tensors` and `functions`, each once, in the order in which they were found."""

    def __init__(self, *starts: Any) -> None:
        self.modules: list[nn.Module] = []
        self.tensors: list[torch.Tensor] = []
        self.names: dict[str, Any] = {}
        """Modules, tensors and what holds them, by the name that a closure, a function's global or a method's ``self`` gives them."""
        self.compiled = False
        """Whether something was compiled by ``torch.compile``."""
        self.scripted = False
        """Whether something is ``torch.jit``'s."""
        self._seen: dict[int, Any] = {}
        waiting = list(starts)
        while waiting and len(self._seen) < MOST:
            thing = waiting.pop()
            if id(thing) not in self._seen:
                self._seen[id(thing)] = thing
                waiting.extend(self._look(thing))

    def _look(self, thing: Any) -> Iterable[Any]:
        self.compiled = self.compiled or _is_compiled(thing)
        self.scripted = self.scripted or issubclass(type(thing), _SCRIPTED)
        if is_tensor(thing):
            self.tensors.append(thing)
            return ()
        if is_module(thing):
            self.modules.append(thing)
            return [*thing.children(), *thing.parameters(recurse=False)]
        if type(thing) is FunctionType:
            return () if is_torchs(thing.__code__.co_filename) else self._named(thing)
        self.names.update(_attributes(thing))
        return _inside(thing)

    def _named(self, function: FunctionType) -> list[Any]:
        names = dict(_names_of(function))
        self.names.update({name: value for name, value in names.items() if is_tensor(value) or is_module(value)})
        return [*names.values(), *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]


def _attributes(called: Any) -> Iterator[tuple[str, Any]]:
    """What a method writes to have what its object holds: ``self.net``; of an object that is called, as its ``__call__`` does."""
    method = called if type(called) is MethodType else None
    function = method.__func__ if method else vars(type(called)).get("__call__")
    owner = method.__self__ if method else called
    if type(function) is not FunctionType or is_module(owner) or not function.__code__.co_argcount:
        return
    name = function.__code__.co_varnames[0]
    for key, value in _dictionary(owner).items():
        if is_tensor(value) or is_module(value) or type(value) in (list, tuple, dict):
            yield f"{name}.{key}", value


def _dictionary(thing: Any) -> dict[str, Any]:
    """The attributes of an object, by no method of its own; empty where it has none."""
    try:
        found: dict[str, Any] = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return {}
    return found


def _names_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not bound yet
            continue
    codes = [function.__code__]
    for code in codes:
        codes += [inner for inner in code.co_consts if type(inner) is CodeType]
        yield from ((name, function.__globals__[name]) for name in code.co_names if name in function.__globals__)


_SCRIPTED = (torch.jit.ScriptModule, torch.jit.ScriptFunction)


def _is_compiled(thing: Any) -> bool:
    """A module that ``torch.compile`` returned, one on which ``compile()`` was called, or a function that it returned."""
    if is_module(thing):
        return type(thing).__module__.startswith("torch._dynamo") or vars(thing).get("_compiled_call_impl") is not None
    return type(thing) is FunctionType and "_torchdynamo_orig_callable" in vars(thing)


def _inside(thing: Any) -> Iterable[Any]:
    kind = type(thing)
    if kind is MethodType:
        return (thing.__self__, thing.__func__)
    if kind is partial:
        return (thing.func, *thing.args, *thing.keywords.values())
    if issubclass(kind, dict):
        return islice(dict.values(thing), _MOST_ITEMS)
    if issubclass(kind, list | tuple | set | frozenset):
        return islice(thing, _MOST_ITEMS)
    if issubclass(kind, type) or kind.__module__.partition(".")[0] in ("builtins", "torch"):
        return ()
    return [*islice(_dictionary(thing).values(), _MOST_ITEMS), vars(kind).get("__call__")]


def own_file(called: Any) -> str | None:
    """The file name of the callable's own code; None where it is torch's or has none (``nn.Sequential``, a built-in)."""
    while type(called) is partial:
        called = called.func
    if is_module(called):
        inner = [getattr(type(one), "forward", None) for one in called.modules()]
        return next((file for function in inner if (file := _file_of(function))), None)
    return _file_of(called) or _file_of(vars(type(called)).get("__call__"))


def _file_of(called: Any) -> str | None:
    code = getattr(getattr(called, "__func__", called), "__code__", None)
    file = code.co_filename if type(code) is CodeType else None
    return None if file is None or is_torchs(file) else file
