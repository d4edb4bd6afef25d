"""Rows relaxed by isotonic regression: every vertex as near to its neighbours above and below as its row allows."""

from __future__ import annotations

from typing import NamedTuple

from explorer.graph.strata import Segment, Strata

ITEM_GAP = 18.0
"""px between two neighbours in a row."""

RELAXATIONS = 6


class Pull(NamedTuple):
    """A neighbour's wish: this vertex at `vertex`'s x plus `shift`."""

    vertex: int
    shift: float
    weight: float


def _weight(strata: Strata, segment: Segment) -> float:
    roles = {strata.roles[segment.source], strata.roles[segment.target]}
    if segment.main or roles == {"dummy"}:
        return 8.0
    return 0.3 if segment.long or "leaf" in roles else 2.0


def find_pulls(strata: Strata) -> list[list[Pull]]:
    """By vertex: what its neighbours wish."""
    pulls: list[list[Pull]] = [[] for _ in strata.ranks]
    for segment in strata.segments:
        weight = _weight(strata, segment)
        offset = segment.leaves_at - segment.arrives_at
        pulls[segment.target].append(Pull(segment.source, offset, weight))
        pulls[segment.source].append(Pull(segment.target, -offset, weight))
    return pulls


def relax(strata: Strata, rows: list[list[int]], pulls: list[list[Pull]]) -> list[float]:
    """Move every row to where its neighbours want it, in order and apart: least squares, solved by pooling adjacent violators."""
    x = [0.0] * len(strata.ranks)
    for row in rows:
        offsets = _offsets(strata, row)
        for vertex, offset in zip(row, offsets, strict=True):
            x[vertex] = offset - (offsets[-1] if offsets else 0.0) / 2
    weights = [sum(pull.weight for pull in near) or 0.1 for near in pulls]
    all_offsets = [_offsets(strata, row) for row in rows]
    for turn in range(RELAXATIONS):
        for rank in range(len(rows)) if turn % 2 == 0 else range(len(rows) - 1, -1, -1):
            _pool(rows[rank], all_offsets[rank], pulls, weights, x)
    return x


def _offsets(strata: Strata, row: list[int]) -> list[float]:
    """Where each vertex of a row stands when it is packed as tightly as allowed."""
    offsets, at = [], 0.0
    for index, vertex in enumerate(row):
        if index:
            at += apart(strata, row[index - 1], vertex)
        offsets.append(at)
    return offsets


def apart(strata: Strata, left: int, right: int) -> float:
    """Least distance of the centres of two neighbours in a row."""
    return (strata.widths[left] + strata.widths[right]) / 2 + ITEM_GAP


def _pool(row: list[int], offsets: list[float], pulls: list[list[Pull]], weights: list[float], x: list[float]) -> None:
    pools: list[tuple[float, float, int]] = []
    for vertex, offset in zip(row, offsets, strict=True):
        near, weight = pulls[vertex], weights[vertex]
        wish = x[vertex]
        if near:
            wish = 0.0
            for other, shift, strength in near:
                wish += (x[other] + shift) * strength
            wish /= weight
        moment, mass, count = weight * (wish - offset), weight, 1
        while pools and pools[-1][0] * mass > moment * pools[-1][1]:
            earlier = pools.pop()
            moment, mass, count = moment + earlier[0], mass + earlier[1], count + earlier[2]
        pools.append((moment, mass, count))
    index = 0
    for moment, mass, count in pools:
        for _ in range(count):
            x[row[index]] = moment / mass + offsets[index]
            index += 1
