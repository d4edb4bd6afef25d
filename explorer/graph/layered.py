"""A layered drawing of one flat directed graph without cycles: ranks, order in each row, x, y, and the way of each link.

After Sugiyama, Tagawa and Toda (1981), with four choices of our own. Ranks are counted from the consumers, so that leaves
hug their use. Links that leave one item share one trunk of dummies, so that a producer with a hundred consumers costs one
long line. Rows are relaxed by isotonic regression. Chains become blocks that move as one, so that they are straight to the
last bit. Every step is near-linear and depends on the order of its input only.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from explorer.graph.blocks import straighten
from explorer.graph.rows import arrange
from explorer.graph.strata import Strata, stratify

Role = Literal["item", "leaf", "entry", "exit"]
"""A leaf weighs little. An entry is a point on the upper border of the drawing, an exit one on the lower border."""

ROW_GAP = 36.0
STEEP = 0.10
MAX_GAP = 84.0
PORT_GAP = 12.0
"""px between two rows: the least, the share of the longest sideways way that is added, and the most; the least beside a border
that wires run straight through."""


class Item(NamedTuple):
    """Something to place: px."""

    width: float
    height: float
    role: Role = "item"


class Link(NamedTuple):
    """A line downwards from one item to another; px right of their centres where it leaves and arrives."""

    source: int
    target: int
    leaves_at: float = 0.0
    arrives_at: float = 0.0
    main: bool = False
    """Whether it belongs to the main line of the drawing, which should run straight."""


class Placed(NamedTuple):
    """Centres of items and points of links, in px from the upper left corner of the drawing."""

    centres: tuple[tuple[float, float], ...]
    ways: tuple[tuple[tuple[float, float], ...], ...]
    width: float
    height: float


def place(items: tuple[Item, ...], links: tuple[Link, ...]) -> Placed:
    """Place `items` so that every link goes downwards and no two items overlap.

    Raises:
        ValueError: the links make a cycle.
    """
    if not items:
        return Placed((), (), 0.0, 0.0)
    strata = stratify(items, links)
    rows = arrange(strata)
    x = straighten(strata, rows)
    left = min(x[vertex] - strata.widths[vertex] / 2 for vertex in range(len(x)))
    x = [value - left for value in x]
    right = max(x[vertex] + strata.widths[vertex] / 2 for vertex in range(len(x)))
    tops, bottoms = _row_borders(strata, rows, x)
    grid = _Grid(items, strata, x, tops, bottoms)
    ways = tuple(grid.way(link, trunk) for link, trunk in zip(links, strata.trunks, strict=True))
    return Placed(tuple(grid.centre(index) for index in range(len(items))), ways, right, bottoms[-1])


def _row_borders(strata: Strata, rows: list[list[int]], x: list[float]) -> tuple[list[float], list[float]]:
    """Upper and lower y of every row; rows with long ways sideways between them stand further apart."""
    gaps = [PORT_GAP] * len(rows)
    for segment in strata.segments:
        rank = strata.ranks[segment.source]
        ports = strata.roles[segment.source] == "entry" or strata.roles[segment.target] == "exit"
        reach = abs(x[segment.source] + segment.leaves_at - x[segment.target] - segment.arrives_at)
        if not segment.long and (reach or not ports):
            gaps[rank] = max(gaps[rank], min(MAX_GAP, ROW_GAP + STEEP * reach))
    tops, bottoms, y = [], [], 0.0
    for row, gap in zip(rows, gaps, strict=True):
        tops.append(y)
        y += max((strata.heights[vertex] for vertex in row), default=0.0)
        bottoms.append(y)
        y += gap
    return tops, bottoms


class _Grid(NamedTuple):
    """Items with their x, in rows with their upper and lower y."""

    items: tuple[Item, ...]
    strata: Strata
    x: list[float]
    tops: list[float]
    bottoms: list[float]

    def centre(self, index: int) -> tuple[float, float]:
        """Leaves sit at the lower side of their row, near their use; everything else in the middle."""
        item, rank = self.items[index], self.strata.ranks[index]
        top, bottom = self.tops[rank], self.bottoms[rank]
        return self.x[index], bottom - item.height / 2 if item.role == "leaf" else (top + bottom) / 2

    def way(self, link: Link, trunk: tuple[int, ...]) -> tuple[tuple[float, float], ...]:
        """From lower side to upper side: straight down through each row, aslant in the gaps between rows only."""
        ranks = self.strata.ranks
        start, end = self.centre(link.source), self.centre(link.target)
        out, into = start[0] + link.leaves_at, end[0] + link.arrives_at
        points = [(out, start[1] + self.items[link.source].height / 2), (out, self.bottoms[ranks[link.source]])]
        for dummy in trunk:
            points += [(self.x[dummy], self.tops[ranks[dummy]]), (self.x[dummy], self.bottoms[ranks[dummy]])]
        points += [(into, self.tops[ranks[link.target]]), (into, end[1] - self.items[link.target].height / 2)]
        return simplify([(x, round(y, 6)) for x, y in points])  # a sum may exceed by a last bit what it equals


def simplify(points: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Leave out points on the straight vertical line between their neighbours, and repeated ones."""
    kept = points[:1]
    for index in range(1, len(points)):
        here = points[index]
        following = points[index + 1] if index + 1 < len(points) else None
        if here == kept[-1] and following is not None:
            continue
        if following is not None and kept[-1][0] == here[0] == following[0]:
            continue
        kept.append(here)
    return tuple(kept)
