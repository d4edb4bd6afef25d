"""What became of each node of one run in another."""

from __future__ import annotations

from explorer.graph.comparing.changes import Changes
from explorer.graph.comparing.matching import match
from explorer.graph.comparing.side import Side
from explorer.ir import Comparison, Pair, Run

TOLERANCE = 1e-5
"""Relative difference up to which two gradients are the same."""


def compare(before: Run, after: Run, *, tolerance: float = TOLERANCE, slower: float | None = None) -> Comparison:
    """Match the graph of `before` with that of `after`.

    Ids play no part: a graph whose nodes are numbered otherwise compares the same, and ``compare(b, a)`` is ``compare(a, b)`` with
    removed and added, before and after exchanged. Takes time linear in nodes and edges (about 30 µs a node).

    Args:
        before: a run; it may have no graph.
        after: another run, of the same code or of other code.
        tolerance: relative difference up to which gradients are the same.
        slower: how many times as long a node's backward may take on one side as on the other; None leaves times out, since they
            differ from run to run.
    """
    left, right = Side(before), Side(after)
    partner = match(left, right)
    changes = Changes(left, right, partner, tolerance=tolerance, slower=slower)
    taken = set(partner.values())
    return Comparison(
        pairs=tuple(Pair(before=one, after=partner[one], changes=changes.of(one)) for one in sorted(partner)),
        removed=tuple(node.id for node in before.graph.nodes if node.id not in partner),
        added=tuple(node.id for node in after.graph.nodes if node.id not in taken),
    )
