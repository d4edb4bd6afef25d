"""Which memory a tensor lies in, and how much of it a module holds for backward."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.ir import Node, TensorMeta


def stretch(tensor: TensorMeta) -> tuple[object, ...]:
    """Equal for two tensors that see the same elements of one storage in the same way."""
    return tensor.storage_id, tensor.storage_offset, tensor.shape, tensor.stride


def saved_bytes(nodes: Iterable[Node]) -> int:
    """Bytes of the tensors that `nodes` saved for backward, each stretch of memory counted once."""
    return sum({stretch(saved.tensor): saved.nbytes for node in nodes for saved in node.saved if saved.tensor}.values())
