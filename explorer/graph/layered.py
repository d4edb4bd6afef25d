"""A layered drawing of flat directed graphs without cycles: rows, order in each row, x, y, and the way of each link. Many sheets at once.

After Sugiyama, Tagawa and Toda (1981), with three choices of our own. Rows are counted from the consumers, so that leaves hug
their use. Links that leave one item share one trunk of dummies, so that a producer with a hundred consumers costs one long line.
Chains become blocks that move as one, so that they are straight to the last bit. Every step is near-linear and depends on the
order of its input only; what a sheet becomes does not depend on those that are drawn with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.graph.blocks import straighten
from explorer.graph.rows import arrange
from explorer.graph.strata import ENTRY, EXIT, LEAF, Floats, Sheet, Strata, Whole, stratify

ROW_GAP = 36.0
STEEP = 0.10
MAX_GAP = 84.0
PORT_GAP = 12.0
"""px between two rows: the least, the share of the longest sideways way that is added, and the most; the least beside a border
that wires run straight through."""


@dataclass(frozen=True)
class Placed:
    """Centres of items and points of links, in px from the upper left corner of the sheet."""

    x: Floats
    y: Floats
    width: float
    height: float
    way: Whole
    """By link, and one more: where its points begin."""
    way_x: Floats
    way_y: Floats

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(column.nbytes for column in (self.x, self.y, self.way, self.way_x, self.way_y))


NOTHING = Placed(np.zeros(0), np.zeros(0), 0.0, 0.0, np.zeros(1, np.int64), np.zeros(0), np.zeros(0))
"""A sheet without items."""


def place(sheets: Sequence[Sheet]) -> list[Placed]:
    """Place the items of each sheet so that every link goes downwards and no two items overlap.

    Raises:
        ValueError: the links of a sheet make a cycle.
    """
    full = [sheet for sheet in sheets if len(sheet.width)]
    if not full:
        return [NOTHING for _ in sheets]
    strata = stratify(full)
    found = iter(_finish(strata, straighten(strata, arrange(strata)), len(full)))
    return [next(found) if len(sheet.width) else NOTHING for sheet in sheets]


def _finish(strata: Strata, x: Floats, sheets: int) -> list[Placed]:
    """From x to everything, sheet by sheet."""
    sheet = np.searchsorted(strata.first_row, strata.row, "right") - 1
    left = np.full(sheets, np.inf)
    np.minimum.at(left, sheet, x - strata.width / 2)
    x = x - left[sheet]
    width = np.zeros(sheets)
    np.maximum.at(width, sheet, x + strata.width / 2)
    tops, bottoms = _row_borders(strata, x)
    items = int(strata.first_item[-1])
    row, half = strata.row[:items], strata.height[:items] / 2
    y = np.where(strata.role[:items] == LEAF, bottoms[row] - half, (tops[row] + bottoms[row]) / 2)
    way, way_x, way_y = _ways(strata, x, y, tops, bottoms)
    found = []
    for at in range(sheets):
        mine = slice(strata.first_item[at], strata.first_item[at + 1])
        links = slice(strata.first_link[at], strata.first_link[at + 1] + 1)
        points = slice(way[links][0], way[links][-1])
        height = float(bottoms[strata.first_row[at + 1] - 1])
        found.append(
            Placed(x[mine], y[mine], float(width[at]), height, way[links] - points.start, way_x[points], way_y[points])
        )
    return found


def _row_borders(strata: Strata, x: Floats) -> tuple[Floats, Floats]:
    """Upper and lower y of every row of its sheet; rows with long ways sideways between them stand further apart."""
    rows = int(strata.first_row[-1])
    segments = strata.segments
    short = ~segments.long
    source, target = segments.source[short], segments.target[short]
    reach = np.abs(x[source] + segments.leaves_at[short] - x[target] - segments.arrives_at[short])
    ports = (strata.role[source] == ENTRY) | (strata.role[target] == EXIT)
    counts = (reach > 0) | ~ports
    gap = np.full(rows, PORT_GAP)
    np.maximum.at(gap, strata.row[source[counts]], np.minimum(MAX_GAP, ROW_GAP + STEEP * reach[counts]))
    gap = np.round(gap * 64) / 64  # so that sums are exact, whatever is drawn with the sheet
    height = np.zeros(rows)
    np.maximum.at(height, strata.row, strata.height)
    tops = np.cumsum(height + gap) - height - gap
    tops -= np.repeat(tops[strata.first_row[:-1]], np.diff(strata.first_row))
    return tops, tops + height


def _ways(strata: Strata, x: Floats, y: Floats, tops: Floats, bottoms: Floats) -> tuple[Whole, Floats, Floats]:
    """From lower side to upper side: straight down through each row, aslant in the gaps between rows only."""
    source, target, passed = strata.source, strata.target, strata.passed
    count = 4 + 2 * passed
    way = np.concatenate([[0], np.cumsum(count)])
    start, end = way[:-1], way[1:]
    way_x, way_y = np.empty(way[-1]), np.empty(way[-1])
    way_x[start] = way_x[start + 1] = x[source] + strata.leaves_at
    way_x[end - 1] = way_x[end - 2] = x[target] + strata.arrives_at
    way_y[start], way_y[start + 1] = y[source] + strata.height[source] / 2, bottoms[strata.row[source]]
    way_y[end - 2], way_y[end - 1] = tops[strata.row[target]], y[target] - strata.height[target] / 2
    within = np.arange(passed.sum()) - np.repeat(np.cumsum(passed) - passed, passed)
    dummy = np.repeat(strata.first_dummy, passed) + within
    at = np.repeat(start, passed) + 2 + 2 * within
    way_x[at] = way_x[at + 1] = x[dummy]
    way_y[at], way_y[at + 1] = tops[strata.row[dummy]], bottoms[strata.row[dummy]]
    return way, way_x, way_y
