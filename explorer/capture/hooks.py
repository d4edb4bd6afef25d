"""Hooks of the code, with their names: on tensors, on nodes, on modules; and which tensors retain their gradient.

A leaf and a named tensor tell theirs (``_backward_hooks``); of other tensors the registration is noted while the run is
watched. A node tells its hooks to who registers one more: torch hands out the dictionary that they share; that is done where
one was registered, since it costs as much as a hook. A module's full backward hooks lie behind torch's own on two
BackwardHookFunction nodes. Cannot see: hooks on other threads, and what C++ registered.
"""

from __future__ import annotations

import weakref
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import torch
from torch.utils.hooks import BackwardHook

from explorer.capture.private import hook_registrar, node_hooks, quiet, sequence_nr
from explorer.capture.segments import closed_over
from explorer.capture.variables import Named
from explorer.capture.walk import Walk

_LENGTH = 80
_MOST_RETAINED = 4_000
"""Calls of ``retain_grad()`` that are remembered, the latest: a training makes them in each step."""

_MOST_UNWATCHED = 2_000
"""Nodes that are all asked for their hooks where it is not known whether any has one."""

_MODULE = "BackwardHookFunctionBackward"
"""The nodes on which torch puts the hooks of a module."""

_Tensor = torch.Tensor
_OURS = "explorer."
_Texts = dict[int, tuple[str, ...]]
"""By the number that torch gave the registration."""

TENSOR, ACCUMULATE = "tensor hook", "post accumulate grad hook"
_RETAIN: Any = _Tensor.retain_grad
NOTED: frozenset[Any] = frozenset({_Tensor.register_hook, _RETAIN})
"""The methods of a tensor that `HookLog.call` is there for."""


class HookLog:
    """Notes what the code registers. Texts are ``kind: name``, in the order of registration."""

    def __init__(self) -> None:
        self.on_nodes = False
        """Whether a node was given a hook."""
        self.watched = False
        """Whether every registration is known."""
        self._noted: defaultdict[int | None, list[tuple[Any, str]]] = defaultdict(list)
        self._retained: deque[tuple[int | None, weakref.ref[torch.Tensor], str]] = deque(maxlen=_MOST_RETAINED)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While it lasts the function that torch calls for each registered hook is ours, and calls torch's."""
        self.watched = True
        with hook_registrar(self._registered):
            yield

    def call(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> Any:
        """Call one of `NOTED` and write it down, with its name among the caller's `variables`; a leaf tells its hooks by itself."""
        returned = function(*args, **kwargs)
        tensor, *rest = args or kwargs.values()
        with quiet():
            node = tensor.grad_fn
        number = None if node is None else sequence_nr(node)
        if function is _RETAIN:
            name = next((name for name, value in variables.items() if value is tensor), "retained")
            self._retained.append((number, weakref.ref(tensor), name))
        elif number is not None:
            hook = rest[0] if rest else kwargs.get("hook")
            self._noted[number].append((returned, f"{TENSOR}: {name_of(hook)}"))
        return returned

    def retained(self) -> list[Named]:
        """The tensors that called ``retain_grad()`` and still live, by the name that they had there."""
        return [Named(name, tensor) for _, reference, name in self._retained if (tensor := reference()) is not None]

    def retaining(self, walk: Walk, tensors: Iterable[torch.Tensor]) -> set[int]:
        """The ids of the nodes whose tensor retains its gradient; `tensors` are those with names."""
        gone = {number for number, reference, _ in self._retained if reference() is None}
        alive = [tensor for tensor in (*(one.tensor for one in self.retained()), *tensors) if tensor.retains_grad]
        found = {at for tensor in alive if (at := walk.node_of(tensor)) is not None}
        return found | {at for at, number in enumerate(walk.numbers) if number in gone} if gone else found

    def of(self, walk: Walk, tensors: Iterable[torch.Tensor]) -> dict[int, tuple[str, ...]]:
        """Texts by id of the node; `tensors` are those with names."""
        found: defaultdict[int, _Texts] = defaultdict(dict)
        for tensor in tensors:
            if (texts := _on_tensor(tensor)) and (node := walk.node_of(tensor)) is not None:
                found[node].update(texts)
        for at, kind in enumerate(walk.kinds):
            if kind == "leaf" and (texts := _on_tensor(walk.nodes[at].variable)):
                found[at].update(texts)
        if self._noted:
            for at, number in enumerate(walk.numbers):
                if number is not None and (noted := self._noted.get(number)):
                    found[at].update(_still_there(noted))
        everywhere = self.on_nodes or (not self.watched and len(walk.nodes) <= _MOST_UNWATCHED)
        for at, name in enumerate(walk.names):
            if (everywhere or name == _MODULE) and (texts := _on_node(walk.nodes[at])):
                found[at].update(texts)
        return {at: _in_order(texts) for at, texts in found.items() if texts}

    def _registered(self, hook: object) -> None:
        self.on_nodes = self.on_nodes or not (_is_ours(hook) or _module_hook(hook) is not None)


def name_of(hook: Any) -> str:
    """A hook's name: ``__qualname__`` of a plain function, without what it was defined in; else the name of its class."""
    kind = type(hook)
    if kind is FunctionType:
        return _function_name(hook)
    if kind is MethodType:
        return name_of(hook.__func__)
    if kind is partial:
        return f"partial({name_of(hook.func)})"
    return str(type.__dict__["__name__"].__get__(kind))[:_LENGTH]


def _function_name(hook: FunctionType) -> str:
    """Torch's own closures are called as what made them; ``register_multi_grad_hook`` knows the user's function."""
    name = str.__str__(hook.__qualname__)  # of a text that is a user's own kind of text too
    outermost = name.partition(".")[0]
    if outermost == "register_multi_grad_hook" and (wrapped := closed_over(hook, "fn")) is not None:
        return f"{outermost}({name_of(wrapped)})"
    return name.rpartition("<locals>.")[2][:_LENGTH]


def _is_ours(hook: object) -> bool:
    function = hook.__func__ if type(hook) is MethodType else hook
    module = function.__module__ if type(function) is FunctionType else None
    return type(module) is str and module.startswith(_OURS)


def _in_order(texts: _Texts) -> tuple[str, ...]:
    return tuple(text for key in sorted(texts) for text in texts[key])


def _on_tensor(tensor: torch.Tensor) -> _Texts:
    with quiet():
        tables = ((TENSOR, tensor._backward_hooks), (ACCUMULATE, tensor._post_accumulate_grad_hooks))
    return {key: (f"{kind}: {name_of(hook)}",) for kind, table in tables for key, hook in (table or {}).items()}


def _still_there(noted: Iterable[tuple[Any, str]]) -> _Texts:
    """Those of the noted registrations whose handle was not removed."""
    return {handle.id: (text,) for handle, text in noted if handle.id in (handle.hooks_dict_ref() or {})}


def _on_node(node: Any) -> _Texts:
    found: _Texts = {}
    for kind, table in node_hooks(node).items():
        for key, hook in table.items():
            if (behind := _module_hook(hook)) is not None:
                found[key] = _of_module(behind, hook)
            elif not _is_ours(hook):
                found[key] = (f"{kind}: {name_of(hook)}",)
    return found


def _module_hook(hook: Any) -> BackwardHook | None:
    """Torch's own object for the full backward hooks of one module call, where `hook` belongs to one."""
    if type(hook) is FunctionType and str.startswith(hook.__qualname__, "BackwardHook."):
        found = closed_over(hook, "self")
        return found if type(found) is BackwardHook else None
    return None


def _of_module(behind: BackwardHook, hook: Any) -> tuple[str, ...]:
    """What one of the two runs: pre hooks at the module's outputs, the others at its inputs, or for want of any at its outputs too."""
    at_outputs = "setup_output_hook" in hook.__qualname__
    before = behind.user_pre_hooks if at_outputs else []
    after = behind.user_hooks if not at_outputs or behind.input_tensors_index is None else []
    named = [f"module pre hook: {name_of(one)}" for one in before] + [f"module hook: {name_of(one)}" for one in after]
    return tuple(named)
