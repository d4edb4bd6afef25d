"""Find nodes by what a person types."""

from __future__ import annotations

import re
from collections.abc import Sequence

from explorer.ir import Graph, Node, Op

_LINE = re.compile(r"(?:line|줄)\s*:\s*(\d+)", re.IGNORECASE)


def find(graph: Graph, ops: Sequence[Op], text: str) -> tuple[int, ...]:
    """Ids of the nodes whose grad_fn name, module, variable or source text contains `text`, in the graph's order.

    Case does not matter. ``line:12`` finds the nodes of that source line; nothing is found by an empty text.
    """
    wanted = text.strip()
    if not wanted:
        return ()
    if line := _LINE.fullmatch(wanted):
        number = int(line[1]) if len(line[1]) < 10 else -1
        return tuple(node.id for node in graph.nodes if node.line == number)
    wanted = wanted.casefold()
    return tuple(node.id for node in graph.nodes if any(wanted in said.casefold() for said in _said(node, ops)))


def _said(node: Node, ops: Sequence[Op]) -> tuple[str, ...]:
    source = ops[node.op].text if node.op is not None and node.op < len(ops) else ""
    return (node.name, node.module or "", node.variable or "", source)
