"""The table of leaves: every named leaf that the shown graph reaches, with its value and its gradient."""

from __future__ import annotations

from typing import Any

from explorer.ir import Run, Stats, Tensor
from explorer.viewer.component import browser_module
from explorer.words import Language, say

MOST_ROWS = 500
"""Leaves listed; a large model has more parameters than anyone reads."""

_WORDS = ("caption", "name", "value", "none", "statistics", "more")

_mount = browser_module("explorer_leaves", "leaf_table.mjs", "tensor_table.css")


def leaf_table(run: Run, *, key: str, language: Language) -> None:
    """List the leaves of `run.graph`; choosing one selects its node in every view of the page.

    Args:
        run: whose leaves.
        key: unique in the app.
        language: of its words.
    """
    rows = leaf_rows(run)
    _mount(
        key=key,
        data={
            "rows": rows[:MOST_ROWS],
            "more": max(0, len(rows) - MOST_ROWS),
            "words": {word: say(f"leaves.{word}", language) for word in _WORDS},
        },
    )


def leaf_rows(run: Run) -> list[dict[str, Any]]:
    """The leaves that the graph reaches, in the order of `run.tensors`; one with two names stands once, under the first."""
    named: dict[int, Tensor] = {}
    for tensor in run.tensors:
        if tensor.is_leaf and tensor.grad_fn is not None:
            named.setdefault(tensor.grad_fn, tensor)
    leaves = {node.id for node in run.graph.nodes if node.kind == "leaf"}
    return [_row(node, tensor) for node, tensor in named.items() if node in leaves]


def _row(node: int, tensor: Tensor) -> dict[str, Any]:
    return {
        "node": node,
        "name": tensor.name,
        "line": tensor.line,
        "storage": tensor.storage_id,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "value": tensor.value,
        "value_stats": _statistics(tensor.value_stats),
        "grad": tensor.grad,
        "grad_stats": _statistics(tensor.grad_stats),
    }


def _statistics(stats: Stats | None) -> dict[str, Any] | None:
    """What is said of a tensor that is too large to list."""
    return None if stats is None else {"norm": stats.norm, "min": stats.min, "max": stats.max}
