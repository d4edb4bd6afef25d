"""What a run leaves, as records: the drafts and tensors that a `Recorder` holds at the end, written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from msgspec.structs import asdict

from explorer.capture.calls import CallRecords
from explorer.capture.drafts import OpDraft
from explorer.capture.expressions import expressions
from explorer.capture.metas import key_of, outgrows, place_of
from explorer.capture.modules import ModuleCall, ModulePaths
from explorer.capture.numbers import Place
from explorer.capture.reader import Reader
from explorer.capture.reading import Reading
from explorer.capture.snapshot import Snapshot
from explorer.capture.variables import Named, of_module
from explorer.capture.views import ViewDraft
from explorer.ir import (
    BackwardCall,
    Call,
    Check,
    Graph,
    Memory,
    Op,
    Operator,
    Sentence,
    Storage,
    Tensor,
    TensorMeta,
    Times,
    Verification,
    View,
)

_WRITES_INTO_VIEW = "CopySlices"
_TOGETHER = 512
"""Calls that are written down at a time: of many more the first has left the processor's cache."""


@dataclass(frozen=True)
class Recording:
    """What a run leaves, as records."""

    graph: Graph
    tensors: tuple[Tensor, ...]
    storages: tuple[Storage, ...]
    ops: tuple[Op, ...]
    calls: tuple[Call, ...]
    """Module calls, as `Op.within` counts them."""
    memory: Memory | None
    """What backward kept alive; None where there is no graph."""
    backwards: tuple[BackwardCall, ...]
    backward: int | None
    """Which of `backwards` the graph shows; None where the code made no such call."""
    operators: tuple[Operator, ...] = ()
    """What `Op.operators` count."""
    first_nan: int | None = None
    """The first of `ops` that gave a NaN."""
    first_inf: int | None = None
    verification: Verification | None = None
    """The proof of that backward; None where there is no graph."""
    times: Times | None = None
    """Of this one run."""
    check: Check | None = None
    """One call beside finite differences; None where none was asked for."""
    limits: tuple[Sentence, ...] = ()
    """What this run did that the capture cannot see."""


def outputs_of(
    drafts: Sequence[OpDraft], named: Sequence[Named], held: Mapping[int, TensorMeta], snapshot: Snapshot
) -> dict[int | None, TensorMeta]:
    """The tensor that each node is the grad_fn of, by sequence number; of several the first.

    As the call gave it that made the node, or the base of the view that it wrote into; of nodes that no call made (a backward did, or torch anew for a view) as
    a variable holds it, by ``id`` in `held`.
    """
    nodes, numbers_of = [snapshot.node_of(one.tensor) for one in named], snapshot.walk.numbers
    numbers = list(chain.from_iterable([draft.nodes for draft in drafts]))
    numbers += [None if at is None else numbers_of[at] for at in nodes]
    metas = list(chain.from_iterable([draft.outputs for draft in drafts]))
    metas += [held[id(one.tensor)] for one in named]
    outputs = dict(zip(reversed(numbers), reversed(metas), strict=True))
    outputs.pop(None, None)
    return {**dict(_written_bases(drafts, snapshot)), **outputs}


def _written_bases(drafts: Sequence[OpDraft], snapshot: Snapshot) -> Iterator[tuple[int, TensorMeta]]:
    """By the sequence number of the node that torch gave it: the base of a view that a call wrote into."""
    written = [draft for draft in drafts if draft.in_place and draft.views]
    ids = snapshot.ids_by_sequence_nr() if written else {}
    for draft in written:
        for number in range(draft.start, draft.end or draft.start):
            if number in ids and snapshot.walk.names[ids[number]] == _WRITES_INTO_VIEW:
                yield number, draft.views[0].base


def tensors_of(
    named: Sequence[Named],
    metas: Mapping[int, TensorMeta],
    lines: Mapping[str, int],
    snapshot: Snapshot | None,
    reader: Reader,
) -> tuple[Tensor, ...]:
    """A record of each named tensor; `metas` are by ``id``, `lines` says where names were bound last. Under ``quiet``, with no code left to run."""
    there = [one.tensor for one in named if not outgrows(metas[id(one.tensor)])]
    values = _readings(there, [key_of(metas[id(tensor)]) for tensor in there], reader)
    held = {id(one.tensor): grad for one in named if (grad := _grad(one.tensor)) is not None}
    grads = list({id(grad): grad for grad in held.values()}.values())
    gradients = _readings(grads, list(map(reader.place, grads)), reader)
    read = [(values.get(id(one.tensor), Reading()), gradients.get(id(held.get(id(one.tensor))))) for one in named]
    reader.settle()
    return tuple(
        Tensor(
            **asdict(meta := metas[id(one.tensor)]) | {"leaf": meta.is_leaf},
            name=one.name,
            origin=one.origin,
            line=lines.get(one.name),
            value=value.value,
            value_stats=value.stats,
            grad=grad.value if grad else None,
            grad_stats=grad.stats if grad else None,
            grad_fn=snapshot.node_of(one.tensor) if snapshot else None,
        )
        for one, (value, grad) in zip(named, read, strict=True)
    )


def _readings(tensors: Sequence[torch.Tensor], places: Sequence[Place | None], reader: Reader) -> dict[int, Reading]:
    """By ``id``."""
    return dict(zip(map(id, tensors), reader.read_together(list(tensors), places), strict=True))


def _grad(tensor: torch.Tensor) -> torch.Tensor | None:
    return tensor.grad if tensor.is_leaf or tensor.retains_grad else None


def leaves_as_called(snapshot: Snapshot, drafts: Sequence[OpDraft], named: Sequence[Named]) -> list[Named]:
    """Leaves that no variable holds, under what the code calls them, where it does."""
    known = {id(one.tensor) for one in named}
    leaves = {at: tensor for at, tensor in snapshot.leaf_tensors() if id(tensor) not in known}
    called = expressions({at: snapshot.leaves[at] for at in leaves}, drafts)
    return [Named(name, leaves[at], "leaf") for at, name in called.items()]


def leaves_of_modules(
    snapshot: Snapshot, drafts: Sequence[OpDraft], paths: ModulePaths, named: Sequence[Named]
) -> list[Named]:
    """Leaves that no variable holds, by the modules that were called: ``Linear.weight`` where the code calls ``nn.Linear(2, 3)(x)``."""
    leaves = {id(tensor) for _, tensor in snapshot.leaf_tensors()} - {id(one.tensor) for one in named}
    if not leaves:
        return []
    calls = {call.module: call for draft in reversed(drafts) if (call := draft.module) is not None}
    owned = [one for call in reversed(calls.values()) for one in of_module(call.module, paths.path(call) or "")]
    return [one for one in owned if id(one.tensor) in leaves]


def unnamed_leaves(snapshot: Snapshot, graph: Graph, named: Sequence[Named]) -> list[Named]:
    """Leaves that no variable holds, under the names that the graph has for them."""
    known = {id(one.tensor) for one in named}
    return [
        Named(graph.nodes[at].variable or f"leaf{at}", tensor, "leaf")
        for at, tensor in snapshot.leaf_tensors()
        if id(tensor) not in known
    ]


def ops_of(
    drafts: Sequence[OpDraft],
    paths: ModulePaths,
    entered: CallRecords,
    nodes: Mapping[int | None, int],
    stored: Mapping[Any, str],
) -> tuple[Op, ...]:
    """Drafts as records: `nodes` are ids by sequence number, `stored` names by place in memory."""
    calls = dict.fromkeys([draft.module for draft in drafts])
    entered.enter(calls)
    path_of = {call: paths.path(call) for call in calls}
    held, ops = _Stored(stored), list[Op]()
    for first in range(0, len(drafts), _TOGETHER):
        ops += _ops(drafts[first : first + _TOGETHER], path_of, entered.numbers, nodes, held)
    return tuple(ops)


def _ops(
    drafts: Sequence[OpDraft],
    path_of: Mapping[ModuleCall | None, str | None],
    number_of: Mapping[ModuleCall | None, int | None],
    nodes: Mapping[int | None, int],
    stored: _Stored,
) -> Iterator[Op]:
    """Some of them, column by column; module calls have paths and numbers."""
    calls, places = [draft.module for draft in drafts], [draft.place for draft in drafts]
    return map(
        Op,
        [draft.index for draft in drafts],
        [draft.name for draft in drafts],
        [place.text for place in places],
        [place.line for place in places],
        [place.column for place in places],
        [place.end_line for place in places],
        [place.end_column for place in places],
        [path_of[call] for call in calls],
        [0 if call is None else call.call for call in calls],
        [draft.inputs for draft in drafts],
        [draft.outputs for draft in drafts],
        _input_names(drafts, stored),
        [draft.in_place for draft in drafts],
        [draft.versions_after for draft in drafts],
        [_views(draft.views, stored) if draft.views else () for draft in drafts],
        _first_nodes(drafts, nodes),
        [number_of[call] for call in calls],
        [draft.operators for draft in drafts],
    )


class _Stored:
    """What the variables are called at the end that hold a tensor."""

    def __init__(self, by_place: Mapping[Any, str]) -> None:
        self.storages = {place[0] for place in by_place}
        """Those with a name."""
        self._by_place = by_place

    def name(self, meta: TensorMeta) -> str | None:
        """The name of one; None where no variable holds it."""
        return self._by_place.get(place_of(meta))


def _input_names(drafts: Sequence[OpDraft], stored: _Stored) -> Iterator[tuple[str | None, ...]]:
    """By call, what its inputs are called: by the variables at the call, else by those that hold them at the end."""
    taken = [draft.inputs for draft in drafts]
    inputs = list(chain.from_iterable(taken))
    ids = list(map(id, inputs))
    once = dict(zip(ids, inputs, strict=True))
    called = {at: stored.name(meta) for at, meta in once.items() if meta.storage_id in stored.storages}
    given = list(chain.from_iterable([draft.input_names for draft in drafts]))
    if len(given) != len(ids):  # a call at the end of the stack, of which no more could be written down
        told = [
            draft.input_names if len(draft.input_names) == len(draft.inputs) else (None,) * len(draft.inputs)
            for draft in drafts
        ]
        given = list(chain.from_iterable(told))
    names = tuple([name or other for name, other in zip(given, map(called.get, ids), strict=True)])
    last = 0
    for some in taken:
        first, last = last, last + len(some)
        yield names[first:last]


def _views(drafts: Sequence[ViewDraft], stored: _Stored) -> tuple[View, ...]:
    return tuple([view.record(stored.name) for view in drafts])


def _first_nodes(drafts: Sequence[OpDraft], nodes: Mapping[int | None, int]) -> list[int | None]:
    """By call, the node of the first of its outputs that has one in the graph."""
    node_of = nodes.get
    return [
        node_of(numbers[0])
        if len(numbers := draft.nodes) == 1
        else next((at for number in numbers if (at := node_of(number)) is not None), None)
        for draft in drafts
    ]
