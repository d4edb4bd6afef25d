"""What of a run the storage strip is fed with.

The browser gets where each tensor lies (shape, stride, offset) and works out for itself which cell holds which element: that is exact for
any window of any storage, and a table of cells for every tensor would be larger than the tensors (`js/strided.mjs`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

from msgspec.structs import asdict

from explorer.dtypes import DTYPES
from explorer.ir import Nested, Run, Storage, Tensor
from explorer.words import Language, catalogue

MOST_STORAGES = 40
"""Storages drawn at once; a large model has hundreds, and the one that was asked for is always among them."""

SAVED = "saved"
"""`Tensor.origin` of what `live_tensors` adds."""

ELEMENT_BYTES = {dtype.name: dtype.itemsize for dtype in DTYPES}
"""``itemsize`` of each dtype, in bytes."""


def strips_data(
    run: Run,
    language: Language,
    *,
    storage: int | None = None,
    tensor: str | None = None,
    windows: Sequence[Mapping[str, Any]] = (),
    reads_on: bool = False,
    most: int = MOST_STORAGES,
) -> dict[str, Any]:
    """What `js/storage_view.mjs` draws.

    Args:
        run: whose tensors and storages.
        language: of its words.
        storage: id of the storage to begin with.
        tensor: name of the tensor to begin with; None takes the first view, which has most to show.
        windows: numbers of further cells that were read, each {storage, start, values}.
        reads_on: whether a person can ask for such.
        most: storages at most.
    """
    tensors = live_tensors(run)
    chosen = next((one for one in tensors if one.name == tensor), None) or opening(tensors, storage)
    drawn, more = strips(run.storages, tensors, chosen.storage_id if chosen else storage, most)
    ids = {-1, *(one["id"] for one in drawn)}
    return {
        "storages": drawn,
        "more": more,
        "tensors": [facts(one) for one in tensors if one.storage_id in ids],
        "tensor": chosen.name if chosen else None,
        "windows": list(windows),
        "readsOn": reads_on,
        "words": view_words("storage.", language),
    }


def live_tensors(run: Run) -> tuple[Tensor, ...]:
    """The named tensors of a run, then those that autograd saved and no name reads in the same way, under the names of their attributes."""
    found = {(one.storage_id, one.shape, one.stride, one.storage_offset): one for one in reversed(run.tensors)}
    saved: dict[str, Tensor] = {}
    for node in run.graph.nodes:
        for one in node.saved:
            meta = one.tensor
            if meta is None or (place := (meta.storage_id, meta.shape, meta.stride, meta.storage_offset)) in found:
                continue
            name = f"{node.name}._saved_{one.name}"
            name = f"{name} ({node.id})" if name in saved else name
            found[place] = saved[name] = Tensor(
                **asdict(meta), name=name, origin=SAVED, line=node.line, value=one.value, grad_fn=node.id
            )
    return (*run.tensors, *saved.values())


def strips(
    storages: Iterable[Storage], tensors: Sequence[Tensor], wanted: int | None = None, most: int = MOST_STORAGES
) -> tuple[list[dict[str, Any]], int]:
    """The storages to draw, by id, and how many are left out: the last to go are those that several tensors share, and `wanted`.

    Args:
        storages: those whose cells were read.
        tensors: those over them; one over a further storage brings that along, its cells unread.
        wanted: id of a storage that must be among them.
        most: how many are drawn.
    """
    sharers = Counter(tensor.storage_id for tensor in tensors)
    known = {one.id: one for one in storages}
    for one in tensors:
        if one.storage_id >= 0 and one.storage_id not in known:
            known[one.storage_id] = Storage(
                id=one.storage_id, nbytes=one.storage_nbytes, device=one.device, dtype=one.dtype
            )
    ordered = sorted(known.values(), key=lambda one: (one.id != wanted, sharers[one.id] < 2, one.id))
    drawn = sorted(ordered[:most], key=lambda one: one.id)
    return [_strip(one) for one in drawn], len(ordered) - len(drawn)


def _strip(storage: Storage) -> dict[str, Any]:
    width = ELEMENT_BYTES.get(storage.dtype, 1)
    return {
        "id": storage.id,
        "dtype": storage.dtype,
        "device": storage.device,
        "nbytes": storage.nbytes,
        "width": width,
        "count": storage.nbytes // width,
        "cells": storage.cells,
    }


def facts(tensor: Tensor) -> dict[str, Any]:
    """One tensor as the browser reads it: strides and offset in elements, `width` in bytes, values in row-major order."""
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "stride": list(tensor.stride),
        "offset": tensor.storage_offset,
        "storage": tensor.storage_id,
        "width": ELEMENT_BYTES.get(tensor.dtype, 1),
        "dtype": tensor.dtype,
        "device": tensor.device,
        "layout": tensor.layout,
        "strided": tensor.layout == "strided",
        "version": tensor.version,
        "leaf": tensor.is_leaf,
        "requiresGrad": tensor.requires_grad,
        "contiguous": tensor.is_contiguous,
        "view": tensor.is_view,
        "saved": tensor.origin == SAVED,
        "line": tensor.line,
        "node": tensor.grad_fn,
        "inside": lies_inside(tensor),
        "values": None if tensor.value is None else list(flat(tensor.value)),
    }


def lies_inside(tensor: Tensor) -> bool:
    """Whether every element lies in the storage: a storage resized after the tensor was made may have lost some.

    A tensor without elements, and one without strides, lies nowhere and so not outside.
    """
    if len(tensor.stride) != len(tensor.shape) or 0 in tensor.shape:
        return True
    last = tensor.storage_offset + sum(
        (size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride, strict=True)
    )
    return tensor.storage_offset >= 0 and (last + 1) * ELEMENT_BYTES.get(tensor.dtype, 1) <= tensor.storage_nbytes


def flat(value: Nested) -> Iterable[Any]:
    """The numbers of nested lists in row-major order."""
    if isinstance(value, list):
        for item in value:
            yield from flat(item)
    else:
        yield value


def opening(tensors: Iterable[Tensor], storage: int | None = None) -> Tensor | None:
    """The tensor to show before anything is chosen: the first view with elements, else the first tensor (over `storage`, if given)."""
    over = [one for one in tensors if storage in (None, one.storage_id)]
    views = [one for one in over if one.is_view and one.storage_id >= 0 and prod(one.shape) > 0]
    return next(iter([*views, *over]), None)


def view_words(prefix: str, language: Language) -> dict[str, str]:
    """All texts whose keys begin with `prefix`, by the rest of the key, for a view to fill in itself."""
    return {key.removeprefix(prefix): text[language] for key, text in catalogue().items() if key.startswith(prefix)}
