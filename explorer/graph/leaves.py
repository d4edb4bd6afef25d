"""Where leaves are drawn: near their uses, since one far-away box with a hundred long wires can be neither read nor laid out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explorer.graph.arrays import NONE, Whole, first_each
from explorer.graph.outline import Outline, Placed

NEAR = 3
"""Uses of a leaf whose depths differ by at most this are near enough to share one box."""


class LeafBoxes(NamedTuple):
    """By place where a leaf shows, leaf by leaf."""

    leaf: Whole
    copy_at: Whole
    """The consumer that this copy stands near; `NONE` for the only box of the leaf there."""
    above: Whole
    """The open call that it is drawn in."""
    hidden: Whole
    """The folded call that it is inside of."""
    of_use: Whole
    """By use of a leaf: which of these places."""


def leaf_boxes(about: Outline, place: Placed) -> LeafBoxes:
    """Every place of every leaf: one box where all uses are near each other in one module, else a copy for each box that uses it.

    Args:
        about: the outline of a graph.
        place: what is open in it.
    """
    uses, calls, count = about.uses, len(about.tree.calls), len(about.depth)
    above, hidden = place.above[uses.home], place.hidden[uses.home]
    hidden[uses.beside] = NONE
    folded = place.hidden[about.tree.owner[uses.consumer]]
    shown_in = np.where(folded == NONE, calls + uses.consumer, folded)
    where = (uses.leaf * (calls + 1) + above + 1) * (calls + 1) + hidden + 1
    one_place = uses.spread(where) == 0
    single = hidden != NONE
    single |= one_place & ((uses.spread(about.depth[uses.consumer]) <= NEAR) | (uses.spread(shown_in) == 0))
    first, at = first_each(where)
    first_there = first[at]
    first, box = first_each(first_there * (calls + count + 1) + np.where(single, calls + count, shown_in))
    order = np.lexsort((first, first_there[first]))
    first, rank = first[order], np.argsort(order)
    copy_at = np.where(single[first], NONE, uses.consumer[first])
    return LeafBoxes(uses.leaf[first], copy_at, above[first], hidden[first], rank[box])
