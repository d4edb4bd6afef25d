"""Torch's functions as the mode is told of them: what they are called, and which of them make no tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodWrapperType, WrapperDescriptorType
from typing import Any

import msgspec
import torch

from explorer.capture import dispatcher

_Tensor: Any = torch.Tensor

_BINDINGS = (BuiltinFunctionType, MethodDescriptorType)
_BUILT_IN = (*_BINDINGS, MethodWrapperType, WrapperDescriptorType)

SILENT = frozenset({"__set__", "manual_seed", "set_default_device"})
"""Names of functions that are no call of the log where they are given no tensor."""

_PROPERTIES = (
    "_backward_hooks",
    "_version",
    "device",
    "dtype",
    "grad_fn",
    "is_cpu",
    "is_cuda",
    "is_leaf",
    "is_meta",
    "is_mkldnn",
    "is_nested",
    "is_quantized",
    "is_sparse",
    "itemsize",
    "layout",
    "name",
    "nbytes",
    "ndim",
    "output_nr",
    "requires_grad",
    "retains_grad",
    "shape",
)
_METHODS = (
    "__bool__",
    "__contains__",
    "__float__",
    "__format__",
    "__index__",
    "__int__",
    "__len__",
    "__repr__",
    "data_ptr",
    "dim",
    "element_size",
    "equal",
    "get_device",
    "is_complex",
    "is_contiguous",
    "is_floating_point",
    "is_inference",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "item",
    "ndimension",
    "nelement",
    "numel",
    "size",
    "storage_offset",
    "stride",
    "tolist",
)
_FUNCTIONS = ("equal", "is_complex", "is_floating_point", "is_nonzero", "is_same_size", "is_signed", "numel")


def _readers() -> Iterator[Any]:
    yield from (getattr(_Tensor, name).__get__ for name in _PROPERTIES)
    yield from (getattr(_Tensor, name) for name in _METHODS)
    yield from (getattr(torch, name) for name in _FUNCTIONS)


READERS: frozenset[Any] = frozenset(_readers())
"""They only read: a shape, a number, a flag. Any other function that gives no tensor is known by that, after the call."""


_IN_PLACE = ("add", "sub", "mul", "div", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift")
_FIRST, _ALL_BUT_FIRST = slice(0, 1), slice(1, None)
_INTO: dict[str, slice] = {"__setitem__": _FIRST, "batch_norm": _ALL_BUT_FIRST, "instance_norm": _ALL_BUT_FIRST} | {
    f"__i{operation}__": _FIRST for operation in _IN_PLACE
}
"""Functions that write numbers and are not called as torch's others that do; which of their tensors they may write into."""
_SHARING = frozenset(
    {"numpy", "from_numpy", "as_tensor", "asarray", "frombuffer", "from_dlpack", "to_dlpack", "from_file"}
    | {"__array__", "__dlpack__", "storage", "untyped_storage", "_typed_storage"}
)
"""After them memory is in other hands too."""


class Function(msgspec.Struct, frozen=True):
    """What a function is called, as in ``mul``, or ``T`` for what reads ``x.T``."""

    name: str
    writes: bool = False
    """Whether it may change numbers, where a tensor lies, or whether it requires a gradient: torch's in-place functions end in ``_``."""
    shares: bool = False
    """Whether memory is then in other hands too, which can write into it and resize it untold."""
    reads: bool = False
    """Whether torch's schemas say that it writes into nothing, but for ``out``: of a function in Python none tells."""
    into: slice | None = None
    """Into which of its tensors it writes, in the order of its arguments, where it changes nothing but their numbers."""

    def given(self, kwargs: Mapping[str, Any]) -> Function:
        """What is known of a call with these arguments: it may be asked to write where else it only reads."""
        if kwargs.get("out") is not None or kwargs.get("max_norm") is not None:
            return msgspec.structs.replace(self, writes=True, reads=False, into=None)
        if kwargs.get("inplace", False) is not False and not self.writes:
            return msgspec.structs.replace(self, writes=True, reads=False, into=_FIRST)
        return self


class Functions(dict[Any, Function]):
    """What is known of functions, asked once for each."""

    def __missing__(self, function: Callable[..., Any]) -> Function:
        name, own = name_of(function), _is_torchs(function)
        writes = not own or name == "__set__" or name in _INTO or (name[-1] == "_" != name[-2:-1])
        found = self[function] = Function(
            name,
            writes,
            shares=name in _SHARING,
            reads=not writes and _only_reads(function),
            into=_into(function, name) if own and writes else None,
        )
        return found


def _is_torchs(function: Callable[..., Any]) -> bool:
    """Whether it is torch's own, rather than somebody's who may do anything in it."""
    kind = type(function)
    if kind is FunctionType:
        return function.__module__.partition(".")[0] == "torch"
    return kind in _BUILT_IN


def _only_reads(function: Callable[..., Any]) -> bool:
    """Of a function that torch generated as the binding of an operator: whether none of its overloads writes."""
    return type(function) in _BINDINGS and _declares_no_write(function.__name__)


@cache
def _declares_no_write(name: str) -> bool:
    schemas = dispatcher.overloads(f"aten::{name}")
    arguments = [one for schema in schemas for one in schema.arguments if one.alias_info is not None]
    return bool(schemas) and all(one.is_out for one in arguments if one.alias_info.is_write)


def _into(function: Callable[..., Any], name: str) -> slice | None:
    """As `Function.into`, of one of torch's that writes."""
    if name in _INTO:
        return _INTO[name]
    return _FIRST if type(function) in _BINDINGS and _writes_first(name) else None


@cache
def _writes_first(name: str) -> bool:
    """Of an operator: whether it writes into its first tensor alone, and leaves that where and what it is."""
    packet = getattr(torch.ops.aten, name, None)
    overloads = [getattr(packet, each) for each in packet.overloads()] if packet else []
    of_tensors = [one for one in overloads if str(one._schema.arguments[0].type) == "Tensor"]
    return bool(of_tensors) and all(map(_only_first_is_written, of_tensors))


def _only_first_is_written(overload: Any) -> bool:
    others = [one.alias_info for one in overload._schema.arguments[1:] if one.alias_info is not None]
    moves: bool = torch.Tag.inplace_view in overload.tags
    return not moves and not any(one.is_write for one in others)


def name_of(function: Callable[..., Any]) -> str:
    """What a function of torch is called; of a property (``x.T``) the property."""
    name = getattr(function, "__name__", "")
    if name == "__get__":
        name = getattr(getattr(function, "__self__", None), "__name__", name)
    return name or type(function).__name__
