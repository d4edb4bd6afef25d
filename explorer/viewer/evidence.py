"""What the inspector says of how a node came about: time, memory, layers of PyTorch, marks. Plain values, ready for JSON.

Only what a record tells is sent: a key whose value would be empty is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any, NamedTuple

import numpy as np

from explorer.graph.arrays import Grouped, Whole, first_each, grouped, saved_records, saved_tensors, whole
from explorer.graph.calls import told_by_text
from explorer.graph.memory import saved_bytes
from explorer.graph.once import once
from explorer.graph.sums import seconds
from explorer.ir import Graph, Node, Op, Run, Saved, Saving, Tensor, TensorMeta, View

Facts = dict[str, Any]

HOOKS, RETAINS, MISSING, HIGHER, SEGMENT = 1, 2, 4, 8, 16
"""Bits of a box's marks: hooks, a retained gradient, saved tensors that are missing, a second or later order, a checkpointed segment."""

MOST_SHARED = 3
"""Others that are named where a saved tensor lies in the same storage."""


@dataclass
class Evidence:
    """A run, indexed by storage and by operator."""

    run: Run

    @property
    def named(self) -> Mapping[int, Sequence[Tensor]]:
        """Tensors with a name, by storage."""
        return _named(self.run)

    def savers(self, storage: int) -> Sequence[int]:
        """Nodes that saved a tensor in this storage."""
        return _savers(self.run.graph).of(storage)

    def node(self, node: Node, op: Op | None) -> Facts:
        """Facts of one node beside those of its tensors and gradients."""
        return {
            "op": node.op,
            "order": node.order if node.order > 1 else None,
            "hooks": list(node.hooks),
            "retains": node.retains_grad,
            "segment": node.segment,
            "unread": node.unread,
            "time": self._time([node.id]),
            "memory": self._memory(node),
            "operators": self._operators(op),
            "views": [_view(view, op) for view in op.views] if op else [],
        }

    def module(self, path: str, nodes: Whole) -> Facts:
        """What a module's nodes took, and what freezing its parameters or checkpointing it would save."""
        facts: Facts = {"time": self._time(nodes)}
        if self.run.memory is not None:
            advice = _advice(self.run)
            facts["own_bytes"] = advice.own.get(path)
            facts["freezing"] = [_saving(each) for each in advice.freezing.get(path, ())]
            facts["checkpointing"] = _saving(advice.checkpointing[path]) if path in advice.checkpointing else None
        odd = _odd(self.run.graph)
        missing, hooks = int(odd.missing[nodes].sum()), int(odd.hooks[nodes].sum())
        return facts | {"missing": missing or None, "hook_count": hooks or None}

    def sharing(self, node: Node, saved: Saved) -> Facts:
        """Who else holds the storage of a saved tensor: named tensors first, then nodes that saved it too; ``holder`` is the node of `alias`."""
        if saved.tensor is None or saved.tensor.storage_id < 0:
            return {}
        storage = saved.tensor.storage_id
        named = {tensor.name: tensor.grad_fn for tensor in self.named.get(storage, ())}
        holder = named.pop(saved.alias, None) if saved.alias else None
        others = [{"name": name, "node": at} for name, at in named.items() if at is not None and at != node.id]
        first = list(islice((at for at in self.savers(storage) if at != node.id), MOST_SHARED))
        found = [*others[:MOST_SHARED], *({"node": at, "saver": self.title(at)} for at in first)]
        more = len(others) + len(self.savers(storage)) - 1 - len(found)
        return {"holder": holder, "shared": found, "shared_more": more or None}

    def title(self, node: int) -> str:
        """What a reader knows a node by: its call in the source where that means it alone, else its module and its own name."""
        record = self.run.graph.nodes[node]
        op = None if record.op is None else self.run.ops[record.op]
        if op is not None and told_by_text(self.run.graph, self.run.ops)[node]:
            return op.text[:80]
        return record.variable or (f"{record.module} · {record.name}" if record.module else record.name)

    def mark(self, node: int) -> int:
        """The bits of a node's box."""
        return int(_odd(self.run.graph).marks[node])

    def marks(self, nodes: Sequence[int]) -> int:
        """The bits of a folded module: only what must not be overlooked."""
        odd = _odd(self.run.graph)
        return MISSING if odd.some_missing and odd.missing[np.asarray(nodes, np.int64)].any() else 0

    def header(self) -> Facts:
        """What the viewer needs once: the operators that nodes were made of, sums of times, the answer to a check, whether gradients were read."""
        run = self.run
        times = run.times and {
            "forward": _seconds(sum(run.times.forward)),
            "backward": _seconds(sum(each for each in run.times.backward if each is not None)),
            "repeats": run.times.repeats,
            "device": run.times.device,
        }
        return {
            "operators": run.operators,
            "times": times,
            "check": run.check,
            "flowed": _odd(run.graph).flowed,
        }

    def _time(self, nodes: Sequence[int] | Whole) -> Facts | None:
        """Seconds of the calls that made `nodes`, each call once, and of the nodes themselves."""
        took = seconds(self.run, nodes)
        if took == (None, None):
            return None
        forward, backward = (None if each is None else _seconds(each) for each in took)
        return {"forward": forward, "backward": backward}

    def _memory(self, node: Node) -> Facts | None:
        """Bytes that a node keeps for backward, and those of them that neither a leaf or an input nor another node holds."""
        if not any(saved.tensor for saved in node.saved):
            return None
        own = [saved for saved in node.saved if saved.tensor and self._alone(node, saved.tensor)]
        return {"saved": saved_bytes([node]), "own": _bytes(own)}

    def _alone(self, node: Node, tensor: TensorMeta) -> bool:
        """Whether the node alone keeps this memory. A variable of an intermediate result goes away with the code; leaves stay."""
        storage = tensor.storage_id
        leaves = any(each.is_leaf for each in self.named.get(storage, ()))
        return storage >= 0 and not leaves and self.savers(storage) == [node.id]

    def _operators(self, op: Op | None) -> list[int]:
        return [at for at in (op.operators if op else ()) if at < len(self.run.operators)]


@once
def _named(run: Run) -> dict[int, list[Tensor]]:
    found: dict[int, list[Tensor]] = defaultdict(list)
    for tensor in run.tensors:
        found[tensor.storage_id].append(tensor)
    return dict(found)


@once
def _savers(graph: Graph) -> Grouped:
    saved = saved_tensors(graph)
    count = int(saved.storage.max(initial=0)) + 1
    first, _ = first_each(saved.node * (count + 1) + saved.storage)
    return grouped(saved.storage[first], saved.node[first], count)


class _Odd(NamedTuple):
    """What few nodes have, by node."""

    marks: Whole
    missing: Whole
    """Tensors that it saved and that could not be read."""
    some_missing: bool
    hooks: Whole
    flowed: bool
    """Whether any node tells of gradients that came in."""


@once
def _odd(graph: Graph) -> _Odd:
    nodes = graph.nodes
    saver, saved = saved_records(graph)
    missing = np.bincount(saver[np.array([each.error is not None for each in saved], np.bool_)], minlength=len(nodes))
    hooks = whole([len(node.hooks) for node in nodes])
    marks = HOOKS * (hooks > 0) | MISSING * (missing > 0)
    marks |= RETAINS * np.array([node.retains_grad for node in nodes], np.bool_)
    marks |= HIGHER * np.array([node.order > 1 for node in nodes], np.bool_)
    marks |= SEGMENT * np.array([node.segment is not None for node in nodes], np.bool_)
    return _Odd(marks, missing, bool(missing.any()), hooks, any(node.incoming for node in nodes))


class _Advice(NamedTuple):
    """By path of a module: what it keeps alone, bytes, and what would save memory there."""

    own: dict[str, int]
    freezing: dict[str, list[Saving]]
    """Freezing the module itself, then what is in it by how much it saves."""
    checkpointing: dict[str, Saving]


@once
def _advice(run: Run) -> _Advice:
    assert run.memory
    helps = sorted((saving for saving in run.memory.freezing if saving.nbytes > 0), key=lambda saving: -saving.nbytes)
    freezing: dict[str, list[Saving]] = defaultdict(list)
    for saving in helps:
        for path in accumulate(saving.name.split("."), "{}.{}".format):
            freezing[path].append(saving)
    return _Advice(
        {weight.path: weight.own for weight in run.memory.modules},
        {path: sorted(found, key=lambda saving: saving.name != path)[:MOST_SHARED] for path, found in freezing.items()},
        {saving.name: saving for saving in run.memory.checkpointing if saving.nbytes > 0},
    )


def _bytes(saved: Iterable[Saved]) -> int:
    """Each stretch of memory once."""
    return saved_bytes([Node(id=0, name="", kind="operation", saved=tuple(saved))])


def _seconds(seconds: float) -> float:
    return float(f"{seconds:.4g}")


def _saving(saving: Saving) -> Facts:
    return {"name": saving.name, "bytes": saving.nbytes, "nodes": saving.nodes, "exact": saving.exact}


def _view(view: View, op: Op) -> Facts:
    """What an output is a view of: the name of the base, else which input it is."""
    names = op.input_names
    at = view.input
    name = view.name or (names[at] if at is not None and at < len(names) else None)
    return {"output": view.output, "shape": str(view.shape), "name": name, "input": at}
