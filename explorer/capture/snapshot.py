"""One backward's graph as it is before its buffers are freed: structure, saved tensors, local derivatives, names.

The gradients are added by its `flow` while backward runs; `graph` then writes it all down as records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from explorer.capture.flow import Flow
from explorer.capture.drafts import Span
from explorer.capture.forward import ForwardLog
from explorer.capture.local import local_derivatives
from explorer.capture.marks import Marks
from explorer.capture.metas import Storages
from explorer.capture.modules import ModulePaths
from explorer.capture.numbers import Reader, Reading, read_stats, read_values
from explorer.capture.private import quiet, sequence_nr
from explorer.capture.proof import Proof
from explorer.capture.prover import Prover, asked_for
from explorer.capture.saved import SavedDraft, read_saved
from explorer.capture.variables import Named
from explorer.capture.walk import MOST_NODES, Walk, edge_of, node_kind, node_name, walk
from explorer.ir import Edge, Gradient, Graph, Node, Root, TensorMeta, Verification

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
    local: dict[int, tuple[Reading | None, ...]]
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
            reader = Reader(storages.key) if len(found.nodes) <= MOST_NODES_WITH_NUMBERS else None
            spans = log.spans_of(map(sequence_nr, found.nodes))
            saved = _saved(found.nodes, storages, reader)
            packed = {at for at, drafts in enumerate(saved) if any(draft.error for draft in drafts)}
            held = [one.tensor for one in named] + [one.tensor for one in results if one.tensor is not None]
            flow = Flow(found, reader) if reader else Flow(Walk(), Reader())
            marks = Marks.before_backward(found, spans, saved, held, log=log, reader=reader)
            flow.listeners.append(marks.attribution)
            return cls(
                walk=found,
                flow=flow,
                reader=reader,
                roots=tuple(_root(result, found, storages) for result in results),
                saved=saved,
                local=local_derivatives(found.nodes, packed) if reader else {},
                leaves={
                    at: storages.meta(node.variable) for at, node in enumerate(found.nodes) if node_kind(node) == "leaf"
                },
                names=_names(named, found),
                spans=spans,
                aliases=_aliases(named, storages),
                marks=marks,
                packed=packed,
                first=log.first,
            )

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
        if not output_nr and identity not in self.marks.attribution.products:
            self.marks.attribution.before(identity, (gradient,))

    def node_of(self, tensor: torch.Tensor) -> int | None:
        """The id of a tensor's grad_fn, or of its AccumulateGrad."""
        return _node_of(tensor, self.walk)

    def unreadable_line(self) -> int | None:
        """The source line of the first node with a saved tensor that could not be read."""
        for saved, span in zip(self.saved, self.spans, strict=True):
            if span is not None and span.packing is None and any(one.error for one in saved):
                return span.place.line
        return None

    def ids_by_sequence_nr(self) -> dict[int | None, int]:
        """Node ids by torch's own sequence numbers; leaves have none."""
        return {sequence_nr(node): at for at, node in enumerate(self.walk.nodes) if at not in self.leaves}

    def leaf_tensors(self) -> list[tuple[int, torch.Tensor]]:
        """Ids and tensors of all leaves."""
        return [(at, self.walk.nodes[at].variable) for at in self.leaves]

    def graph(
        self,
        paths: ModulePaths,
        named: Sequence[Named],
        lines: Mapping[str, int],
        outputs: Mapping[int, TensorMeta],
    ) -> Graph:
        """The records. `named` are the names at the end of the run, bound on `lines`; those at backward come first."""
        names = {**_names(named, self.walk), **self.names}
        build, sent = self._node(paths, names, lines, outputs), self.flow.sent
        nodes = tuple(build(at) for at in range(len(self.walk.nodes)))
        return Graph(
            nodes=nodes,
            edges=tuple(
                Edge(
                    source=source,
                    slot=slot,
                    target=target,
                    output_nr=output_nr,
                    gradient=_gradient(sent.get((source, slot))) if sent else None,
                )
                for source, slot, target, output_nr in self.walk.edges
            ),
            roots=self.roots,
            cut=self.walk.cut,
            classes=paths.classes(node.module for node in nodes if node.module),
        )

    def _node(
        self,
        paths: ModulePaths,
        names: Mapping[int, str],
        lines: Mapping[str, int],
        outputs: Mapping[int, TensorMeta],
    ) -> Callable[[int], Node]:
        def build(at: int) -> Node:
            node, span = self.walk.nodes[at], self.spans[at]
            number = sequence_nr(node)
            came = self.flow.incoming.get(at, ())
            incoming = tuple(map(_gradient, came))
            return Node(
                id=at,
                name=node_name(node),
                kind=node_kind(node),
                sequence_nr=None if number is None else number - self.first,
                slots=self.walk.slots[at],
                line=span.place.line if span else lines.get(names.get(at, "")),
                module=paths.path(span.module) if span else None,
                call=span.module.call if span and span.module else 0,
                op=span.index if span else None,
                variable=names.get(at),
                output=self.leaves.get(at) or (None if number is None else outputs.get(number)),
                saved=tuple([saved.record(self.aliases) for saved in self.saved[at]]),
                incoming=incoming,
                unread=incoming.count(None) > came.count(None),
                local=tuple([one.value if one else None for one in self.local.get(at, ())]),
                **self.marks.of(at, number),
            )

        return build


def _saved(nodes: Sequence[Any], storages: Storages, reader: Reader | None) -> list[tuple[SavedDraft, ...]]:
    if len(nodes) > MOST_NODES_WITH_SAVED:
        return [()] * len(nodes)
    return [read_saved(node, storages, reader) for node in nodes]


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


def _node_of(tensor: torch.Tensor, found: Walk) -> int | None:
    with quiet():
        edge = edge_of(tensor)
        return None if edge is None else found.ids.get(edge.node)


def _names(named: Sequence[Named], found: Walk) -> dict[int, str]:
    names: dict[int, str] = {}
    for one in named:
        at = _node_of(one.tensor, found)
        if at is not None:
            names.setdefault(at, one.name)
    return names


def _aliases(named: Sequence[Named], storages: Storages) -> dict[int, str]:
    aliases: dict[int, str] = {}
    for one in named:
        aliases.setdefault(storages.id_of(one.tensor), one.name)
    return aliases


def _gradient(reading: Reading | None) -> Gradient | None:
    return None if reading is None else reading.gradient()
