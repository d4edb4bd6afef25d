"""Where a tensor's elements lie: shape, stride, offset and the storage under them, by torch's own methods.

A storage is known by its ``StorageImpl``, and a weak reference keeps that address from being used again, so two tensors
have equal storage ids exactly when they share memory. Cannot see: storage of sparse layouts, of tensors inside torch.func.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, TypeGuard

import torch
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from explorer.capture.facts import Facts, Form, Forms, has_strides, version_of
from explorer.capture.numbers import Place, device_name, dtype_name
from explorer.capture.private import (
    hold_address,
    quiet,
    release_address,
    storage_address,
    storage_offset,
    untyped_storage,
)
from explorer.ir import TensorMeta

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)
_Tensor = torch.Tensor
_stride = _Tensor.stride


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
        return set(map(storage_address, map(untyped_storage, tensors)))
    except _UNREADABLE:
        return None


def outgrows(meta: TensorMeta) -> bool:
    """Whether not all of a tensor's elements lie in its storage any more: code may make that smaller, and reading them could end the process."""
    if meta.storage_id < 0 or 0 in meta.shape:
        return False
    last = meta.storage_offset + sum((size - 1) * stride for size, stride in zip(meta.shape, meta.stride, strict=True))
    return (last + 1) * int(getattr(torch, meta.dtype).itemsize) > meta.storage_nbytes


class Storages:
    """Small numbers for storages, in order of first sight."""

    def __init__(self) -> None:
        self.forms = Forms()
        self._known: dict[int, int] = {}
        """Numbers by the address of the ``StorageImpl``, of which a weak reference is held."""

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
        if not has_strides(tensor):
            return self._without_strides(tensor)
        form = self.forms.of(tensor)
        try:
            storage = untyped_storage(tensor)
            number, nbytes = self._number_of(storage), storage.nbytes()
        except _UNREADABLE:
            number, nbytes = -1, 0
        return form.meta(number, nbytes, storage_offset(tensor), version_of(tensor))

    def read_all(self, tensors: Sequence[torch.Tensor], facts: Facts | None = None) -> list[TensorMeta]:
        """As `read`, of several; `facts` where the caller has asked for them."""
        facts = facts or self.forms.facts(tensors)
        try:
            if facts is not None:
                return self._metas(facts)
        except _UNREADABLE:  # one without a storage
            pass
        return list(map(self.read, tensors))

    def _metas(self, facts: Facts) -> list[TensorMeta]:
        storages = list(map(untyped_storage, facts.tensors))
        addresses = list(map(storage_address, storages))
        numbers: list[Any] = list(map(self._known.get, addresses))
        if None in numbers:
            numbers = list(map(self._number, addresses, storages))
        return list(map(Form.meta, facts.forms, numbers, facts.nbytes, facts.offsets, facts.versions))

    def kind(self, tensor: torch.Tensor) -> int:
        """Equal for tensors of equal dtype, device, layout, number of dimensions, ``requires_grad`` and contiguity; to be asked under `quiet`."""
        if has_strides(tensor):
            return self.forms.of(tensor).kind
        meta = self._without_strides(tensor)
        return self.forms.kind(meta.dtype, meta.device, meta.layout, len(meta.shape), meta.requires_grad, False)

    def key(self, tensor: torch.Tensor) -> Place | None:
        """Equal for the same elements of the same memory, unwritten since (but for writes by ``.data``, which torch does not count)."""
        try:
            number = self._number_of(untyped_storage(tensor))
            return (
                number,
                tensor._version,
                storage_offset(tensor),
                dtype_name(tensor.dtype),
                tensor.shape,
                _stride(tensor),
            )
        except _UNREADABLE:
            return None

    def _without_strides(self, tensor: torch.Tensor) -> TensorMeta:
        leaf, requires_grad = tensor.is_leaf, tensor.requires_grad
        return TensorMeta(
            shape=_sizes(tensor),
            stride=(),
            storage_offset=0,
            storage_id=-1,
            storage_nbytes=0,
            dtype=dtype_name(tensor.dtype),
            device=device_name(tensor.device),
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
            storage = untyped_storage(tensor)
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
