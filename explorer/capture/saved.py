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

from explorer.capture.metas import Storages, is_tensor, key_of, outgrows
from explorer.capture.private import unpack_hook
from explorer.capture.reader import Reader, Reading
from explorer.capture.segments import packing_by
from explorer.ir import Saved, TensorMeta

_PREFIX = "_saved_"
_TEXT_LENGTH = 80
_MOST = 64
_TENSOR: Any = torch.Tensor
_numel, _element_size = torch.Tensor.numel, torch.Tensor.element_size


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


class SavedDraft(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One thing that a node has put aside, as read before backward; `record` tells the rest when it is shown."""

    name: str
    tensor: TensorMeta | None = None
    nbytes: int = 0
    numbers: Reading | None = None
    plain: Saved | None = None
    """Its record where it is no tensor that could be read."""
    error: str | None = None
    segment: int | None = None
    """Key of the checkpointed segment that packed it."""

    def record(self, aliases: Mapping[int, str]) -> Saved:
        """The record of a tensor; `aliases` are the names of storages."""
        tensor, numbers = self.tensor, self.numbers
        assert tensor is not None
        return Saved(
            name=self.name,
            tensor=tensor,
            part=None if self.nbytes == tensor.storage_nbytes else self.nbytes,
            value=numbers.value if numbers else None,
            stats=numbers.stats if numbers else None,
            alias=aliases.get(tensor.storage_id) if tensor.storage_id >= 0 else None,
        )


def _plain(name: str, text: str | None = None, error: str | None = None, segment: int | None = None) -> SavedDraft:
    return SavedDraft(name, plain=Saved(name=name, text=text, error=error), error=error, segment=segment)


def read_saved(node: Any, storages: Storages, reader: Reader | None, packed: bool = True) -> tuple[SavedDraft, ...]:
    """What `node` has put aside, with its numbers by `reader` where there is one; what was `packed`, if anything may be, is not unpacked. Under `quiet`.

    The tensors are only held by the reader: let it settle before the code goes on.
    """
    found: list[SavedDraft] = []
    for attribute, name, raw in _attributes(type(node)):
        hook = unpack_hook(node, raw) if packed and raw is not None else None
        if hook is not None:
            packing = packing_by(hook)
            found.append(_plain(name, error=packing.reason, segment=packing.segment))
            continue
        try:
            value = getattr(node, attribute)
        except Exception as problem:  # in torch's words: freed, or changed in place
            found.append(_plain(name, error=str(problem).split("\n")[0][:300]))
            continue
        kind = type(value)
        if kind is _TENSOR:
            found.append(_one(name, value, storages, reader))
        elif value is None:
            continue
        elif kind in _SCALARS or (kind is tuple and _WHOLE.issuperset(map(type, value))):
            found.append(_scalar(name, value))
        elif (kind is tuple or kind is list) and any(map(is_tensor, value)):
            found.extend([_one(f"{name}[{at}]", item, storages, reader) for at, item in enumerate(value[:_MOST])])
        else:
            found.append(_one(name, value, storages, reader))
    return tuple(found)


def _one(name: str, value: Any, storages: Storages, reader: Reader | None) -> SavedDraft:
    if not is_tensor(value):
        return _plain(name, str(value)[:_TEXT_LENGTH] if type(value) in _PLAIN else type(value).__name__)
    meta = storages.read(value)
    freed = not meta.storage_nbytes and outgrows(meta)
    numbers = reader.read_quietly(value, key_of(meta), steady=True) if reader and not freed else None
    return SavedDraft(name, meta, _numel(value) * _element_size(value), numbers)


@lru_cache(maxsize=1024, typed=True)
def _scalar(name: str, value: int | str | tuple[int, ...]) -> SavedDraft:
    """One draft for the ``alpha=1`` of all nodes, and for a shape that many have."""
    return _plain(name, str(value)[:_TEXT_LENGTH])


_WHOLE = frozenset({int})
_SCALARS = frozenset({bool, int, str})
_PLAIN = (bool, int, float, complex, str, tuple, list, type(None), torch.dtype, torch.device, torch.layout)
