"""Every call of torch that has no public name, in one place. Seen in torch 2.13.

None of them changes anything; where a later torch drops one, this file alone is to be mended.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import torch

_LEAF_SEQUENCE = 2**64 - 1
"""What torch gives as the sequence number of an AccumulateGrad."""


def next_sequence_nr() -> int:
    """The sequence number that the next node made on this thread will have: two readings make a half-open span."""
    return int(torch._C._autograd._get_sequence_nr())


def sequence_nr(node: Any) -> int | None:
    """When a node was made, counted on its thread; None for an AccumulateGrad."""
    number = int(node._sequence_nr())
    return None if number == _LEAF_SEQUENCE else number


def quiet() -> AbstractContextManager[object]:
    """While it lasts no ``__torch_function__`` is called, neither a mode's nor a subclass's: reading is not recorded."""
    return torch._C.DisableTorchFunction()


def incoming_shapes(node: Any) -> tuple[tuple[tuple[int, ...], torch.dtype, torch.device], ...]:
    """Shape, dtype and device of each gradient that a node takes, one per output of the forward call."""
    return tuple((tuple(m.shape), m.dtype, m.device) for m in node._input_metadata)


def storage_address(tensor: torch.Tensor) -> tuple[int, torch.UntypedStorage]:
    """The address of the ``StorageImpl`` under a tensor, and its storage."""
    storage = torch.Tensor.untyped_storage(tensor)
    return int(storage._cdata), storage


def hold_address(storage: Any) -> int:
    """Take a weak reference: the memory may be freed, but no other ``StorageImpl`` can then get this address."""
    return int(storage._weak_ref())


def release_address(reference: int) -> None:
    """Give a weak reference back."""
    free: Any = torch.UntypedStorage._free_weak_ref
    free(reference)


def saved_tensors_are_packed() -> bool:
    """Whether ``saved_tensors_hooks`` are in force, so that reading a saved tensor would call the user's ``unpack``."""
    return torch._C._autograd._top_saved_tensors_default_hooks(True) is not None
