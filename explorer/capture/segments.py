"""Saved tensors that are packed: by ``torch.utils.checkpoint``, ``save_on_cpu``, or the code's own ``saved_tensors_hooks``.

Reading one would call its ``unpack``: the user's code, or a whole forward of a checkpoint. So it is never read; what packed
it is told by the functions that torch keeps, and the checkpointed segment by the frame that those hold.
Cannot see: a segment made before the watching began of which a node saved nothing.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Protocol

import torch.autograd.graph
import torch.utils.checkpoint

from explorer.capture.private import packing_hooks
from explorer.capture.walk import Walk

_CHECKPOINT, _GRAPH = torch.utils.checkpoint.__file__, torch.autograd.graph.__file__

_REENTRANT = "CheckpointFunctionBackward"

ON_CPU = "kept in the memory of the CPU by save_on_cpu"
FOR_MUTATION = "kept by allow_mutation_on_saved_tensors"
BY_CHECKPOINT = "kept by checkpoint: computed again in backward"
BY_CODE = "packed by saved_tensors_hooks"
_REASONS = {
    "save_on_cpu": ON_CPU,
    "_swap_with_cloned": FOR_MUTATION,
}


@dataclass(frozen=True)
class Packing:
    """What packs saved tensors: why they cannot be read, and the key of the checkpointed segment, if it is one."""

    reason: str
    segment: int | None = None


class _Packed(Protocol):
    """What may be part of a segment."""

    @property
    def segment(self) -> int | None: ...


_segments: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
_next_segment = itertools.count()


def packing_now() -> Packing | None:
    """What packs the tensors that are saved at this moment; None where nothing does."""
    hooks = packing_hooks()
    return None if hooks is None else packing_by(hooks[0])


def packing_by(hook: Any) -> Packing:
    """What packs, by the function that packs or unpacks."""
    if type(hook) is not FunctionType:
        return Packing(BY_CODE)
    file, owner = hook.__code__.co_filename, str.partition(hook.__qualname__, ".")[0]
    if file == _CHECKPOINT:
        return Packing(BY_CHECKPOINT, _segment(closed_over(hook, "frame")))
    return Packing(_REASONS.get(owner, BY_CODE) if file == _GRAPH else BY_CODE)


def _segment(frame: Any) -> int | None:
    """A number for the frame of one call of ``checkpoint``, which lives as long as a tensor that it packed."""
    if frame is None:
        return None
    known = _segments.get(frame)
    if known is None:
        known = _segments[frame] = next(_next_segment)
    return known


def closed_over(function: FunctionType, name: str) -> Any:
    """What `name` means inside of one of torch's own closures; None where it has no such name."""
    names, cells = function.__code__.co_freevars, function.__closure__ or ()
    at = names.index(name) if name in names else len(cells)
    try:
        return cells[at].cell_contents
    except (IndexError, ValueError):  # no such cell, or an empty one
        return None


def segments(
    walk: Walk,
    packings: Sequence[Packing | None],
    saved: Sequence[Sequence[_Packed]],
    packed: Collection[int],
) -> dict[int, int]:
    """The checkpointed segment of each node that is in one, by id, from 0 in the order of forward.

    `packings` are what packed when each was made, `saved` what each has put aside; only of `packed` ones was any of that packed.
    """
    keys: dict[int, object] = {}
    for at, packing in enumerate(packings):
        if packing is not None:
            keys[at] = packing.segment
        elif walk.names[at] == _REENTRANT:  # of use_reentrant=True: one node is the whole segment
            keys[at] = walk.nodes[at]
        elif at in packed:
            keys[at] = next((one.segment for one in saved[at] if one.segment is not None), None)
    inside = [at for at, key in keys.items() if key is not None]
    places: dict[object, int] = {}
    for at in sorted(inside, key=lambda at: walk.numbers[at] or 0):
        places.setdefault(keys[at], len(places))
    return {at: places[keys[at]] for at in inside}
