"""Where a tensor's elements lie, if they lie one after the other in the CPU's memory: what `explorer.capture.kernel` can read.

Asked of torch's own tensors alone, as a subclass may only stand for others. To be asked under `quiet`.
"""

from __future__ import annotations

from functools import lru_cache

import torch

from explorer.capture.kernel import DTYPES

_NAMES = {getattr(torch, name): name for name in DTYPES}
OWN = frozenset({torch.Tensor, torch.nn.Parameter})
"""Types whose tensors have elements of their own: another may only stand for others."""
_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)


def address_of(tensor: torch.Tensor) -> int | None:
    """The address of the first of at least one; None where they have gaps, are of another dtype or device, or not in the memory that says so."""
    try:
        if (
            tensor.dtype not in _NAMES
            or type(tensor) not in OWN
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
