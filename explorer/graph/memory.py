"""Which memory a tensor lies in, and how much of it nodes keep for backward."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.ir import Node, TensorMeta


def stretch(tensor: TensorMeta) -> tuple[object, ...]:
    """Equal for two tensors that see the same elements of one storage in the same way."""
    return tensor.storage_id, tensor.storage_offset, tensor.shape, tensor.stride


def saved_bytes(nodes: Iterable[Node]) -> int:
    """Bytes of the storages under all tensors that `nodes` saved, as `Weight.saved` counts them.

    A storage counts whole, since a view of a part of it keeps all of it alive, and once. A tensor without a storage
    (sparse) does not count.
    """
    tensors = (saved.tensor for node in nodes for saved in node.saved if saved.tensor)
    return sum({tensor.storage_id: tensor.storage_nbytes for tensor in tensors if tensor.storage_id >= 0}.values())
