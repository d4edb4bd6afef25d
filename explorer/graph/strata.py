"""From items and links to strata: a rank for each item, and dummies where a link passes a rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from explorer.graph.layered import Item, Link

DUMMY_WIDTH = 6.0

DUMMIES_PER_ITEM = 0.5
SPARE_DUMMIES = 6000
"""How many dummies there may be. Links over budget, the longest ones, run straight."""


class Segment(NamedTuple):
    """A piece of a link between two vertices of neighbouring ranks (of any ranks if `long`)."""

    source: int
    target: int
    leaves_at: float
    arrives_at: float
    main: bool = False
    long: bool = False


@dataclass
class Strata:
    """Vertices are the items, by their index, and after them the dummies. Rank 0 is the uppermost row."""

    ranks: list[int]
    widths: list[float]
    heights: list[float]
    roles: list[str]
    """As in `Item`, or ``dummy``."""
    segments: list[Segment] = field(default_factory=list)
    trunks: list[tuple[int, ...]] = field(default_factory=list)
    """By link: the dummies that it passes, from above."""


def stratify(items: Sequence[Item], links: Sequence[Link]) -> Strata:
    """Rank the items and lead each link through a dummy in every rank that it passes."""
    ranks = _ranks(items, links)
    strata = Strata(
        ranks=ranks,
        widths=[item.width for item in items],
        heights=[item.height for item in items],
        roles=[item.role for item in items],
    )
    trunks: dict[tuple[int, float], list[int]] = {}
    affordable = _affordable(ranks, links, int(DUMMIES_PER_ITEM * len(items)) + SPARE_DUMMIES)
    mains: dict[tuple[int, int, float, float], bool] = {}
    for index, link in enumerate(links):
        if not affordable[index]:
            strata.trunks.append(())
            strata.segments.append(Segment(*link[:4], long=True))
            continue
        trunk = trunks.setdefault((link.source, link.leaves_at), [])
        passed = ranks[link.target] - ranks[link.source] - 1
        while len(trunk) < passed:
            above = (trunk[-1], 0.0) if trunk else (link.source, link.leaves_at)
            trunk.append(_dummy(strata, above[0]))
            mains[above[0], trunk[-1], above[1], 0.0] = False
        strata.trunks.append(tuple(trunk[:passed]))
        last = (trunk[passed - 1], 0.0) if passed else (link.source, link.leaves_at)
        final = (last[0], link.target, last[1], link.arrives_at)
        mains[final] = mains.get(final, False) or link.main
        if passed and link.main:
            mains[link.source, trunk[0], link.leaves_at, 0.0] = True
    strata.segments += [Segment(*key, main=main) for key, main in mains.items()]
    return strata


def _dummy(strata: Strata, above: int) -> int:
    """A new dummy in the row below `above`."""
    strata.ranks.append(strata.ranks[above] + 1)
    strata.widths.append(DUMMY_WIDTH)
    strata.heights.append(0.0)
    strata.roles.append("dummy")
    return len(strata.ranks) - 1


def _ranks(items: Sequence[Item], links: Sequence[Link]) -> list[int]:
    """Longest way to a sink, from below; entries have the top rank and exits the bottom rank for themselves."""
    above: list[list[int]] = [[] for _ in items]
    waiting = [0] * len(items)
    for link in links:
        above[link.target].append(link.source)
        waiting[link.source] += 1
    has_exits = any(item.role == "exit" for item in items)
    height = [1 if has_exits and item.role != "exit" else 0 for item in items]
    ready = [index for index, count in enumerate(waiting) if not count]
    for index in ready:
        for source in above[index]:
            height[source] = max(height[source], height[index] + 1)
            waiting[source] -= 1
            if not waiting[source]:
                ready.append(source)
    if len(ready) < len(items):
        raise ValueError("the links make a cycle")
    top = max((height[index] for index, item in enumerate(items) if item.role != "entry"), default=-1)
    if any(item.role == "entry" for item in items):
        top += 1
    return [0 if item.role == "entry" else top - height[index] for index, item in enumerate(items)]


def _affordable(ranks: Sequence[int], links: Sequence[Link], budget: int) -> list[bool]:
    """Which links get dummies: all if the budget allows, else the shortest first."""
    spans = [ranks[link.target] - ranks[link.source] - 1 for link in links]
    taken: dict[tuple[int, float], int] = {}
    afforded = [False] * len(links)
    for index in sorted(range(len(links)), key=spans.__getitem__):
        trunk = (links[index].source, links[index].leaves_at)
        more = spans[index] - taken.get(trunk, 0)
        if more > budget:
            break
        if more > 0:
            budget -= more
            taken[trunk] = spans[index]
        afforded[index] = True
    return afforded
