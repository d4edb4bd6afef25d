"""Which operators a call asks of torch's dispatcher, which keys serve them, and whose kernel computes.

The first call of each kind is listened to (`dispatcher.watch`) and the others share its answer. Of what a kernel asks in
turn only that of composite kernels is kept, down to the kernels of a backend. Overloads follow from arguments and shapes.
Cannot see: other choices that a later call of the same kind makes, as by its sizes; calls under vmap, a
``TorchDispatchMode``, a tensor subclass with ``__torch_dispatch__``, or another profiler.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodWrapperType, WrapperDescriptorType
from typing import Any

import torch

from explorer.capture import dispatcher
from explorer.capture.dispatcher import Asked
from explorer.capture.metas import is_tensor
from explorer.capture.overloads import Overloads
from explorer.capture.private import quiet
from explorer.ir import Operator, TensorMeta

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
_ODD = ("Python", "PreDispatch", "FuncTorch", "Functionalize", "Vmap", "Batched")
_PASSING = ("Autograd", "ADInplaceOrView", "BackendSelect", "Conjugate", "Negative", "ZeroTensor", "Tracer")
"""Keys whose kernels do their part and pass the call on to the next key."""


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

    def __init__(self) -> None:
        self.records: list[Operator] = []
        self._indices: dict[Operator, int] = {}
        self._kinds: dict[Hashable, tuple[int, ...]] = {}
        self._tables = _Tables()

    def meet(
        self,
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        tensors: Sequence[torch.Tensor],
        inputs: Sequence[TensorMeta],
    ) -> tuple[tuple[int, ...], Watch | None]:
        """Before a call: its operators where one of its kind was seen, else a watch that hears them, to be ended after it.

        Neither is there where it cannot be told truthfully. `inputs` are the records of `tensors`, those among the arguments.
        """
        if type(func) not in _FUNCTIONS:
            return (), None
        kind = _kind(func, args, kwargs, inputs)
        known = self._kinds.get(kind)
        if known is not None:
            return known, None
        if len(self._kinds) >= MOST_KINDS or dispatcher.is_watched():
            return (), None
        with quiet():
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
            call = _Call(self._tables, name.strip("_"), args, kwargs, tensors)
            try:
                found = call.operators(watch.asked, watch.keys)
            except RuntimeError:  # an operator that torch's tables do not tell of
                found = []
        known = self._kinds[watch.kind] = tuple([self._index(one) for one in found])
        return known

    def _index(self, operator: Operator) -> int:
        index = self._indices.setdefault(operator, len(self.records))
        if index == len(self.records):
            self.records.append(operator)
        return index


class _Tables:
    """What torch's tables say, read once an operator."""

    def __init__(self) -> None:
        self.overloads = Overloads()
        self._kernels: dict[str, dict[str, str]] = {}

    def kernels(self, operator: str) -> dict[str, str]:
        """What serves it, by dispatch key."""
        known = self._kernels.get(operator)
        if known is None:
            known = self._kernels[operator] = dispatcher.kernels(operator)
        return known


class _Call:
    """Finds the operators of one call."""

    def __init__(
        self,
        tables: _Tables,
        name: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        tensors: Sequence[torch.Tensor],
    ) -> None:
        self._tables, self._name, self._args, self._kwargs = tables, name, args, kwargs
        self._found: dict[Operator, None] = {}
        devices = {tensor.device for tensor in tensors}
        self._one_device = len(devices) == 1 and len({tensor.layout for tensor in tensors}) == 1
        self._made = ("BackendSelect", dispatcher.key_of(tensors[-1].device)) if tensors else ()
        """The keys of an operator that takes no tensor: its device decides."""

    def operators(self, asked: Sequence[Asked], keys: tuple[str, ...]) -> list[Operator]:
        self._descend(asked, keys, None, 0)
        return list(self._found)[:_MOST_A_CALL]

    def _descend(self, asked: Sequence[Asked], keys: tuple[str, ...], parent: Any, depth: int) -> None:
        for one in asked:
            if "::" not in one.name:  # what torch or an ``autograd.Function`` notes beside its operators
                self._descend(one.inner, keys, parent, depth + 1)
                continue
            schema = self._schema(one, parent)
            if schema is None:
                self._found.setdefault(Operator(name=one.name))
                continue
            kernel, left = self._serve(schema, keys if parent is None or self._one_device else ())
            if kernel.startswith(("Composite", "Autocast")) and depth < _DEEPEST:
                self._descend(one.inner, left, None if kernel.startswith("Autocast") else schema, depth + 1)

    def _schema(self, asked: Asked, parent: Any) -> Any:
        chosen = None
        if parent is None and asked.name.partition("::")[2].strip("_") == self._name:
            chosen = dispatcher.overload_for(asked.name, self._args, self._kwargs) if self._plain() else None
        return self._tables.overloads.of(asked, parent, chosen)

    def _plain(self) -> bool:
        """Whether torch can read the arguments without calling a method of the user's."""
        return all(_is_plain(value) for value in (*self._args, *self._kwargs.values()))

    def _serve(self, schema: Any, keys: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """Write the operator down; the key of the kernel that computes, and the keys that are left for what it asks."""
        name = dispatcher.full_name(schema)
        table = self._tables.kernels(name)
        if keys and not any("Tensor" in str(one.type) for one in schema.arguments):
            keys = self._made
        served = [key for key in keys if key in table]
        at = next((at for at, key in enumerate(served) if _ends(key, table[key])), len(served))
        kernel = _kernel(name, served[at], table[served[at]]) if at < len(served) else ""
        served = served[: at + 1]
        self._found.setdefault(
            Operator(name=name, keys=tuple(served), kernel=kernel, schema=str(schema).partition("::")[2])
        )
        return kernel, tuple(_left(keys, served, kernel))


def _ends(key: str, kind: str) -> bool:
    """Whether the call is answered at this key."""
    return kind == "math kernel" or not key.startswith(_PASSING)


def _kernel(name: str, key: str, kind: str) -> str:
    if kind == "math kernel":
        return "CompositeImplicitAutograd"
    if kind != "default backend kernel":
        return key
    other = "CompositeExplicitAutogradNonFunctional"
    return other if dispatcher.has_kernel(name, other) else "CompositeExplicitAutograd"


def _left(keys: Sequence[str], served: Sequence[str], kernel: str) -> Iterator[str]:
    """The keys of what a kernel asks: below autograd where autograd was passed, without autocast after it."""
    passed = served if kernel != "CompositeImplicitAutograd" else served[:-1]
    below = any(key.startswith("Autograd") for key in passed)
    for key in keys:
        is_autograd = key.startswith("Autograd") or key == "ADInplaceOrView"
        if not (below and is_autograd) and not (key.startswith("Autocast") and key in passed):
            yield key


def _kind(
    func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], inputs: Sequence[TensorMeta]
) -> Hashable:
    """What two calls have in common that ask for the same operators."""
    types = tuple(map(id, map(type, args)))  # by id, since a type of the user's may have a hash of its own
    return (
        func,
        types if _TELLING.isdisjoint(types) else tuple([_sort(value) for value in args]),
        tuple([(name, _sort(value)) for name, value in kwargs.items()]) if kwargs else (),
        tuple([(m.dtype, m.device, m.layout, len(m.shape), m.requires_grad, m.is_contiguous) for m in inputs]),
        dispatcher.in_force(),
    )


def _sort(value: Any) -> Hashable:
    """The type of an argument; of some the value."""
    kind = type(value)
    if kind in _BY_VALUE:
        return value  # type: ignore[no-any-return]
    if kind is tuple:
        return tuple([_sort(item) for item in value])
    return id(kind)


_NUMBERS = frozenset({int, float, complex, torch.Size, torch.Generator, slice, type(...), type(None)}) | _BY_VALUE


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind in (tuple, list):
        return all(_is_plain(item) for item in value)
    return kind in _NUMBERS or is_tensor(value)
