"""What the inspector says about one box: facts of a node, or sums over a module's nodes. Plain values, ready for JSON.

Only what is shown is sent. Floats are cut to 9 significant digits, which is what a float32 holds; the inspector shows fewer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.derivatives import numbers
from explorer.graph.arrays import Grouped, edges, grouped
from explorer.graph.inputs import Given, given
from explorer.graph.once import once
from explorer.graph.sums import total
from explorer.ir import Box, Edge, Frame, Gradient, Graph, Node, Op, Root, Run, Saved, Tensor, TensorMeta, number
from explorer.viewer.evidence import Evidence, Facts
from explorer.viewer.statistics import rounded, statistics

MOST_CONTRIBUTIONS = 8
"""Gradients that are listed one by one where a tensor was used several times."""

MOST_LISTED = 64
"""Gradients, outputs and slots of one node that are listed: a call can take thousands of tensors, as ``stack`` does at the end of a loop."""

NUMBERED_NODES = 1000
"""A graph of at most so many nodes has the run's own numbers put into the formulas."""


@dataclass
class Details:
    """A run, indexed for questions about one node."""

    run: Run

    def __post_init__(self) -> None:
        self.evidence = Evidence(self.run)

    @property
    def given(self) -> Mapping[tuple[int, int], Given]:
        """By node and place among the inputs of its call: those that need no gradient."""
        return _given(self.run)

    @property
    def tensors(self) -> Mapping[int, Sequence[Tensor]]:
        """Named tensors, by the node that is their grad_fn."""
        return _tensors(self.run)

    def node(self, node: Node) -> Facts:
        """All that is known of one node. A key whose value would be empty is left out."""
        graph, op = self.run.graph, None if node.op is None else self.run.ops[node.op]
        sends = _edges_from(graph).of(node.id)
        outputs = _outputs(node, op)
        return _without_gaps(
            kind=node.kind,
            node=node.id,
            name=node.name,
            variable=node.variable,
            text=op and op.text,
            line=node.line,
            source=self._line(node.line),
            module=node.module,
            **self._call(node),
            in_place=bool(op and op.in_place),
            inputs=self._inputs(node, op),
            outputs=outputs[:MOST_LISTED],
            saved=[_saved(saved, **self.evidence.sharing(node, saved)) for saved in node.saved],
            incoming=[_gradient(gradient) for gradient in node.incoming[:MOST_LISTED]],
            **self._contributions(node),
            outgoing=[self._outgoing(graph.edges[at]) for at in sends[:MOST_LISTED]],
            more=_more(outgoing=sends, incoming=node.incoming, outputs=outputs),
            empty_slots=sorted({*range(node.slots)} - {graph.edges[at].slot for at in sends})[:MOST_LISTED],
            local=[rounded(derivative) for derivative in node.local[:MOST_LISTED]],
            numbers=self._numbers(node),
            gradient_x_input=_gradient(node.gradient_x_input),
            tensors=[_tensor(tensor) for tensor in self.tensors.get(node.id, ())],
            results=[_root(root) for root in graph.roots if root.node == node.id],
            storages=sorted(_storages(node, op)),
            **self.evidence.node(node, op),
        )

    def module(self, path: str, nodes: Sequence[int], shown: Box | Frame | None = None) -> Facts:
        """Sums over the nodes of a module, of a group of repeats or of a step as `shown`; the last two have a ``title`` for a name."""
        members = np.asarray(nodes, np.int64)
        found = total(self.run.graph, members)
        return _without_gaps(
            kind="module",
            module=path,
            title=shown.title if shown and shown.unit != "module" else None,
            class_name=shown and shown.class_name,
            repeats=(shown and shown.repeats) or None,
            nodes=found.nodes,
            saved_bytes=found.saved_bytes,
            largest_norm=None if found.largest_norm is None else rounded(number(found.largest_norm)),
            parameters=found.parameters,
            **self.evidence.module(path, members),
        )

    def _numbers(self, node: Node) -> list[Facts]:
        """The run's own numbers in the node's formulas, by slot."""
        few = len(self.run.graph.nodes) <= NUMBERED_NODES
        found = numbers(node, self.run) if few else ()
        return [{"slot": each.slot, "mathml": each.mathml, "text": each.text} for each in found]

    def _call(self, node: Node) -> Facts:
        """Which call of its module made the node, from 1, and of how many; nothing where the graph holds one call only."""
        calls = _calls(self.run.graph)[node.module or ""]
        return {"call": calls[node.call], "calls": len(calls)} if node.module and len(calls) > 1 else {}

    def _inputs(self, node: Node, op: Op | None) -> list[Facts]:
        """Every input of the call; of one that needs no gradient also why, and its numbers."""
        if op is None:
            return []
        names = [*op.input_names, *([None] * len(op.inputs))]
        return [
            _meta(tensor, name=name, **_no_gradient(self.given.get((node.id, place))), **_versions(op, place))
            for place, (tensor, name) in enumerate(zip(op.inputs, names, strict=False))
        ]

    def _line(self, line: int | None) -> str | None:
        lines = _lines(self.run)
        return lines[line - 1].strip() if line and line <= len(lines) else None

    def _outgoing(self, edge: Edge) -> Facts:
        target = self.run.graph.nodes[edge.target]
        facts = {
            "slot": edge.slot,
            "target": edge.target,
            "to": target.variable or target.name,
            "output_nr": edge.output_nr,
        }
        return facts | (_gradient(edge.gradient) or ({"unread": True} if target.unread else {}))

    def _contributions(self, node: Node) -> Facts:
        """At a fan-in: what each use of the node's outputs sent to it."""
        graph = self.run.graph
        into = _edges_into(graph).of(node.id)
        if len(into) < 2:
            return {}
        sent = [
            {"node": edge.source, "from": self.evidence.title(edge.source), "output_nr": edge.output_nr}
            | self._call(graph.nodes[edge.source])
            | (_gradient(edge.gradient) or {})
            for edge in (graph.edges[at] for at in into[:MOST_CONTRIBUTIONS])
        ]
        return {"contributions": sent, "contributions_more": len(into) - len(sent) or None}


@once
def _edges_from(graph: Graph) -> Grouped:
    return grouped(edges(graph).source, np.arange(len(graph.edges)), len(graph.nodes))


@once
def _edges_into(graph: Graph) -> Grouped:
    return grouped(edges(graph).target, np.arange(len(graph.edges)), len(graph.nodes))


@once
def _tensors(run: Run) -> dict[int, list[Tensor]]:
    found: dict[int, list[Tensor]] = defaultdict(list)
    for tensor in run.tensors:
        if tensor.grad_fn is not None:
            found[tensor.grad_fn].append(tensor)
    return dict(found)


@once
def _given(run: Run) -> dict[tuple[int, int], Given]:
    return {(each.node, each.place): each for each in given(run.graph, run.ops, run.tensors)}


@once
def _calls(graph: Graph) -> dict[str, dict[int, int]]:
    """By module: which of its calls in this graph each is, from 1, as `Node.call` counts them over the whole run."""
    calls: dict[str, set[int]] = defaultdict(set)
    for node in graph.nodes:
        calls[node.module or ""].add(node.call)
    return {module: {call: at for at, call in enumerate(sorted(found), 1)} for module, found in calls.items()}


@once
def _lines(run: Run) -> list[str]:
    return run.code.splitlines()


def _without_gaps(**facts: object) -> Facts:
    return {name: fact for name, fact in facts.items() if fact is not None and fact is not False and fact != []}


def _more(**lists: Sequence[object]) -> dict[str, int] | None:
    """How many of each list are not listed."""
    return {name: len(each) - MOST_LISTED for name, each in lists.items() if len(each) > MOST_LISTED} or None


def _no_gradient(found: Given | None) -> Facts:
    """``why``: it is ``frozen``, its ``dtype`` can have no gradient, or it is ``plain`` data."""
    if found is None:
        return {}
    continuous = found.meta.dtype.startswith(("float", "bfloat", "complex"))
    why = "frozen" if found.frozen else "plain" if continuous else "dtype"
    return {"why": why, "value": rounded(found.value)}


def _versions(op: Op, place: int) -> Facts:
    """``version`` before and after, of an input that the call wrote to."""
    after = op.versions_after[place] if place < len(op.versions_after) else None
    before = op.inputs[place].version
    return {} if after is None or after == before else {"version": before, "version_after": after}


def _outputs(node: Node, op: Op | None) -> list[Facts]:
    tensors = op.outputs if op else (node.output,) if node.output else ()
    names = [node.variable] if len(tensors) == 1 else [None] * len(tensors)
    return [_meta(tensor, name=name) for tensor, name in zip(tensors, names, strict=True)]


def _meta(tensor: TensorMeta, **more: object) -> Facts:
    return _without_gaps(
        shape=str(tensor.shape),
        stride=str(tensor.stride),
        dtype=tensor.dtype,
        device=tensor.device,
        storage=tensor.storage_id,
        offset=tensor.storage_offset or None,
        view=tensor.is_view,
        **more,
    )


def _saved(saved: Saved, **sharing: object) -> Facts:
    return (_meta(saved.tensor) if saved.tensor else {}) | _without_gaps(
        name=saved.name,
        bytes=saved.nbytes or None,
        value=rounded(saved.value),
        stats=statistics(saved.stats),
        text=saved.text,
        alias=saved.alias,
        error=saved.error,
        **sharing,
    )


def _gradient(gradient: Gradient | None) -> Facts | None:
    if gradient is None:
        return None
    return _without_gaps(
        shape=str(gradient.shape), dtype=gradient.dtype, value=rounded(gradient.value), stats=statistics(gradient.stats)
    )


def _tensor(tensor: Tensor) -> Facts:
    return _without_gaps(
        name=tensor.name,
        origin=tensor.origin,
        leaf=tensor.is_leaf,
        shape=str(tensor.shape),
        value=rounded(tensor.value),
        value_stats=statistics(tensor.value_stats),
        grad=rounded(tensor.grad),
        grad_stats=statistics(tensor.grad_stats),
    )


def _root(root: Root) -> Facts:
    return _without_gaps(
        name=root.name, value=rounded(root.value), stats=statistics(root.stats), output_nr=root.output_nr
    )


def _storages(node: Node, op: Op | None) -> set[int]:
    """Storages under the node's output and its saved tensors; -1 stands for none."""
    tensors = [node.output, *(saved.tensor for saved in node.saved), *(op.outputs if op else ())]
    return {tensor.storage_id for tensor in tensors if tensor} - {-1}
