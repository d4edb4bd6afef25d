"""The memory under named tensors: each storage once, with its first cells, those of one dtype and count read in one go.

Cannot see: the cells of a storage that is not there (meta, fake, freed), and the storage of sparse layouts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy
import torch

from explorer.capture.numbers import read_values
from explorer.capture.private import bytes_at
from explorer.ir import Storage, TensorMeta
from explorer.ir.codec import MAX_CELLS

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)
_DENSE = (torch.Tensor, torch.nn.Parameter)
"""Types whose tensors have elements of their own: a subclass may only stand for others."""
_ITEMS = {"float32": 4, "float64": 8, "int64": 8, "int32": 4}
"""Bytes of a cell, of the dtypes that numpy reads as torch does."""


def storages_of(tensors: Iterable[tuple[torch.Tensor, TensorMeta]]) -> tuple[Storage, ...]:
    """The memory under these tensors, read in the dtype of the first tensor over it. Under ``quiet`` and without gradients."""
    first: dict[int, tuple[torch.Tensor, TensorMeta]] = {}
    for tensor, meta in tensors:
        if meta.storage_id >= 0:
            first.setdefault(meta.storage_id, (tensor, meta))
    cells = _together(first)
    return tuple(
        Storage(
            id=identity,
            nbytes=meta.storage_nbytes,
            device=meta.device,
            dtype=meta.dtype,
            cells=cells[identity] if identity in cells else _cells(tensor.detach()),
        )
        for identity, (tensor, meta) in sorted(first.items())
    )


def _together(first: dict[int, tuple[torch.Tensor, TensorMeta]]) -> dict[int, list[Any]]:
    """The cells of most, by id; the others are to be read alone."""
    alike: defaultdict[tuple[str, int], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for identity, (tensor, meta) in first.items():
        item = _ITEMS.get(meta.dtype)
        if item and meta.device == "cpu" and type(tensor) in _DENSE and meta.storage_nbytes >= item:
            identities, addresses = alike[meta.dtype, item * min(MAX_CELLS, meta.storage_nbytes // item)]
            identities.append(identity)
            addresses.append(tensor.data_ptr() - item * meta.storage_offset)
    found = {}
    for (dtype, nbytes), (identities, addresses) in alike.items():
        rows = numpy.frombuffer(bytes_at(addresses, nbytes), dtype).reshape(len(identities), -1)
        written = zip(identities, rows.tolist(), numpy.isfinite(rows).all(1).tolist(), strict=True)
        found.update({identity: row for identity, row, finite in written if finite})
    return found


def _cells(tensor: torch.Tensor) -> list[Any] | None:
    try:
        storage = tensor.untyped_storage()
        count = min(MAX_CELLS, storage.nbytes() // tensor.element_size())
        cells = torch.empty(0, dtype=tensor.dtype, device=tensor.device).set_(storage, 0, (count,), (1,))
    except _UNREADABLE:
        return None
    return read_values(cells, MAX_CELLS)
