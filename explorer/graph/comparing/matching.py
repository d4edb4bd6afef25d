"""Which node of one graph is which of the other.

Rounds, from what leaves no doubt to what is merely likely, each over the nodes that the rounds before left over:

1. nodes with the same label, the same computation below them and the same one above them; then below only, then above only. A part that
   was inserted or taken out leaves what is below it and what is above it matched;
2. neighbours: the inputs and the uses of matched nodes, slot by slot, where the labels agree;
3. the same label between the same matched nodes, in order.

The label is first everything a node says of itself (`Side.exact`), then its module and variable (`Side.named`); last, only neighbours
and results are matched by the function alone (`Side.alike`). Equal nodes are told apart by their order in the graph, never by their ids.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from explorer.graph.comparing.side import Label, Side
from explorer.ir import Node

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)
Labelling = Callable[[Side, Node], Label]


def match(left: Side, right: Side) -> dict[int, int]:
    """By id in `left`: the id in `right` of the same node; what is on one side only is left out. ``match(b, a)`` is the inverse."""
    if _form(right) < _form(left):
        return {theirs: ours for ours, theirs in match(right, left).items()}
    matching = _Matching(left, right)
    for label in (Side.exact, Side.named):
        if matching.complete:
            break
        matching.by_structure(label)
        matching.by_neighbours(label)
        matching.by_order(label)
        matching.by_neighbours(label)
    matching.by_result()
    matching.by_neighbours(Side.alike)
    return matching.partner[0]


def _form(side: Side) -> tuple[int, list[tuple[Label, tuple[tuple[int, int, int], ...]]]]:
    """The graph without its numbering, so that of two graphs the first one is always the same."""
    described = (
        (
            side.exact(side.nodes[node]),
            tuple((edge.slot, edge.output_nr, side.place[edge.target]) for edge in side.inputs[node]),
        )
        for node in side.order
    )
    return len(side.nodes), list(described)


class _Matching:
    """Grows from round to round; 0 is the left side, 1 the right one."""

    def __init__(self, left: Side, right: Side) -> None:
        self.sides = (left, right)
        self.partner: tuple[dict[int, int], dict[int, int]] = ({}, {})

    @property
    def complete(self) -> bool:
        """Whether one side has nothing left to match."""
        return any(len(found) == len(side.nodes) for found, side in zip(self.partner, self.sides, strict=True))

    def add(self, ours: int, theirs: int) -> None:
        self.partner[0][ours] = theirs
        self.partner[1][theirs] = ours

    def free(self, side: int) -> Iterator[int]:
        """What is left over, in the order of the graph."""
        return (node for node in self.sides[side].order if node not in self.partner[side])

    def by_structure(self, label: Labelling) -> None:
        """Match nodes with the same whole graph below and above them, then with one of the two."""
        names: dict[Hashable, int] = {}
        below = [_below(side, label, names) for side in self.sides]
        above = [_above(side, label, names) for side in self.sides]
        self._pair([list(zip(*both, strict=True)) for both in zip(below, above, strict=True)])
        self._pair(below)
        self._pair(above)

    def _pair(self, keys: Sequence[Sequence[Hashable]]) -> None:
        """Match those with equal keys, in order, where there are as many on both sides."""
        ours, theirs = (_grouped(self.free(side), keys[side].__getitem__) for side in (0, 1))
        for key, nodes in ours.items():
            if len(nodes) == len(others := theirs.get(key, ())):
                for one, other in zip(nodes, others, strict=True):
                    self.add(one, other)

    def by_order(self, label: Labelling) -> None:
        """Match the same label between the same matched nodes, as many as both sides have; then wherever it is as often on both."""
        labels = [[label(side, node) for node in side.nodes] for side in self.sides]
        keys = [list(zip(labels[side], self._anchors(side), strict=True)) for side in (0, 1)]
        ours, theirs = (_grouped(self.free(side), keys[side].__getitem__) for side in (0, 1))
        for key, nodes in ours.items():
            for one, other in zip(nodes, theirs.get(key, ()), strict=False):
                self.add(one, other)
        self._pair(labels)

    def _anchors(self, side: int) -> list[int]:
        """By node id: the last matched node before it, by its id on the left side; -1 where there is none."""
        anchors, last = [-1] * len(self.sides[side].nodes), -1
        for node in self.sides[side].order:
            if node in self.partner[side]:
                last = node if side == 0 else self.partner[1][node]
            anchors[node] = last
        return anchors

    def by_result(self) -> None:
        """Match results of the same number that one function made."""
        left, right = self.sides
        for root, other in zip(left.run.graph.roots, right.run.graph.roots, strict=False):
            free = root.node not in self.partner[0] and other.node not in self.partner[1]
            if free and left.alike(left.nodes[root.node]) == right.alike(right.nodes[other.node]):
                self.add(root.node, other.node)

    def by_neighbours(self, label: Labelling) -> None:
        """Walk from matched nodes to their inputs and uses, and on from what is matched on the way."""
        if self.complete:
            return
        waiting = deque(dict.fromkeys(self._beside_free()))
        while waiting:
            ours = waiting.popleft()
            for one, other in self._neighbours(ours, self.partner[0][ours], label):
                if one not in self.partner[0] and other not in self.partner[1]:
                    self.add(one, other)
                    waiting.append(one)

    def _beside_free(self) -> Iterator[int]:
        """Matched nodes of the left side that touch one that is left over."""
        left = self.sides[0]
        for node in self.free(0):
            near = [edge.target for edge in left.inputs[node]] + [edge.source for edge in left.uses[node]]
            yield from (each for each in near if each in self.partner[0])

    def _neighbours(self, ours: int, theirs: int, label: Labelling) -> Iterator[tuple[int, int]]:
        """Pairs that the pair makes likely: what both take in one slot, what alone takes both in one way."""
        left, right = self.sides
        taken = {(edge.slot, edge.output_nr): edge.target for edge in right.inputs[theirs]}
        for edge in left.inputs[ours]:
            other = taken.get((edge.slot, edge.output_nr))
            if other is not None and label(left, left.nodes[edge.target]) == label(right, right.nodes[other]):
                yield edge.target, other
        users, others = (self._free_users(side, node, label) for side, node in ((0, ours), (1, theirs)))
        for way, sources in users.items():
            if len(sources) == len(there := others.get(way, ())):
                yield from zip(sources, there, strict=True)

    def _free_users(self, side: int, node: int, label: Labelling) -> dict[Hashable, list[int]]:
        """Who takes a node and is left over, in order, by how it takes it and what it is."""
        here = self.sides[side]
        free = (edge for edge in here.uses[node] if edge.source not in self.partner[side])
        groups: dict[Hashable, list[int]] = {}
        for edge in free:
            way = (edge.slot, edge.output_nr, label(here, here.nodes[edge.source]))
            groups.setdefault(way, []).append(edge.source)
        return groups


def _grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _below(side: Side, label: Labelling, names: dict[Hashable, int]) -> list[int]:
    """By node id: a number for the whole computation down to the leaves, equal on both sides where that is equal."""
    found = [-1] * len(side.nodes)
    for node in side.order:
        taken = tuple((edge.slot, edge.output_nr, found[edge.target]) for edge in side.inputs[node])
        found[node] = names.setdefault(("below", label(side, side.nodes[node]), taken), len(names))
    return found


def _above(side: Side, label: Labelling, names: dict[Hashable, int]) -> list[int]:
    """By node id: the same for all that is made of it, up to the results."""
    found = [-1] * len(side.nodes)
    for node in reversed(side.order):
        users = tuple(sorted((edge.output_nr, edge.slot, found[edge.source]) for edge in side.uses[node]))
        results = tuple(side.results[node])
        found[node] = names.setdefault(("above", label(side, side.nodes[node]), users, results), len(names))
    return found
