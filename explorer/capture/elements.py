"""Where a tensor's elements lie, if they lie one after the other in the CPU's memory: what `explorer.capture.kernel` can read.

Asked of torch's own tensors alone, as a subclass may only stand for others. To be asked under `quiet`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import add, attrgetter, mul
from typing import Any

import torch

from explorer.capture.kernel import DTYPES

_NAMES = {getattr(torch, name): name for name in DTYPES}
_OWN = frozenset({torch.Tensor, torch.nn.Parameter})
_numel, _element_size, _data_ptr = torch.Tensor.numel, torch.Tensor.element_size, torch.Tensor.data_ptr
_is_neg, _is_contiguous, _is_nested = torch.Tensor.is_neg, torch.Tensor.is_contiguous, attrgetter("is_nested")
_storage_offset: Callable[[torch.Tensor], int] = torch.Tensor.storage_offset  # type: ignore[assignment]  # no symbols here
_untyped_storage: Callable[[torch.Tensor], Any] = torch._C.TensorBase.untyped_storage
_nbytes: Callable[[torch.UntypedStorage], int] = torch.UntypedStorage.nbytes
_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)


def address_of(tensor: torch.Tensor) -> int | None:
    """The address of the first of at least one; None where they have gaps, are of another dtype or device, or not in the memory that says so."""
    try:
        if (
            tensor.dtype not in _NAMES
            or type(tensor) not in _OWN
            or not tensor.is_cpu
            or tensor.layout is not torch.strided
            or tensor.is_nested
            or tensor.is_neg()
        ):
            return None
        numel = tensor.numel()
        if not numel or not (tensor.is_contiguous() or is_run(tuple(tensor.shape), tensor.stride())):
            return None
        end = (tensor.storage_offset() + numel) * tensor.element_size()
        return tensor.data_ptr() or None if end <= tensor.untyped_storage().nbytes() else None
    except _UNREADABLE:  # of a transform of torch.func's, or without a storage
        return None


def addresses_of(tensors: list[torch.Tensor]) -> list[int | None]:
    """The same of several, of a dtype of `explorer.capture.kernel` and in the CPU's memory: fact by fact, which takes half the time."""
    try:
        if not _OWN.issuperset(map(type, tensors)) or True in map(_is_neg, tensors) or True in map(_is_nested, tensors):
            return list(map(address_of, tensors))
        ends = map(mul, map(add, map(_storage_offset, tensors), map(_numel, tensors)), map(_element_size, tensors))
        nbytes, contiguous = map(_nbytes, map(_untyped_storage, tensors)), map(_is_contiguous, tensors)
        addresses = list(map(_data_ptr, tensors))
    except _UNREADABLE:
        return list(map(address_of, tensors))
    return [
        address if address and end <= room and (plain or is_run(tuple(tensor.shape), tensor.stride())) else None
        for tensor, address, end, room, plain in zip(tensors, addresses, ends, nbytes, contiguous, strict=True)
    ]


def is_run(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether elements of this shape lie one after the other, in whatever order."""
    found = runs(shape, strides)
    return not found or (len(found) == 1 and found[0][0] == 1)


@lru_cache(maxsize=1024)
def runs(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Stride and size of each run of memory, the dimensions that merge as one."""
    found: list[tuple[int, int]] = []
    for stride, size in sorted((stride, size) for size, stride in zip(shape, strides, strict=True) if size > 1):
        if found and found[-1][0] * found[-1][1] == stride:
            found[-1] = (found[-1][0], found[-1][1] * size)
        else:
            found.append((stride, size))
    return tuple(found)
