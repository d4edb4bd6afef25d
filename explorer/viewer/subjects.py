"""What search, overlays and storage marks need of everything that can be found: columns of numbers by subject.

A subject is a node of the graph (drawn or folded away, at its own id), or an input, a saved tensor or a result that has a box of its
own (after the nodes, in the order of those boxes). The browser finds, colours and compares by these columns alone.

Numbers are float32: `NOTHING` where there is none; NaN and infinities stand for themselves. Gradients are those that arrived, over all
outputs of a node together. Seconds are those of the forward call, which several nodes may share, and of the node's own backward.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.graph.measure import shape_text
from explorer.ir import Box, BoxKind, Stats, TensorMeta
from explorer.viewer.columns import Columns, Texts
from explorer.viewer.details import Details

NOTHING = -1.0

NAN_GRADIENT, INF_GRADIENT, NAN_VALUE, INF_VALUE = 1, 2, 4, 8
"""Bits of `subject_flags`: what is not finite in a gradient that arrived, and in a value that was seen or saved."""

UNKNOWN, TRAINED, COMPUTED, TAKES_FROZEN, PLAIN, FROZEN = range(6)
"""`subject_state`: a leaf that requires grad; what was computed from such; a node whose call takes a frozen parameter; an input that needs
no gradient; a frozen parameter."""

KINDS: dict[BoxKind, int] = {kind: place for place, kind in enumerate(get_args(BoxKind))}
SECOND = ("input", "saved", "result")


class Subject(NamedTuple):
    """One row of the columns."""

    gradient: float = NOTHING
    zeros: float = NOTHING
    """Share of the gradient's elements that are 0."""
    ratio: float = NOTHING
    """Norm of the gradient by the norm of the parameter it is for; of leaves only."""
    forward: float = NOTHING
    backward: float = NOTHING
    kind: BoxKind = "operation"
    flags: int = 0
    state: int = UNKNOWN
    shape: str = ""
    dtype: str = ""
    device: str = ""
    held: tuple[int, ...] = ()
    """Storages under its own tensors."""
    kept: tuple[int, ...] = ()
    """Storages under the tensors that it saved for backward."""


_MEASURED = ("gradient", "zeros", "ratio", "forward", "backward")
_SAID = ("shape", "dtype", "device")
_LISTS = ("held", "kept")

Table = dict[str, NDArray[Any]]
"""Rows of subjects by column; of ``held`` and ``kept`` how many each row has, and all of them in ``all_held`` and ``all_kept``."""


def table(rows: Sequence[Subject], texts: Texts) -> Table:
    """`rows` as columns, with their texts added to `texts`."""
    fields = dict(zip(Subject._fields, zip(*rows, strict=True) if rows else repeat(()), strict=False))
    found: Table = {name: np.array(fields[name], np.float64) for name in _MEASURED}
    found |= {name: np.array(fields[name], np.int64) for name in ("flags", "state")}
    found["kind"] = np.array([KINDS[kind] for kind in fields["kind"]], np.int64)
    found |= {name: np.array(texts.places(fields[name]), np.int64) for name in _SAID}
    for name in _LISTS:
        found[name] = np.array([len(each) for each in fields[name]], np.int64)
        found[f"all_{name}"] = np.array(list(chain.from_iterable(fields[name])), np.int64)
    return found


def add_subjects(columns: Columns, rows: Table) -> None:
    """Add all columns by subject; one of numbers that has none in it is left out."""
    for name in _MEASURED:
        if (rows[name] != NOTHING).any():
            columns.add_floats(f"subject_{name}", rows[name])
    for name in ("kind", "flags", "state", *_LISTS):
        columns.add(f"subject_{name}", rows[name])
    for name in _SAID:
        columns.add_texts(f"subject_{name}", rows[name])
    for name in _LISTS:
        columns.add(name, rows[f"all_{name}"])


def of_boxes(boxes: Sequence[Box], texts: Texts, details: Details) -> Table:
    """The rows of the boxes that are subjects of their own, with their texts added to `texts`."""
    return table([of_box(box, details)._replace(kind=box.kind) for box in boxes if box.kind in SECOND], texts)


def of_box(box: Box, details: Details) -> Subject:
    """Of an input, a saved tensor or a result with a box of its own."""
    if box.node is None:
        return Subject()
    node = details.run.graph.nodes[box.node]
    if box.kind == "saved" and box.saved is not None:
        saved = node.saved[box.saved]
        return _of_tensor(saved.tensor, flags=_odd([saved.stats], NAN_VALUE, INF_VALUE), keeps=True)
    if box.kind == "input" and box.input is not None:
        given = details.given.get((node.id, box.input))
        if given is None:
            return Subject()
        stats = [given.tensor.value_stats] if given.tensor else []
        return _of_tensor(given.meta, FROZEN if given.frozen else PLAIN, _odd(stats, NAN_VALUE, INF_VALUE))
    root = next((root for at, root in enumerate(details.run.graph.roots) if box.id == f"r{at}"), None)
    if root is None:
        return Subject()
    arrived = [each.stats for each in node.incoming[root.output_nr : root.output_nr + 1] if each]
    flags = _odd(arrived, NAN_GRADIENT, INF_GRADIENT) | _odd([root.stats], NAN_VALUE, INF_VALUE)
    row = _of_tensor(root.tensor, COMPUTED, flags)
    return row._replace(gradient=_together(arrived), zeros=_zeros(arrived))


def _of_tensor(tensor: TensorMeta | None, state: int | None = None, flags: int = 0, keeps: bool = False) -> Subject:
    if tensor is None:
        return Subject(flags=flags)
    known = UNKNOWN if not tensor.requires_grad else TRAINED if tensor.is_leaf else COMPUTED
    storages = _storages([tensor])
    return Subject(
        flags=flags,
        state=known if state is None else state,
        shape=shape_text(tensor.shape),
        dtype=tensor.dtype,
        device=tensor.device,
        held=() if keeps else storages,
        kept=storages if keeps else (),
    )


def _storages(tensors: Iterable[TensorMeta | None]) -> tuple[int, ...]:
    return tuple({each.storage_id: None for each in tensors if each is not None and each.storage_id >= 0})


def _together(stats: Sequence[Stats]) -> float:
    """The norm over the elements of all."""
    norms = [float(each.norm) for each in stats]
    if len(norms) < 2:
        return norms[0] if norms else NOTHING
    return math.hypot(*norms)


def _zeros(stats: Sequence[Stats]) -> float:
    count = sum(each.numel for each in stats)
    return sum(each.zeros for each in stats) / count if count else NOTHING


def _odd(stats: Iterable[Stats | None], nan: int, inf: int) -> int:
    bits = 0
    for each in stats:
        if each is not None:
            bits |= nan * bool(each.nans) | inf * bool(each.infs)
    return bits
