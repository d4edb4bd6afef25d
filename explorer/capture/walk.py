"""The graph's structure: from the roots along ``next_functions``, breadth first and without recursion.

Cannot see: what an ``autograd.Function`` does inside its own backward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.autograd.graph import GradientEdge, get_gradient_edge

from explorer.capture.private import sequence_nr
from explorer.ir import NodeKind

MOST_NODES = 300_000
"""The walk ends after this many nodes."""

_CPP_FUNCTION = "torch::autograd::CppNode<"

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
    cut: bool = False
    """Whether there were more than `MOST_NODES`."""

    def release(self) -> None:
        """Let the nodes go, the last made first.

        In torch 2.13 a node that Python has looked at is freed by recursion along its edges unless those it leads to are
        still held: 200,000 nodes in a row would overflow the stack.
        """
        self.ids.clear()
        if len(self.nodes) < _DEEP:
            self.nodes.clear()
        self.nodes.sort(key=lambda node: -1 if (number := sequence_nr(node)) is None else number)
        while self.nodes:
            self.nodes.pop()


def walk(roots: Sequence[Any], most: int = MOST_NODES) -> Walk:
    """Everything that can be reached from the grad_fn objects `roots`."""
    found = Walk()
    for root in roots:
        _add(found, root)
    for source, node in enumerate(found.nodes):
        following = node.next_functions
        found.slots.append(len(following))
        for slot, (target, output_nr) in enumerate(following):
            if target is None:
                continue
            if target not in found.ids and len(found.nodes) >= most:
                found.cut = True
                continue
            found.edges.append((source, slot, _add(found, target), output_nr))
    return found


def _add(found: Walk, node: Any) -> int:
    identity = found.ids.get(node)
    if identity is None:
        identity = found.ids[node] = len(found.nodes)
        found.nodes.append(node)
    return identity


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
    return "custom" if kind.__name__ == "CppFunction" and node.name().startswith(_CPP_FUNCTION) else "operation"
