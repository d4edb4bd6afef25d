"""Where a tensor's elements lie: shape, stride, offset and the storage under them, by torch's own methods.

A storage is known by its ``StorageImpl``, and a weak reference keeps that address from being used again, so two tensors
have equal storage ids exactly when they share memory. Cannot see: storage of sparse layouts, of tensors inside torch.func.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache, partial
from operator import attrgetter
from typing import Any, TypeGuard

import msgspec
import torch
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from explorer.capture.numbers import Place, dtype_name
from explorer.capture.private import hold_address, quiet, release_address, storage_address
from explorer.ir import TensorMeta

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)
_Tensor = torch.Tensor
_untyped_storage: Callable[[torch.Tensor], Any] = torch._C.TensorBase.untyped_storage
_storage_offset: Callable[[torch.Tensor], int] = _Tensor.storage_offset  # type: ignore[assignment]  # no symbols here
_stride, _is_view, _is_contiguous = _Tensor.stride, _Tensor._is_view, _Tensor.is_contiguous
_storage_nbytes: Callable[[torch.UntypedStorage], int] = torch.UntypedStorage.nbytes
_FACTS = attrgetter("shape", "dtype", "device", "requires_grad", "is_leaf")
_VERSION, _LAYOUT, _IS_NESTED = attrgetter("_version"), attrgetter("layout"), attrgetter("is_nested")
_STRIDED = {torch.strided}


def is_tensor(value: object) -> TypeGuard[torch.Tensor]:
    """Whether a value is a tensor, asked of its type alone: ``isinstance`` would call a user's ``__class__``.

    A lazy module's parameter is none until it has a shape.
    """
    kind = type(value)
    return issubclass(kind, torch.Tensor) and kind is not UninitializedParameter and kind is not UninitializedBuffer


def place_of(meta: TensorMeta) -> tuple[object, ...]:
    """What two tensors have in common that are the same elements of the same memory, seen in the same shape."""
    return (meta.storage_id, meta.storage_offset, meta.shape, meta.stride)


def memory_of(tensors: Iterable[torch.Tensor]) -> set[int] | None:
    """The storages under some tensors, by address; None where one has none."""
    try:
        return set(map(storage_address, map(_untyped_storage, tensors)))
    except _UNREADABLE:
        return None


def outgrows(meta: TensorMeta) -> bool:
    """Whether not all of a tensor's elements lie in its storage any more: code may make that smaller, and reading them could end the process."""
    if meta.storage_id < 0 or 0 in meta.shape:
        return False
    last = meta.storage_offset + sum((size - 1) * stride for size, stride in zip(meta.shape, meta.stride, strict=True))
    return (last + 1) * int(getattr(torch, meta.dtype).itemsize) > meta.storage_nbytes


class Form(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What tensors have in common that differ only in where they lie and how often they were written."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: str
    device: str
    requires_grad: bool
    leaf: bool | None
    is_view: bool
    is_contiguous: bool
    kind: int
    """Equal for equal dtype, device, number of dimensions, ``requires_grad`` and contiguity."""

    def meta(self, number: int, nbytes: int, offset: int, version: int) -> TensorMeta:
        """Of a tensor of this form that lies at `offset` in storage `number`, which has `nbytes`."""
        return TensorMeta(
            shape=self.shape,
            stride=self.stride,
            storage_offset=offset,
            storage_id=number,
            storage_nbytes=nbytes,
            dtype=self.dtype,
            device=self.device,
            version=version,
            requires_grad=self.requires_grad,
            leaf=self.leaf,
            is_view=self.is_view,
            is_contiguous=self.is_contiguous,
        )


class Storages:
    """Small numbers for storages, in order of first sight."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        """Numbers by the address of the ``StorageImpl``, of which a weak reference is held."""
        self._forms: dict[tuple[object, ...], Form] = {}
        self._kinds: dict[tuple[object, ...], int] = {}

    def id_of(self, tensor: torch.Tensor) -> int:
        """The number of the storage under `tensor`; -1 where it has none."""
        return self._place(tensor)[0]

    def release(self) -> None:
        """Let the addresses go; the numbers given so far stay true, new ones start at 0."""
        for address in self._known:
            release_address(address)
        self._known.clear()

    def meta(self, tensor: torch.Tensor) -> TensorMeta:
        """Everything about where `tensor` lies, now."""
        with quiet():
            return self.read(tensor)

    def read(self, tensor: torch.Tensor) -> TensorMeta:
        """The same, to be called under `quiet`."""
        if not _is_strided(tensor):
            return self._without_strides(tensor)
        form = self._form(_key(tensor), tensor)
        try:
            storage = _untyped_storage(tensor)
            number, nbytes = self._number_of(storage), storage.nbytes()
        except _UNREADABLE:
            number, nbytes = -1, 0
        return form.meta(number, nbytes, _storage_offset(tensor), version_of(tensor))

    def read_all(self, tensors: list[torch.Tensor]) -> list[TensorMeta]:
        """As `read`, of several; fact by fact, which takes half the time."""
        try:
            storages, versions = list(map(_untyped_storage, tensors)), list(map(_VERSION, tensors))
        except _UNREADABLE:
            return list(map(self.read, tensors))
        if not _STRIDED.issuperset(map(_LAYOUT, tensors)) or True in map(_IS_NESTED, tensors):
            return list(map(self.read, tensors))
        keys = list(
            zip(map(_FACTS, tensors), map(_stride, tensors), map(_is_view, tensors), strict=True)
        )  # as `_key` makes them
        forms: list[Any] = list(map(self._forms.get, keys))
        if None in forms:
            forms = list(map(self._form, keys, tensors))
        numbers = map(self._number, map(storage_address, storages), storages)
        return list(
            map(Form.meta, forms, numbers, map(_storage_nbytes, storages), map(_storage_offset, tensors), versions)
        )

    def kind(self, tensor: torch.Tensor) -> int:
        """Equal for tensors of equal dtype, device, layout, number of dimensions, ``requires_grad`` and contiguity; to be asked under `quiet`."""
        if _is_strided(tensor):
            return self._form(_key(tensor), tensor).kind
        meta = self._without_strides(tensor)
        return self._kind(meta.dtype, meta.device, meta.layout, len(meta.shape), meta.requires_grad, False)

    def _form(self, key: tuple[object, ...], tensor: torch.Tensor) -> Form:
        return self._forms.get(key) or self._new_form(key, tensor)

    def key(self, tensor: torch.Tensor) -> Place | None:
        """Equal for the same elements of the same memory, unwritten since (but for writes by ``.data``, which torch does not count)."""
        try:
            number = self._number_of(_untyped_storage(tensor))
            return (
                number,
                tensor._version,
                _storage_offset(tensor),
                dtype_name(tensor.dtype),
                tensor.shape,
                _stride(tensor),
            )
        except _UNREADABLE:
            return None

    def _new_form(self, key: tuple[object, ...], tensor: torch.Tensor) -> Form:
        dtype, device, leaf = dtype_name(tensor.dtype), _device_name(tensor.device), tensor.is_leaf
        requires_grad, is_contiguous = tensor.requires_grad, _is_contiguous(tensor)
        form = self._forms[key] = Form(
            shape=tuple(tensor.shape),
            stride=_stride(tensor),
            dtype=dtype,
            device=device,
            requires_grad=requires_grad,
            leaf=leaf if leaf is requires_grad else None,
            is_view=_is_view(tensor),
            is_contiguous=is_contiguous,
            kind=self._kind(dtype, device, "strided", tensor.ndim, requires_grad, is_contiguous),
        )
        return form

    def _kind(self, *facts: object) -> int:
        return self._kinds.setdefault(facts, len(self._kinds))

    def _without_strides(self, tensor: torch.Tensor) -> TensorMeta:
        leaf, requires_grad = tensor.is_leaf, tensor.requires_grad
        return TensorMeta(
            shape=_sizes(tensor),
            stride=(),
            storage_offset=0,
            storage_id=-1,
            storage_nbytes=0,
            dtype=dtype_name(tensor.dtype),
            device=_device_name(tensor.device),
            version=version_of(tensor),
            requires_grad=requires_grad,
            leaf=leaf if leaf is requires_grad else None,
            is_view=_Tensor._is_view(tensor),
            is_contiguous=False,
            layout="nested" if tensor.layout is torch.strided else str(tensor.layout).removeprefix("torch."),
        )

    def _place(self, tensor: torch.Tensor) -> tuple[int, int]:
        """Number and bytes of the storage under `tensor`; (-1, 0) where it has none."""
        try:
            storage = _untyped_storage(tensor)
            return self._number_of(storage), storage.nbytes()
        except _UNREADABLE:
            return -1, 0

    def _number_of(self, storage: torch.UntypedStorage) -> int:
        return self._number(storage_address(storage), storage)

    def _number(self, address: int, storage: torch.UntypedStorage) -> int:
        number = self._known.get(address)
        if number is None:
            hold_address(storage)
            number = self._known[address] = len(self._known)
        return number


def _is_strided(tensor: torch.Tensor) -> bool:
    """Whether it has strides, as nested tensors have not whatever their layout says."""
    return tensor.layout is torch.strided and not tensor.is_nested


def _key(tensor: torch.Tensor) -> tuple[object, ...]:
    """What decides on its form."""
    return _FACTS(tensor), _stride(tensor), _is_view(tensor)


def key_of(meta: TensorMeta) -> Place | None:
    """As `Storages.key`, of a tensor that has been read already."""
    if meta.storage_id < 0:
        return None
    return meta.storage_id, meta.version, meta.storage_offset, meta.dtype, meta.shape, meta.stride


def _sizes(tensor: torch.Tensor) -> tuple[int, ...]:
    """As `TensorMeta.shape`: of a nested tensor -1 for what differs from part to part."""
    if not tensor.is_nested:
        return tuple(tensor.shape)
    return tuple(map(partial(_size, tensor), range(tensor.dim())))


def _size(nested: torch.Tensor, dim: int) -> int:
    try:
        size = nested.size(dim)
    except RuntimeError:  # irregular, in torch's words
        return -1
    return size if type(size) is int else -1


@cache
def _device_name(device: torch.device) -> str:
    return sys.intern(str(device))


def version_of(tensor: torch.Tensor) -> int:
    """How often a tensor has been written in place; to be asked under `quiet`."""
    try:
        return tensor._version
    except RuntimeError:  # an inference tensor keeps no count
        return 0
