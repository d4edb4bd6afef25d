"""Saved tensors: the ``_saved_*`` attributes of a grad_fn, and ``saved_tensors`` of an ``autograd.Function``.

To be read before backward, which frees them. Cannot see: what a function keeps as an attribute of ``ctx``, and what is
packed (`explorer.capture.segments`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import chain, repeat
from operator import attrgetter, mul
from typing import Any

import msgspec
import torch

from explorer.capture.metas import Storages, is_tensor, key_of, outgrows
from explorer.capture.private import unpack_hook
from explorer.capture.reader import Reader
from explorer.capture.reading import Reading
from explorer.capture.segments import packing_by
from explorer.ir import Saved, TensorMeta

_PREFIX = "_saved_"
_TEXT_LENGTH = 80
_ERROR_LENGTH = 300
_BETWEEN_SENTENCES = re.compile(r"(?<=\.)\s|\n")
_MOST = 64
_TOGETHER = 512
"""Nodes."""
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


_WORKSPACES = frozenset({("MkldnnRnnLayerBackward0", "result3"), ("CudnnRnnBackward0", "result3")})
"""Saved tensors that are room for a kernel, of which it fills some: the rest is what was in that memory before."""


class SavedDraft(msgspec.Struct, eq=False, gc=False):
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
    unread: torch.Tensor | None = None
    """The tensor itself, as long as nothing of it is known."""
    is_workspace: bool = False
    """Whether its numbers mean nothing."""

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


def read_saved(
    nodes: Sequence[Any], storages: Storages, reader: Reader | None, packed: bool = True
) -> list[tuple[SavedDraft, ...]]:
    """What each of `nodes` has put aside, with its numbers by `reader` where there is one. Under `quiet`.

    What was `packed`, if anything may be, is not unpacked. Values of one attribute are looked at together, and all tensors of some nodes are read
    one after the other, while they are in the processor's cache.
    """
    found: list[tuple[SavedDraft, ...]] = []
    for first in range(0, len(nodes), _TOGETHER):
        drafts = _drafts(nodes[first : first + _TOGETHER], packed)
        _read([draft for saved in drafts for draft in saved if draft.unread is not None], storages, reader)
        found += drafts
    return found


def _drafts(nodes: Sequence[Any], packed: bool) -> list[tuple[SavedDraft, ...]]:
    """By node, what it has put aside; of tensors nothing is known yet."""
    found: list[tuple[SavedDraft, ...]] = [()] * len(nodes)
    by_kind: defaultdict[type, list[int]] = defaultdict(list)
    for at, kind in enumerate(map(type, nodes)):
        by_kind[kind].append(at)
    for kind, places in by_kind.items():
        attributes, alike = _attributes(kind), [nodes[at] for at in places]
        columns = [_values(alike, attribute, raw if packed else None) for attribute, _, raw in attributes]
        for some, values in _of_one_type(places, columns):
            cells = [
                _column(name, column, (kind.__name__, name) in _WORKSPACES)
                for (_, name, _), column in zip(attributes, values, strict=True)
            ]
            for at, row in zip(some, _rows([column for column in cells if column]), strict=False):
                found[at] = row
    return found


def _of_one_type(places: list[int], columns: list[list[Any]]) -> Iterator[tuple[list[int], list[list[Any]]]]:
    """Rows of a table, so that each column of those that come together holds values of one type; `places` are told with their rows."""
    mixed = [column for column in columns if len(set(map(type, column))) > 1]
    if not mixed:
        yield places, columns
        return
    groups: defaultdict[tuple[type, ...], list[int]] = defaultdict(list)
    for at, types in enumerate(zip(*(map(type, column) for column in mixed), strict=True)):
        groups[types].append(at)
    for some in groups.values():
        yield [places[at] for at in some], [[column[at] for at in some] for column in columns]


def _values(nodes: Sequence[Any], attribute: str, raw: str | None) -> list[Any]:
    """What the nodes have under this attribute; of what cannot be read a draft that says why. What is packed is to be found under `raw`, if anything is."""
    with suppress(Exception):  # one of them cannot be read: each is asked alone
        if raw is None:
            return list(map(attrgetter(attribute), nodes))
    return [_value(node, attribute, raw) for node in nodes]


def _value(node: Any, attribute: str, raw: str | None) -> Any:
    name = attribute.removeprefix(_PREFIX)
    hook = None if raw is None else unpack_hook(node, raw)
    if hook is not None:
        packing = packing_by(hook)
        return _plain(name, error=packing.reason, segment=packing.segment)
    try:
        return getattr(node, attribute)
    except Exception as problem:  # in torch's words, of which the first sentence says it: freed, or changed in place
        return _plain(name, error=_BETWEEN_SENTENCES.split(str(problem), maxsplit=1)[0][:_ERROR_LENGTH])


def _column(name: str, values: list[Any], is_workspace: bool) -> list[Any]:
    """By value of one attribute, all of one type, its draft, or a tuple of drafts; nothing at all where there is none."""
    kind = type(values[0])
    if kind is type(None):
        return []
    if kind is SavedDraft:
        return values
    if kind is _TENSOR:
        return [SavedDraft(name, unread=value, is_workspace=is_workspace) for value in values]
    if kind in _SCALARS or (kind is tuple and _WHOLE.issuperset(map(type, chain.from_iterable(values)))):
        equal = values.count(values[0]) == len(values)
        return [_scalar(name, values[0])] * len(values) if equal else list(map(_scalar, repeat(name), values))
    if kind is tuple or kind is list:
        return [_several(name, value) for value in values]
    return [_one(name, value) for value in values]


def _several(name: str, value: Sequence[Any]) -> tuple[SavedDraft, ...]:
    if any(map(is_tensor, value)):
        return tuple([_one(f"{name}[{at}]", item) for at, item in enumerate(value[:_MOST])])
    return (
        _scalar(name, value) if type(value) is tuple and _WHOLE.issuperset(map(type, value)) else _one(name, value),
    )


def _rows(columns: list[list[Any]]) -> Iterator[tuple[SavedDraft, ...]]:
    rows = zip(*columns, strict=True)
    if tuple not in {type(column[0]) for column in columns}:
        return rows
    return (tuple(chain.from_iterable([cell if type(cell) is tuple else (cell,) for cell in row])) for row in rows)


def _one(name: str, value: Any) -> SavedDraft:
    if is_tensor(value):
        return SavedDraft(name, unread=value)
    return _plain(name, str(value)[:_TEXT_LENGTH] if type(value) in _PLAIN else type(value).__name__)


@lru_cache(maxsize=1024, typed=True)
def _scalar(name: str, value: int | str | tuple[int, ...]) -> SavedDraft:
    """One draft for the ``alpha=1`` of all nodes, and for a shape that many have."""
    return _plain(name, str(value)[:_TEXT_LENGTH])


def _read(drafts: list[SavedDraft], storages: Storages, reader: Reader | None) -> None:
    """Tell the drafts what their tensors are."""
    tensors: list[Any] = [draft.unread for draft in drafts]
    facts = storages.forms.facts(tensors)
    metas = storages.read_all(tensors, facts)
    sizes = map(mul, map(_numel, tensors), map(_element_size, tensors))
    for draft, meta, nbytes in zip(drafts, metas, sizes, strict=True):
        draft.tensor, draft.nbytes, draft.unread = meta, nbytes, None
    if reader is not None:
        there = [
            at
            for at, (draft, meta) in enumerate(zip(drafts, metas, strict=True))
            if (meta.storage_nbytes or not outgrows(meta)) and not draft.is_workspace  # others were freed
        ]
        facts = facts if len(there) == len(metas) else None
        held, places = [tensors[at] for at in there], [key_of(metas[at]) for at in there]
        for at, reading in zip(there, reader.read_together(held, places, facts), strict=True):
            drafts[at].numbers = reading
        reader.settle()


_WHOLE = frozenset({int})
_SCALARS = frozenset({bool, int, str})
_PLAIN = (bool, int, float, complex, str, tuple, list, type(None), torch.dtype, torch.device, torch.layout)
