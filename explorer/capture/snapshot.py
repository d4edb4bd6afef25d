"""One backward's graph as it is before its buffers are freed: structure, saved tensors, local derivatives, names.

The gradients are added by its `flow` while backward runs; `graph` then writes it all down as records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from msgspec.structs import replace

from explorer.capture.drafts import Span
from explorer.capture.flow import Flow, Sizes
from explorer.capture.forward import ForwardLog
from explorer.capture.local import local_derivatives
from explorer.capture.marks import Marks
from explorer.capture.metas import Storages
from explorer.capture.modules import ModulePaths
from explorer.capture.numbers import read_stats, read_values
from explorer.capture.private import quiet
from explorer.capture.proof import Proof
from explorer.capture.prover import Prover, asked_for
from explorer.capture.reader import Reader
from explorer.capture.saved import SavedDraft, read_saved
from explorer.capture.variables import Named
from explorer.capture.walk import MOST_NODES, Walk, walk
from explorer.ir import Edge, Gradient, Graph, Nested, Node, Root, TensorMeta, Verification

MOST_NODES_WITH_NUMBERS = 50_000
"""A larger graph keeps its structure and gives up its numbers."""

MOST_NODES_WITH_SAVED = 300_000
"""A still larger one gives up its saved tensors too, which take longer to read than the graph."""


@dataclass(frozen=True)
class Result:
    """Where backward starts."""

    node: Any
    output_nr: int
    name: str
    tensor: torch.Tensor | None


@dataclass
class Snapshot:
    """A graph before backward. Ids are indices into `walk.nodes`, which are kept so that tensors find their node."""

    walk: Walk
    flow: Flow
    reader: Reader | None
    """What has read its numbers; None where it has none."""
    roots: tuple[Root, ...]
    saved: list[tuple[SavedDraft, ...]]
    local: dict[int, tuple[Nested | None, ...]]
    leaves: dict[int, TensorMeta]
    names: dict[int, str]
    spans: list[Span | None]
    aliases: dict[int, str]
    marks: Marks
    packed: set[int]
    """Nodes of which a saved tensor cannot be read."""
    first: int
    """The sequence number at which the run began: records count from it, so that equal runs have equal records."""
    proof: Proof | str = "nothing"
    """The second execution of its backward, or the reason why there is none."""

    @classmethod
    def before_backward(
        cls,
        results: Sequence[Result],
        storages: Storages,
        log: ForwardLog,
        named: Sequence[Named],
        most: int = MOST_NODES,
    ) -> Snapshot:
        """Read everything that backward would free, of `most` nodes; of the names of one tensor the first in `named` counts."""
        with quiet():
            found = walk([result.node for result in results], most)
            reader = Reader(storages) if len(found.nodes) <= MOST_NODES_WITH_NUMBERS else None
            spans = log.spans_of(found.numbers)
            saved = _saved(found.nodes, storages, reader, log.may_have_packed(found.numbers))
            packed = {at for at, drafts in enumerate(saved) for draft in drafts if draft.error is not None}
            held = [one.tensor for one in named] + [one.tensor for one in results if one.tensor is not None]
            marks = Marks.before_backward(found, spans, saved, packed, held, log=log, reader=reader)
            steady = log.hooks.watched and not marks.hooks and "custom" not in found.kinds
            leaves = {
                at: storages.meta(found.nodes[at].variable) for at, kind in enumerate(found.kinds) if kind == "leaf"
            }
            if reader is None:
                flow = Flow(Walk(), Reader())
            else:
                flow = Flow(found, reader, steady=steady, sizes=_sizes(log, spans, saved, leaves))
                flow.wanted = marks.attribution.wanted
            if reader is not None:
                reader.settle()
            return cls(
                walk=found,
                flow=flow,
                reader=reader,
                roots=tuple(_root(result, found, storages) for result in results),
                saved=saved,
                local=local_derivatives(found.nodes, packed) if reader else {},
                leaves=leaves,
                names=_names(named, found),
                spans=spans,
                aliases=_aliases(named, storages),
                marks=marks,
                packed=packed,
                first=log.first,
            )

    def release(self) -> None:
        """Let go of nodes and tensors; records can no longer be made."""
        self.walk.release()
        if self.reader is not None:
            self.reader.release()

    def prove(self, prover: Prover, kind: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Have the backward that is called with these arguments executed a second time, unless `prover` leaves it out."""
        hooked = self.marks.changed_by_hooks()
        self.proof = prover.proof(self.walk, lambda: asked_for(kind, args, kwargs, self.walk), hooked, self.packed)
        if isinstance(self.proof, Proof):
            self.flow.listeners.append(self.proof)

    def verification(self, named: Sequence[Named]) -> Verification:
        """What the second execution found; `named` are the names at the end of the run."""
        if isinstance(self.proof, str):
            return Verification(status="skipped", reason=self.proof)
        return self.proof.verification({**_names(named, self.walk), **self.names})

    def arrived(self, identity: int, output_nr: int, gradient: torch.Tensor) -> None:
        """Tell what ``autograd.grad`` returned for an input, where its node did not run."""
        self.flow.arrived(identity, output_nr, gradient)
        if not output_nr and not self.marks.attribution.has(identity):
            self.marks.attribution.came(identity, (gradient,))

    def node_of(self, tensor: torch.Tensor) -> int | None:
        """The id of a tensor's grad_fn, or of its AccumulateGrad."""
        return self.walk.node_of(tensor)

    def unreadable_line(self) -> int | None:
        """The source line of the first node with a saved tensor that could not be read."""
        for saved, span in zip(self.saved, self.spans, strict=True):
            if span is not None and span.packing is None and any(one.error for one in saved):
                return span.place.line
        return None

    def ids_by_sequence_nr(self) -> dict[int | None, int]:
        """Node ids by torch's own sequence numbers; leaves have none."""
        return {number: at for at, number in enumerate(self.walk.numbers) if number is not None}

    def leaf_tensors(self) -> list[tuple[int, torch.Tensor]]:
        """Ids and tensors of all leaves."""
        return [(at, self.walk.nodes[at].variable) for at in self.leaves]

    def graph(
        self,
        paths: ModulePaths,
        named: Sequence[Named],
        lines: Mapping[str, int],
        outputs: Mapping[int | None, TensorMeta],
    ) -> Graph:
        """The records. `named` are the names at the end of the run, bound on `lines`; those at backward come first."""
        names = {**_names(named, self.walk), **self.names}
        incoming, carried = self.flow.gradients(self.walk.edges)
        nodes = self._nodes(_Given(paths, names, lines, outputs, incoming))
        return Graph(
            nodes=nodes,
            edges=self._edges(carried),
            roots=self.roots,
            cut=self.walk.cut,
            classes=paths.classes({node.module for node in nodes if node.module}),
        )

    def _edges(self, carried: Sequence[Gradient | None]) -> tuple[Edge, ...]:
        return tuple(
            [
                Edge(source=source, slot=slot, target=target, output_nr=output_nr, gradient=gradient)
                for (source, slot, target, output_nr), gradient in zip(self.walk.edges, carried, strict=True)
            ]
        )

    def _nodes(self, given: _Given) -> tuple[Node, ...]:
        walk, spans, first, aliases, flowed = self.walk, self.spans, self.first, self.aliases, self.flow.incoming
        names, ids, lines = given.names, range(len(walk.nodes)), given.lines
        calls = [None if span is None else span.module for span in spans]
        path_of = {call: given.paths.path(call) for call in dict.fromkeys(calls)}
        came = [given.incoming.get(at, ()) for at in ids]
        nodes = list(
            map(
                Node,
                ids,
                walk.names,
                walk.kinds,
                [None if number is None else number - first for number in walk.numbers],
                walk.slots,
                [lines.get(names.get(at, "")) if span is None else span.place.line for at, span in enumerate(spans)],
                map(path_of.__getitem__, calls),
                [0 if call is None else call.call for call in calls],
                [None if span is None else span.index for span in spans],
                map(names.get, ids),
                self._outputs(given.outputs),
                [
                    tuple([draft.plain or draft.record(aliases) for draft in saved]) if saved else ()
                    for saved in self.saved
                ],
                came,
                [None in flow and flow.count(None) > flowed[at].count(None) for at, flow in enumerate(came)],
            )
        )
        for at, fields in self._rare().items():
            nodes[at] = replace(nodes[at], **fields)
        return tuple(nodes)

    def _outputs(self, outputs: Mapping[int | None, TensorMeta]) -> list[TensorMeta | None]:
        """The tensor that each node is the grad_fn of, a leaf's own; `outputs` are by sequence number."""
        found = list(map(outputs.get, self.walk.numbers))
        for at, leaf in self.leaves.items():
            found[at] = leaf
        return found

    def _rare(self) -> dict[int, dict[str, Any]]:
        """Fields that few nodes have, by id."""
        rare = self.marks.rare(self.walk.numbers)
        for at, values in self.local.items():
            rare[at]["local"] = values
        return rare


@dataclass(frozen=True)
class _Given:
    """What is known at the end of the run: module paths, names by id, lines by name, outputs by sequence number, gradients by id."""

    paths: ModulePaths
    names: Mapping[int, str]
    lines: Mapping[str, int]
    outputs: Mapping[int | None, TensorMeta]
    incoming: Mapping[int, tuple[Gradient | None, ...]]


def _saved(
    nodes: Sequence[Any], storages: Storages, reader: Reader | None, packed: bool
) -> list[tuple[SavedDraft, ...]]:
    if len(nodes) > MOST_NODES_WITH_SAVED:
        return [()] * len(nodes)
    return read_saved(nodes, storages, reader, packed)


def _sizes(
    log: ForwardLog,
    spans: Sequence[Span | None],
    saved: Iterable[Sequence[SavedDraft]],
    leaves: Mapping[int, TensorMeta],
) -> Sizes | None:
    """How large gradients will be; None where not all calls are known."""
    if log.full or spans.count(None) > len(leaves):
        return None
    lasting = {meta.storage_id for meta in leaves.values()}
    metas = [draft.tensor for drafts in saved for draft in drafts if draft.tensor is not None]
    inner = [meta.storage_nbytes for meta in metas if meta.storage_id not in lasting]
    inner += [meta.storage_nbytes for op in log.ops for meta in op.outputs if meta.requires_grad]
    return Sizes(max(inner, default=0), {at: meta.storage_nbytes for at, meta in leaves.items()})


def _root(result: Result, found: Walk, storages: Storages) -> Root:
    tensor = result.tensor
    return Root(
        node=found.ids[result.node],
        output_nr=result.output_nr,
        name=result.name,
        tensor=None if tensor is None else storages.meta(tensor),
        value=None if tensor is None else read_values(tensor),
        stats=None if tensor is None else read_stats(tensor),
    )


def _names(named: Sequence[Named], found: Walk) -> dict[int, str]:
    names: dict[int, str] = {}
    for one in named:
        at = found.node_of(one.tensor)
        if at is not None:
            names.setdefault(at, one.name)
    return names


def _aliases(named: Sequence[Named], storages: Storages) -> dict[int, str]:
    aliases: dict[int, str] = {}
    for one in named:
        aliases.setdefault(storages.id_of(one.tensor), one.name)
    return aliases
