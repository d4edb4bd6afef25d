"""The forward calls that made the nodes of a graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.graph.arrays import Flags, coded, nodes, whole
from explorer.graph.once import once
from explorer.ir import Graph, Op, TensorMeta


@once
def made_by(graph: Graph, ops: Sequence[Op]) -> list[Op | None]:
    """By node: the call that made it; None where none is known."""
    known = [*ops, None]
    return [known[op] for op in np.minimum(nodes(graph).op, len(ops)).tolist()]


@once
def told_by_text(graph: Graph, ops: Sequence[Op]) -> Flags:
    """By node: whether the source text of its call means it alone, as it does not where a line runs more than once."""
    op = nodes(graph).op
    made = np.flatnonzero((op >= 0) & (op < len(ops)))
    text, line = coded([op.text for op in ops]), whole(op.line for op in ops)
    place = text.place * (line.max(initial=0) + 2) + line
    _, same = np.unique(place[op[made]], return_inverse=True)
    alone = np.zeros(len(op), np.bool_)
    alone[made] = (np.bincount(same)[same] == 1) & np.array([bool(each) for each in text.texts], np.bool_)[
        text.place[op[made]]
    ]
    return alone


@once
def handed_over(graph: Graph, ops: Sequence[Op]) -> list[Sequence[TensorMeta]]:
    """By node: the tensors that it is the grad_fn of. Of a call that made several nodes only the last, its own grad_fn, has the call's outputs."""
    return [
        op.outputs
        if op is not None and op.grad_fn == node.id and op.outputs
        else (node.output,)
        if node.output is not None
        else ()
        for node, op in zip(graph.nodes, made_by(graph, ops), strict=True)
    ]
