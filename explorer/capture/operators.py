"""Which operators a call asks of torch's dispatcher, which keys serve them, and whose kernel computes.

The first call of each kind is listened to (`dispatcher.watch`) and the others share its answer. Of what a kernel asks in
turn only that of composite kernels is kept, down to the kernels of a backend. Overloads follow from arguments and shapes.
Cannot see: other choices that a later call of the same kind makes, as by its sizes; calls under vmap, a
``TorchDispatchMode``, a tensor subclass with ``__torch_dispatch__``, or another profiler.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import is_
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodWrapperType, WrapperDescriptorType
from typing import Any

import torch
from torch import is_grad_enabled

from explorer.capture import dispatcher
from explorer.capture.dispatcher import Asked
from explorer.capture.metas import Storages, is_tensor
from explorer.capture.overloads import Overloads
from explorer.capture.private import quiet, same_as
from explorer.capture.serving import Serving
from explorer.ir import Operator

MOST_KINDS = 2_000
_MOST_A_CALL = 64
_DEEPEST = 16

_FUNCTIONS = frozenset(
    {BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodWrapperType, WrapperDescriptorType}
)
"""What torch's own functions are; an ``autograd.Function`` is none, its calls of torch are calls of their own."""
_BY_VALUE = frozenset({bool, str, torch.dtype, torch.layout, torch.memory_format, torch.device})
"""Types of arguments whose value may decide which operators are asked for."""
_TELLING = frozenset(map(id, _BY_VALUE | {tuple}))
_ODD = ("Python", "PreDispatch", "FuncTorch", "Functionalize", "Vmap", "Batched", "AutogradNested")
_UNROLLED = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu", "__iter__", "unbind"})
_MOST_STEPS = 200
"""Steps of a function that is listened to: a recurrent one may ask some 25 questions a step, a loop over rows two."""


class Watch:
    """One call that is listened to."""

    __slots__ = ("asked", "keys", "kind")

    def __init__(self, kind: Hashable, keys: tuple[str, ...]) -> None:
        self.kind, self.keys = kind, keys
        self.asked: list[Asked] = []
        dispatcher.watch()

    def end(self) -> None:
        """The call is over, also where it raised."""
        self.asked = dispatcher.watched()


class OperatorLog:
    """All operators of a run; a call has a tuple of indices into `records`."""

    def __init__(self, storages: Storages) -> None:
        self.records: list[Operator] = []
        self._storages = storages
        self._indices: dict[Operator, int] = {}
        self._kinds: dict[Hashable, tuple[int, ...]] = {}
        self._overloads = Overloads()
        self._serving = Serving()

    def meet(
        self,
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        tensors: Sequence[torch.Tensor],
        last: dict[Callable[..., Any], Last | None],
    ) -> tuple[tuple[int, ...], Watch | None]:
        """Before a call: its operators where one of its kind was seen, else a watch that hears them, to be ended after it.

        Neither is there where it cannot be told truthfully. `tensors` are those among the arguments, `last` the calls at
        its place, by function, among which it is put if it fits none.
        """
        if type(func) not in _FUNCTIONS:
            return (), None
        sorts = _sorts(args, kwargs)
        with quiet():
            kind = (func, sorts, dispatcher.in_force(), *map(self._storages.kind, tensors))
        known = self._kinds.get(kind)
        if known is None:
            return self._hear(func, kind, tensors)
        if func not in last:
            last[func] = None  # most places are passed once: guards are made for those that are not
        elif tensors and all(map(_is_usual, tensors)):
            last[func] = Last(sorts, args, kwargs, tensors, known)
        return known, None

    def _hear(
        self, func: Callable[..., Any], kind: Hashable, tensors: Sequence[torch.Tensor]
    ) -> tuple[tuple[int, ...], Watch | None]:
        """The first call of a kind."""
        if len(self._kinds) >= MOST_KINDS or dispatcher.is_watched():
            return (), None
        with quiet():
            if _is_long(func, tensors):
                return (), None
            keys = dispatcher.keys_of(tensors)
        if any(key.startswith(_ODD) for key in keys):
            self._kinds[kind] = ()
            return (), None
        return (), Watch(kind, keys)

    def keep(
        self, watch: Watch, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], tensors: Sequence[torch.Tensor]
    ) -> tuple[int, ...]:
        """After a call of the function `name`: write down what it asked; `tensors` are its inputs and outputs."""
        with quiet():
            call = _Call(self._overloads, self._serving, tensors)
            arguments = _Arguments(name.strip("_"), args, kwargs)
            try:
                found = call.operators(watch.asked, watch.keys, arguments)
            except RuntimeError:  # an operator that torch's tables do not tell of
                found = []
        known = self._kinds[watch.kind] = tuple([self._index(one) for one in found])
        return known

    def _index(self, operator: Operator) -> int:
        index = self._indices.setdefault(operator, len(self.records))
        if index == len(self.records):
            self.records.append(operator)
        return index


@dataclass(frozen=True, slots=True)
class _Arguments:
    """What Python called, with what."""

    name: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]

    def overload_of(self, operator: str) -> str | None:
        """The overload that torch would choose, where Python asked for the operator directly and torch can read the arguments."""
        if operator.partition("::")[2].strip("_") != self.name:
            return None
        plain = all(_is_plain(value) for value in (*self.args, *self.kwargs.values()))
        return dispatcher.overload_for(operator, self.args, self.kwargs) if plain else None


class _Call:
    """Finds the operators of one call."""

    def __init__(self, overloads: Overloads, serving: Serving, tensors: Sequence[torch.Tensor]) -> None:
        """`tensors` are its inputs and outputs."""
        self._overloads, self._serving = overloads, serving
        self._found: dict[Operator, None] = {}
        self._one_place = len({(tensor.device, tensor.layout) for tensor in tensors}) == 1
        self._made = ("BackendSelect", dispatcher.key_of(tensors[-1].device))
        """The keys of an operator that takes no tensor: the device of what it makes decides."""

    def operators(self, asked: Sequence[Asked], keys: tuple[str, ...], arguments: _Arguments) -> list[Operator]:
        """All that were asked for, each once; a call with these `keys` and `arguments` asked."""
        self._descend(asked, keys, arguments, 0)
        return list(self._found)[:_MOST_A_CALL]

    def _descend(self, asked: Sequence[Asked], keys: tuple[str, ...], by: Any, depth: int) -> None:
        """`by` is what asked: the arguments of Python, or the schema of the operator whose kernel it was."""
        from_python = by if isinstance(by, _Arguments) else None
        for one in asked:
            if "::" not in one.name:  # what torch or an ``autograd.Function`` notes beside its operators
                self._descend(one.inner, keys, by, depth + 1)
                continue
            schema = self._overloads.of(
                one,
                None if from_python else by,
                partial(from_python.overload_of, one.name) if from_python else _nothing,
            )
            if schema is None:
                self._found.setdefault(Operator(name=one.name))
                continue
            served = self._serving.of(schema, keys if from_python or self._one_place else (), self._made)
            self._found.setdefault(served.operator)
            if served.asks and depth < _DEEPEST:
                self._descend(one.inner, served.left, by if served.asks_again else schema, depth + 1)


def _nothing() -> None:
    """What a kernel chooses is not known."""


class Last:
    """The last call of a function at a place: what is equal to it in all that decides asks for the same operators. It is told quicker than a kind."""

    __slots__ = ("_count", "_grad", "_plain", "_same", "_sorts", "_telling", "_types", "nbytes", "operators")

    def __init__(
        self,
        sorts: Hashable,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        tensors: Sequence[torch.Tensor],
        operators: tuple[int, ...],
    ) -> None:
        self.operators = operators
        self.nbytes = sum([tensor.nbytes for tensor in tensors])
        """Of the tensors."""
        self._plain = tensors is args
        """Whether tensors are all that it was given: then `same_as` asks for all that decides, the types too."""
        self._types = list(map(type, args))
        self._telling = bool(kwargs) or not _TELLING.isdisjoint(map(id, self._types))
        """Whether types of positional arguments are not all that decides."""
        self._sorts, self._count, self._grad, self._same = sorts, len(tensors), is_grad_enabled(), same_as(tensors)

    def fits(self, args: Sequence[Any], kwargs: Mapping[str, Any], tensors: Sequence[torch.Tensor]) -> bool:
        """Whether a call with these `args` and `kwargs`, `tensors` among them, is equal to it; then these have as many `nbytes`."""
        alike = tensors is args if self._plain else self._given_alike(args, kwargs)
        return alike and len(tensors) == self._count and is_grad_enabled() is self._grad and self._same(*tensors)

    def _given_alike(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        types = self._types
        return (
            len(args) == len(types)
            and all(map(is_, map(type, args), types))  # no ``==``, which a user's class of classes may define
            and (not (kwargs or self._telling) or _sorts(args, kwargs) == self._sorts)
        )


def _is_usual(tensor: torch.Tensor) -> bool:
    """Whether it is of torch's own class, and has strides."""
    return (
        type(tensor) in (torch.Tensor, torch.nn.Parameter) and tensor.layout is torch.strided and not tensor.is_nested
    )


def _sorts(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Hashable:
    """What the arguments of two calls have in common that ask for the same operators, but for what is in their tensors."""
    types = tuple(map(id, map(type, args)))  # by id, since a type of the user's may have a hash of its own
    positional = types if _TELLING.isdisjoint(types) else tuple([_sort(value) for value in args])
    return (positional, *[(name, _sort(value)) for name, value in kwargs.items()]) if kwargs else positional


def _is_long(func: Callable[..., Any], tensors: Sequence[torch.Tensor]) -> bool:
    """Whether it may ask too many questions to listen to; to be asked under `quiet`."""
    return func.__name__ in _UNROLLED and bool(tensors) and max(tensors[0].shape[:2], default=0) > _MOST_STEPS


def _sort(value: Any) -> Hashable:
    """The type of an argument; of some the value."""
    kind = type(value)
    if kind in _BY_VALUE:
        return value  # type: ignore[no-any-return]  # a truth value or a text
    if kind is tuple:
        return tuple([_sort(item) for item in value])
    return id(kind)


_NUMBERS = frozenset({int, float, complex, torch.Size, torch.Generator, slice, type(...), type(None)}) | _BY_VALUE


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind in (tuple, list):
        return all(_is_plain(item) for item in value)
    return kind in _NUMBERS or is_tensor(value)
