"""A short name for what a graph is made of: the same for graphs of the same functions, linked in the same way, over the same leaves.

By `Node.next_functions` alone, before backward frees anything. Cannot see: shapes, and which module made a node.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from torch import Tensor

MOST_NODES = 20_000
"""Of a larger graph nothing is told: Python would walk it too long, and torch frees by recursion what Python has looked at."""


_LEAF = "torch::autograd::AccumulateGrad"


def structure(root: Tensor, leaves: Mapping[int, str]) -> str:
    """Name the graph that leads to `root`; empty where it is too large.

    Args:
        root: what backward begins at.
        leaves: names of parameters by ``id``.
    """
    if root.grad_fn is None:
        return ""
    places: dict[Any, int] = {root.grad_fn: 0}
    nodes: list[Any] = [root.grad_fn]
    said = hashlib.blake2b(digest_size=8)
    for node in nodes:  # grows while it is walked
        links = []
        for target, number in node.next_functions:
            if target is not None and target not in places:
                places[target] = len(nodes)
                nodes.append(target)
            links.append((None if target is None else places[target], number))
        if len(nodes) > MOST_NODES:
            return ""
        name = node.name()
        leaf = leaves.get(id(node.variable), "") if name == _LEAF else ""
        said.update(f"{name} {leaf} {links}\n".encode())
    return said.hexdigest()
