"""The memory under tensors and numpy arrays: whoever holds the same bytes is drawn over one strip, whatever object says that it owns them.

``torch.from_numpy`` makes a storage of its own over the array's bytes, so here storages are known by their addresses; every
holder is kept until the end, so that no address is used twice. Cannot see: memory of other devices, sparse layouts.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from explorer.capture.metas import is_tensor
from explorer.capture.numbers import dtype_name, read_values
from explorer.capture.private import quiet
from explorer.ir import Moment, Storage, Tensor
from explorer.ir.codec import MAX_CELLS

MOST_MOMENTS = 60
_MOST_HOLDERS = 24


@dataclass(frozen=True)
class _Holder:
    """A variable over some bytes: `start` and `end` are those of the whole memory that it can reach, `whole` a flat tensor over that."""

    name: str
    origin: str
    tensor: torch.Tensor
    start: int
    end: int
    first: int
    """Address of its first element."""
    whole: torch.Tensor


class Memories:
    """A moment after each statement."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self._kept: list[object] = []
        self._starts: list[int] = []

    def look(self, line: int, text: str, variables: Mapping[str, Any]) -> None:
        """Note what the variables hold now."""
        if len(self.moments) >= MOST_MOMENTS:
            return
        with quiet(), torch.no_grad():
            holders = [one for name, value in variables.items() if (one := _holder(name, value)) is not None]
            holders = holders[:_MOST_HOLDERS]
            self._kept += [variables[one.name] for one in holders]
            strips = _strips(holders)
            tensors = tuple(_tensor(one, self._number(strip[0]), strip) for strip in strips for one in strip[1])
            storages = tuple(_storage(self._number(strip[0]), strip) for strip in strips)
        order = {name: at for at, name in enumerate(variables)}
        ordered = tuple(sorted(tensors, key=lambda tensor: order[tensor.name]))
        self.moments.append(Moment(line=line, text=text[:120], tensors=ordered, storages=storages))

    def _number(self, start: int) -> int:
        """A small number for a strip, in order of first sight."""
        if start not in self._starts:
            self._starts.append(start)
        return self._starts.index(start)


def _holder(name: str, value: object) -> _Holder | None:
    """The memory under a variable; None for one that has none to draw."""
    if is_tensor(value):
        if value.layout is not torch.strided or value.device.type != "cpu":
            return None
        storage = torch.Tensor.untyped_storage(value)
        start, count = storage.data_ptr(), storage.nbytes() // value.element_size()
        whole = torch.empty(0, dtype=value.dtype).set_(storage, 0, (count,), (1,))
        return _Holder(name, "variable", value.detach(), start, start + storage.nbytes(), value.data_ptr(), whole)
    if type(value) is np.ndarray:
        return _array(name, value)
    return None


def _array(name: str, array: np.ndarray) -> _Holder | None:
    root = array
    while isinstance(root.base, np.ndarray):
        root = root.base
    try:
        tensor, whole = _shared(array), _shared(root)
    except (TypeError, ValueError, RuntimeError):  # text, objects, other byte orders, negative strides
        return None
    if not root.flags["C_CONTIGUOUS"]:
        return None
    return _Holder(
        name, "ndarray", tensor, whole.data_ptr(), whole.data_ptr() + root.nbytes, tensor.data_ptr(), whole.flatten()
    )


def _shared(array: np.ndarray) -> torch.Tensor:
    """A tensor over the array's own bytes; nothing is written through it, so torch's warning about read-only arrays is none of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.from_numpy(array)


Strip = tuple[int, list[_Holder]]
"""Its first address, and who holds some of it."""


def _strips(holders: list[_Holder]) -> list[Strip]:
    """Holders whose bytes overlap, together."""
    strips: list[tuple[int, int, list[_Holder]]] = []
    for one in sorted(holders, key=lambda holder: (holder.start, -holder.end)):
        if strips and one.start < strips[-1][1]:
            start, end, members = strips.pop()
            strips.append((start, max(end, one.end), [*members, one]))
        else:
            strips.append((one.start, one.end, [one]))
    named = {one.name: at for at, one in enumerate(holders)}
    return sorted(((start, members) for start, _, members in strips), key=lambda strip: named[strip[1][0].name])


def _tensor(holder: _Holder, number: int, strip: Strip) -> Tensor:
    tensor = holder.tensor
    return Tensor(
        name=holder.name,
        origin=holder.origin,
        shape=tuple(tensor.shape),
        stride=tuple(tensor.stride()),
        storage_offset=(holder.first - strip[0]) // tensor.element_size() if tensor.numel() else 0,
        storage_id=number,
        storage_nbytes=max(one.end for one in strip[1]) - strip[0],
        dtype=dtype_name(tensor.dtype),
        requires_grad=False,
        leaf=True,
        is_view=holder.start != holder.first,
        is_contiguous=tensor.is_contiguous(),
        value=read_values(tensor),
    )


def _storage(number: int, strip: Strip) -> Storage:
    longest = max(strip[1], key=lambda one: one.end - one.start)
    return Storage(
        id=number,
        nbytes=max(one.end for one in strip[1]) - strip[0],
        device="cpu",
        dtype=dtype_name(longest.whole.dtype),
        cells=read_values(longest.whole[:MAX_CELLS], MAX_CELLS),
    )
