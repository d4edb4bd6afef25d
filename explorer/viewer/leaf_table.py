"""The table of leaves: every named leaf that the shown graph reaches, with its value and its gradient."""

from __future__ import annotations

from typing import Any

from explorer.graph.arrays import nodes
from explorer.graph.once import once
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
    rows = leaf_rows(run, MOST_ROWS)
    _mount(
        key=key,
        data={
            "rows": rows,
            "more": len(_named_leaves(run)) - len(rows),
            "words": {word: say(f"leaves.{word}", language) for word in _WORDS},
        },
    )


def leaf_rows(run: Run, most: int | None = None) -> list[dict[str, Any]]:
    """The first `most` leaves that the graph reaches."""
    return [_row(node, tensor) for node, tensor in _named_leaves(run)[:most]]


@once
def _named_leaves(run: Run) -> list[tuple[int, Tensor]]:
    """Nodes and tensors in the order of `run.tensors`; one with two names stands once, under the first."""
    named: dict[int, Tensor] = {}
    for tensor in run.tensors:
        if tensor.is_leaf and tensor.grad_fn is not None:
            named.setdefault(tensor.grad_fn, tensor)
    is_leaf = nodes(run.graph).is_leaf
    return [(node, tensor) for node, tensor in named.items() if is_leaf[node]]


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
