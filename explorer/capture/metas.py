"""Where a tensor's elements lie: shape, stride, offset and the storage under them, by torch's own methods.

A storage is known by its ``StorageImpl``, and a weak reference keeps that address from being used again, so two tensors
have equal storage ids exactly when they share memory. Cannot see: storage of sparse layouts, of tensors inside torch.func.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any, TypeGuard
from weakref import ref

import msgspec
import torch
from msgspec.structs import asdict
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from explorer.capture.numbers import Place, dtype_name, read_values
from explorer.capture.private import hold_address, quiet, release_address, storage_address
from explorer.ir import Storage, TensorMeta
from explorer.ir.codec import MAX_CELLS

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)
_Tensor = torch.Tensor
_STRIDED = torch.strided
_untyped_storage: Callable[[torch.Tensor], Any] = torch._C.TensorBase.untyped_storage
_storage_offset: Callable[[torch.Tensor], int] = _Tensor.storage_offset  # type: ignore[assignment]  # no symbols here
_stride, _is_view, _is_contiguous = _Tensor.stride, _Tensor._is_view, _Tensor.is_contiguous
_is_inference = _Tensor.is_inference


def is_tensor(value: object) -> TypeGuard[torch.Tensor]:
    """Whether a value is a tensor, asked of its type alone: ``isinstance`` would call a user's ``__class__``.

    A lazy module's parameter is none until it has a shape.
    """
    kind = type(value)
    return issubclass(kind, torch.Tensor) and kind is not UninitializedParameter and kind is not UninitializedBuffer


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A tensor that was read: its record, what calls of torch that take it have in common, and what tells whether both still hold."""

    meta: TensorMeta
    kind: tuple[object, ...]
    holder: Any = None
    """The tensor where it is a parameter, else a weak reference to it: torch refuses to swap parameters that have one."""
    address: int = 0
    """Of its ``StorageImpl``."""


_MOST_SEEN = 16_384
"""Tensors that are remembered while code runs."""


class Storages:
    """Small numbers for storages, in order of first sight."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int]] = {}
        self._seen: dict[int, Seen] = {}
        self._address = 0
        """Of the storage that was numbered last."""

    def id_of(self, tensor: torch.Tensor) -> int:
        """The number of the storage under `tensor`; -1 where it has none."""
        return self._place(tensor)[0]

    def release(self) -> None:
        """Let the addresses go; the numbers given so far stay true, new ones start at 0."""
        for _, reference in self._known.values():
            release_address(reference)
        self._known.clear()
        self._seen.clear()

    def meta(self, tensor: torch.Tensor) -> TensorMeta:
        """Everything about where `tensor` lies, now."""
        with quiet():
            return self.read(tensor)

    def read(self, tensor: torch.Tensor) -> TensorMeta:
        """The same, to be called under `quiet`."""
        if tensor.layout is not _STRIDED or tensor.is_nested:
            return self._without_strides(tensor)
        try:
            storage = _untyped_storage(tensor)
            number, nbytes = self._number(storage), storage.nbytes()
        except _UNREADABLE:
            number, nbytes = -1, 0
        try:
            version = tensor._version
        except RuntimeError:  # an inference tensor keeps no count
            version = 0
        return TensorMeta(
            shape=tuple(tensor.shape),
            stride=_stride(tensor),
            storage_offset=_storage_offset(tensor),
            storage_id=number,
            storage_nbytes=nbytes,
            dtype=dtype_name(tensor.dtype),
            device=_device_name(tensor.device),
            version=version,
            requires_grad=tensor.requires_grad,
            leaf=_leaf(tensor),
            is_view=_is_view(tensor),
            is_contiguous=_is_contiguous(tensor),
        )

    def look(self, tensor: torch.Tensor) -> Seen:
        """The same with its kind, from memory where the tensor was looked at before: most of what a call takes, another gave or took.

        A tensor is the same while it is that object, over that storage, unwritten. Who changes more of it says so by `forget`.
        """
        seen = self._remembered(tensor)
        return self._look(tensor) if seen is None else seen

    def _remembered(self, tensor: torch.Tensor) -> Seen | None:
        seen = self._seen.get(id(tensor))
        if seen is not None:
            holder, meta = seen.holder, seen.meta
            if (holder is tensor or (type(holder) is ref and holder() is tensor)) and tensor._version == meta.version:
                storage = _untyped_storage(tensor)
                if storage_address(storage) == seen.address and storage.nbytes() == meta.storage_nbytes:
                    return seen
        return None

    def known(self, tensor: torch.Tensor) -> TensorMeta:
        """As `read`, from memory where `look` has seen the tensor."""
        seen = self._remembered(tensor)
        return self.read(tensor) if seen is None else seen.meta

    def forget(self) -> None:
        """To be told where shape, strides, storage or ``requires_grad`` of any tensor may have changed though its version has not."""
        self._seen.clear()

    def _look(self, tensor: torch.Tensor) -> Seen:
        meta = self.read(tensor)
        kind = (meta.dtype, meta.device, meta.layout, len(meta.shape), meta.requires_grad, meta.is_contiguous)
        if meta.storage_id < 0 or _is_inference(tensor):
            return Seen(meta, kind)
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        holder = tensor if type(tensor) is torch.nn.Parameter else ref(tensor)
        seen = self._seen[id(tensor)] = Seen(meta, kind, holder, self._address)
        return seen

    def fields(self, tensor: torch.Tensor) -> dict[str, Any]:
        """The fields of `read`, for a record that holds them too."""
        meta = self.read(tensor)
        return asdict(meta) | {"leaf": meta.is_leaf}

    def key(self, tensor: torch.Tensor) -> Place | None:
        """Equal for the same elements of the same memory, unwritten since (but for writes by ``.data``, which torch does not count)."""
        try:
            storage = self._number(_untyped_storage(tensor))
            return (
                storage,
                tensor._version,
                _storage_offset(tensor),
                dtype_name(tensor.dtype),
                tensor.shape,
                _stride(tensor),
            )
        except _UNREADABLE:
            return None

    def _without_strides(self, tensor: torch.Tensor) -> TensorMeta:
        return TensorMeta(
            shape=_sizes(tensor),
            stride=(),
            storage_offset=0,
            storage_id=-1,
            storage_nbytes=0,
            dtype=dtype_name(tensor.dtype),
            device=_device_name(tensor.device),
            version=version_of(tensor),
            requires_grad=tensor.requires_grad,
            leaf=_leaf(tensor),
            is_view=_Tensor._is_view(tensor),
            is_contiguous=False,
            layout="nested" if tensor.layout is torch.strided else str(tensor.layout).removeprefix("torch."),
        )

    def _place(self, tensor: torch.Tensor) -> tuple[int, int]:
        """Number and bytes of the storage under `tensor`; (-1, 0) where it has none."""
        try:
            storage = _untyped_storage(tensor)
            return self._number(storage), storage.nbytes()
        except _UNREADABLE:
            return -1, 0

    def _number(self, storage: torch.UntypedStorage) -> int:
        address = self._address = storage_address(storage)
        known = self._known.get(address)
        if known is None:
            known = self._known[address] = (len(self._known), hold_address(storage))
        return known[0]

    def storage(self, tensor: torch.Tensor) -> Storage | None:
        """The storage under a tensor with its first cells, read in the tensor's dtype."""
        with quiet(), torch.no_grad():
            identity = self.id_of(tensor) if tensor.layout == torch.strided else -1
            if identity < 0:
                return None
            return Storage(
                id=identity,
                nbytes=_Tensor.untyped_storage(tensor).nbytes(),
                device=str(tensor.device),
                dtype=dtype_name(tensor.dtype),
                cells=_cells(tensor.detach()),
            )


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


def _leaf(tensor: torch.Tensor) -> bool | None:
    """As `TensorMeta.leaf`."""
    leaf = tensor.is_leaf
    return leaf if leaf is tensor.requires_grad else None


@cache
def _device_name(device: torch.device) -> str:
    return sys.intern(str(device))


def version_of(tensor: torch.Tensor) -> int:
    """How often a tensor has been written in place; to be asked under `quiet`."""
    try:
        return tensor._version
    except RuntimeError:  # an inference tensor keeps no count
        return 0


def _cells(tensor: torch.Tensor) -> list[Any] | None:
    try:
        storage = _Tensor.untyped_storage(tensor)
        count = min(MAX_CELLS, storage.nbytes() // tensor.element_size())
        cells = torch.empty(0, dtype=tensor.dtype, device=tensor.device).set_(storage, 0, (count,), (1,))
    except _UNREADABLE:
        return None
    return read_values(cells, MAX_CELLS)
