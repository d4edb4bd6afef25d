"""Saved tensors: the ``_saved_*`` attributes of a grad_fn, and ``saved_tensors`` of an ``autograd.Function``.

To be read before backward, which frees them. Cannot see: what a function keeps as an attribute of ``ctx``, and what is
packed (`explorer.capture.segments`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
import torch

from explorer.capture.metas import Storages, is_tensor, key_of
from explorer.capture.numbers import Reader, Reading
from explorer.capture.segments import packing_of
from explorer.ir import Saved, TensorMeta

_PREFIX = "_saved_"
_TEXT_LENGTH = 80
_MOST = 64


_attribute_names: dict[type, tuple[tuple[str, str, str | None], ...]] = {}


def _attributes(kind: type) -> tuple[tuple[str, str, str | None], ...]:
    """Each with its name in records and its ``_raw_saved_`` form, which plain values lack. Read once for each class: ``dir`` for each node would cost most."""
    known = _attribute_names.get(kind)
    if known is None:
        every = dir(kind)
        names = [name for name in every if name.startswith(_PREFIX)] or ["saved_tensors"]
        raws = {name: f"_raw_{name.removeprefix('_')}" for name in names if name in every}
        known = _attribute_names[kind] = tuple(
            (name, name.removeprefix(_PREFIX), raw if raw in every else None) for name, raw in raws.items()
        )
    return known


class SavedDraft(msgspec.Struct, frozen=True):
    """One thing that a node has put aside, as read before backward; `record` tells the rest when it is shown."""

    name: str
    tensor: TensorMeta | None = None
    nbytes: int = 0
    numbers: Reading | None = None
    text: str | None = None
    error: str | None = None
    segment: int | None = None
    """Key of the checkpointed segment that packed it."""

    def record(self, aliases: Mapping[int, str]) -> Saved:
        """As a record; `aliases` are the names of storages."""
        if self.tensor is None:
            return Saved(name=self.name, text=self.text, error=self.error)
        return Saved(
            name=self.name,
            tensor=self.tensor,
            nbytes=self.nbytes,
            value=self.numbers.value if self.numbers else None,
            stats=self.numbers.stats if self.numbers else None,
            alias=aliases.get(self.tensor.storage_id) if self.tensor.storage_id >= 0 else None,
        )


def read_saved(node: Any, storages: Storages, reader: Reader | None) -> tuple[SavedDraft, ...]:
    """What `node` has put aside, with its numbers by `reader` where there is one; what was packed is not unpacked. Under `quiet`."""
    found: list[SavedDraft] = []
    for attribute, name, raw in _attributes(type(node)):
        packing = packing_of(node, raw) if raw else None
        if packing is not None:
            found.append(SavedDraft(name=name, error=packing.reason, segment=packing.segment))
            continue
        try:
            value = getattr(node, attribute)
        except Exception as problem:  # in torch's words: freed, or changed in place
            found.append(SavedDraft(name=name, error=str(problem).split("\n")[0][:300]))
            continue
        if value is None:
            continue
        kind = type(value)
        if kind in _SCALARS:
            found.append(_scalar(name, value))
        elif (kind is tuple or kind is list) and any(map(is_tensor, value)):
            found.extend(_one(f"{name}[{at}]", item, storages, reader) for at, item in enumerate(value[:_MOST]))
        else:
            found.append(_one(name, value, storages, reader))
    return tuple(found)


def _one(name: str, value: Any, storages: Storages, reader: Reader | None) -> SavedDraft:
    if not is_tensor(value):
        return SavedDraft(name=name, text=str(value)[:_TEXT_LENGTH] if type(value) in _PLAIN else type(value).__name__)
    meta = storages.read(value)
    nbytes = torch.Tensor.numel(value) * torch.Tensor.element_size(value)
    return SavedDraft(name, meta, nbytes, reader.read_quietly(value, key_of(meta)) if reader else None)


@lru_cache(typed=True)
def _scalar(name: str, value: int | str) -> SavedDraft:
    """One draft for the ``alpha=1`` of all nodes."""
    return SavedDraft(name, text=str(value)[:_TEXT_LENGTH])


_SCALARS = frozenset({bool, int, str})
_PLAIN = (bool, int, float, complex, str, tuple, list, type(None), torch.dtype, torch.device, torch.layout)
