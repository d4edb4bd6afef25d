"""What the browser needs of every node, drawn or folded away: columns and texts that are read off a run once, whatever is folded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.graph.once import once
from explorer.graph.steps import backward_steps
from explorer.ir import Run
from explorer.viewer.columns import Texts, packed
from explorer.viewer.details import Details
from explorer.viewer.subjects import Table, node_rows, storage_bytes, table


@dataclass(frozen=True)
class Nodes:
    """By node, where nothing else is said."""

    texts: Texts
    """Of all nodes; the texts of a scene begin with a copy."""
    columns: dict[str, NDArray[np.int64]]
    """Whole numbers, and places in `texts`; ``node_line`` and ``node_op`` are 0 where there is none, ``node_op`` one more than the call."""
    subjects: Table
    storage_bytes: NDArray[np.float64]
    """By storage."""


@once
def columns(run: Run) -> Nodes:
    """All columns by node of `run`."""
    nodes, ops, texts = run.graph.nodes, run.ops, Texts()
    found = {
        "node_line": [node.line or 0 for node in nodes],
        "node_name": texts.places(node.name for node in nodes),
        "node_module": texts.places(node.module for node in nodes),
        "node_variable": texts.places(node.variable for node in nodes),
        "node_text": texts.places(None if node.op is None else ops[node.op].text for node in nodes),
        "node_op": [0 if node.op is None else node.op + 1 for node in nodes],
        "node_step": backward_steps(run.graph),
        "node_keeps": texts.places(
            ", ".join(saved.name for saved in node.saved if saved.tensor) if node.saved else "" for node in nodes
        ),
    }
    rows = table(node_rows(Details(run)), texts)
    return Nodes(texts, {name: packed(column) for name, column in found.items()}, rows, storage_bytes(run))
