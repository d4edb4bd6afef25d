"""The graph's structure: from the roots along ``next_functions``, breadth first and without recursion.

Cannot see: what an ``autograd.Function`` does inside its own backward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch.autograd.graph import GradientEdge, get_gradient_edge

from explorer.capture.private import sequence_nrs
from explorer.ir import NodeKind

MOST_NODES = 300_000
"""The walk ends after this many nodes."""

_CPP_FUNCTION = "torch::autograd::CppNode<"
_CPP_CLASS = "CppFunction"
"""The class of all nodes that C++ made and has no class for."""

_DEEP = 5_000
"""A graph of fewer nodes may be freed in any order."""


@dataclass
class Walk:
    """Nodes in the order of discovery (their index is their id), edges in the order of (source, slot)."""

    nodes: list[Any] = field(default_factory=list)
    ids: dict[Any, int] = field(default_factory=dict)
    edges: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(source, slot, target, output_nr)"""
    slots: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """As `node_name` tells them."""
    kinds: list[NodeKind] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)
    """Sequence numbers; None for a leaf."""
    roots: int = 0
    """How many nodes it began with: the first ones."""
    cut: bool = False
    """Whether there were more than `MOST_NODES`."""

    def of_kind(self, kind: NodeKind) -> list[Any]:
        """The nodes of one kind."""
        return [self.nodes[at] for at, one in enumerate(self.kinds) if one == kind]

    def node_of(self, tensor: torch.Tensor) -> int | None:
        """The id of a tensor's grad_fn, or of its AccumulateGrad; None where that was not met. Under ``quiet``."""
        if not tensor.requires_grad:
            return None
        if tensor.is_leaf:  # torch would make a view to tell, for each of hundreds of parameters
            return self._leaves.get(id(tensor))
        edge = edge_of(tensor)
        return None if edge is None else self.ids.get(edge.node)

    @cached_property
    def _leaves(self) -> dict[int, int]:
        """By ``id`` of the tensor, which lives as long as its node."""
        return {id(self.nodes[at].variable): at for at, one in enumerate(self.kinds) if one == "leaf"}

    def release(self) -> None:
        """Let the nodes go, the last made first.

        In torch 2.13 a node that Python has looked at is freed by recursion along its edges unless those it leads to are
        still held: 200,000 nodes in a row would overflow the stack.
        """
        self.ids.clear()
        self._leaves.clear()
        if len(self.nodes) < _DEEP:
            self.nodes.clear()
        made = [-1 if number is None else number for number in self.numbers]
        order = sorted(range(len(self.nodes)), key=made.__getitem__)
        self.nodes[:] = [self.nodes[at] for at in order]
        while self.nodes:
            self.nodes.pop()


def walk(roots: Sequence[Any], most: int = MOST_NODES) -> Walk:
    """Everything that can be reached from the grad_fn objects `roots`."""
    found = Walk()
    nodes, ids, edges, slots = found.nodes, found.ids, found.edges, found.slots
    for root in roots:
        if root not in ids:
            ids[root] = len(nodes)
            nodes.append(root)
    found.roots = count = len(nodes)
    for source, node in enumerate(nodes):
        following = node.next_functions
        slots.append(len(following))
        for slot, (target, output_nr) in enumerate(following):
            if target is None:
                continue
            at = ids.setdefault(target, count)
            if at == count:
                if count >= most:
                    del ids[target]
                    found.cut = True
                    continue
                nodes.append(target)
                count += 1
            edges.append((source, slot, at, output_nr))
    _describe(found)
    return found


def _describe(found: Walk) -> None:
    """Names, kinds and numbers of its nodes: what a class tells is asked once for each."""
    classes = list(map(type, found.nodes))
    told = {
        one: (node_name(node), node_kind(node)) for one, node in dict(zip(classes, found.nodes, strict=True)).items()
    }
    found.names.extend([told[one][0] for one in classes])
    found.kinds.extend([told[one][1] for one in classes])
    if _CPP_CLASS in {one.__name__ for one in told}:
        for at, node in enumerate(found.nodes):
            if classes[at].__name__ == _CPP_CLASS:
                found.names[at], found.kinds[at] = node_name(node), node_kind(node)
    found.numbers.extend(sequence_nrs(found.nodes))


def edge_of(tensor: torch.Tensor) -> GradientEdge | None:
    """A tensor's grad_fn (a leaf's AccumulateGrad) and output number; None where it has none or hides it, as in torch.func."""
    if not tensor.requires_grad:
        return None
    try:
        edge = get_gradient_edge(tensor)
    except (RuntimeError, AttributeError, AssertionError):  # the last for a view of a leaf made in inference_mode
        return _edge_of_sparse(tensor)
    return None if edge.node is None else edge


def _edge_of_sparse(tensor: torch.Tensor) -> GradientEdge | None:
    """The AccumulateGrad of a leaf that has no views, by which torch would look: by a copy that is let go."""
    if tensor.layout is torch.strided or not tensor.is_leaf:
        return None
    with torch.enable_grad():
        made = torch.Tensor.clone(tensor).grad_fn
    leaf = made.next_functions[0][0] if made is not None else None
    return None if leaf is None else GradientEdge(leaf, 0)


def node_name(node: Any) -> str:
    """``MulBackward0``: the class name without namespace; of a ``torch::autograd::Function`` in C++ that of the function."""
    name = str(node.name())
    if name.startswith(_CPP_FUNCTION):
        name = name.removeprefix(_CPP_FUNCTION).removesuffix(">").partition("<")[0]
    return name.rpartition("::")[2]


def node_kind(node: Any) -> NodeKind:
    """What a node is, by its class."""
    kind = type(node)
    if kind.__name__ == "AccumulateGrad":
        return "leaf"
    if hasattr(kind, "_forward_cls"):
        return "custom"
    return "custom" if kind.__name__ == _CPP_CLASS and node.name().startswith(_CPP_FUNCTION) else "operation"
