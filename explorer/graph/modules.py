"""Which module call each node belongs to: a tree of calls, read off the order in which forward made the nodes.

A module call is an interval of sequence numbers, so each run of consecutive nodes under one path is one call. A path that
is interrupted makes two calls, which keeps a drawing with folded modules free of cycles whatever the attribution says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.graph.arrays import NONE, Coded, Flags, Whole, distinct, edges, nodes, occurrences, stretches, whole
from explorer.graph.homes import Nest, homes
from explorer.graph.order import forward_order
from explorer.ir import Graph, Unit


@dataclass(slots=True)
class Call:
    """One call of one module; also a group of repeats or a step of a loop (see `explorer.graph.repeats`), which are no modules."""

    module: str
    """Path, as in ``model.layer1.0``; of a group and of a step a name that no module has."""
    number: int = 0
    """Which call of this module, from 0."""
    total: int = 1
    """How many calls of this module the graph holds."""
    unit: Unit = "module"
    class_name: str | None = None
    """Of the module, or of the modules that a group repeats."""
    repeats: int = 0
    """Of a group: how many members it has; of a step: how many the whole loop has; of a module that holds only equal calls: how many."""
    holds: str | None = None
    """Class of those equal calls."""
    place: int = 0
    """Of a step: which one of its group, from 0."""
    lines: tuple[int, int] | None = None
    """Of a loop: first and last source line of a step."""
    ends: tuple[str, str] | None = None
    """Of a group of module calls: paths of its first and its last member."""
    span: tuple[int, int] | None = None
    """Of a range of a large group: its first and its last member there, from 1."""

    @property
    def repeated(self) -> bool:
        return self.total > 1

    @property
    def fold(self) -> str:
        """Names this call alone in the set of what is open; `module` names all calls of it."""
        return f"{self.module}#{self.number}" if self.repeated else self.module

    def opened_by(self, names: frozenset[str]) -> str | None:
        """The name in `names` that opens this call; None where it is folded."""
        return self.module if self.module in names else self.fold if self.fold in names else None


@dataclass
class ModuleTree(Nest):
    """All calls with what is said of each."""

    calls: list[Call]
    order: Whole
    """Ids of the nodes but the leaves, in forward order."""

    @cached_property
    def depth(self) -> Whole:
        """By call: how many are around it."""
        found: list[int] = []
        for around in self.parent.tolist():
            found.append(0 if around == NONE else found[around] + 1)
        return whole(found)

    @cached_property
    def outermost(self) -> Whole:
        """By call: the outermost one around it, or itself."""
        found: list[int] = []
        for index, around in enumerate(self.parent.tolist()):
            found.append(index if around == NONE else found[around])
        return whole(found)

    @cached_property
    def within(self) -> list[str]:
        """By call, and last outside of all: the path of the innermost module, of it and those around it; empty where there is none."""
        found: list[str] = []
        for call, around in zip(self.calls, self.parent.tolist(), strict=True):
            found.append(call.module if call.unit == "module" else "" if around == NONE else found[around])
        return [*found, ""]

    def names(self, calls: Whole) -> frozenset[str]:
        """Of their modules, groups and steps."""
        return frozenset(self.path.texts[place] or "" for place in distinct(self.path.place[calls]).tolist())

    def opened_by(self, names: frozenset[str]) -> Flags:
        """By call: whether one of `names` opens it, that of all calls of its module or its own."""
        module = np.zeros(len(self.path.texts), np.bool_)
        module[[place for name in names if (place := self._places.get(name)) is not None]] = True
        found = module[self.path.place]
        found[[call for name in names if (call := self._repeated.get(name)) is not None]] = True
        return found

    @cached_property
    def _places(self) -> dict[str | None, int]:
        return {path: place for place, path in enumerate(self.path.texts)}

    @cached_property
    def _repeated(self) -> dict[str, int]:
        """Calls that have a name of their own."""
        return {call.fold: index for index, call in enumerate(self.calls) if call.repeated}

    def line(self, call: int) -> list[int]:
        """`call` and all calls around it, innermost first."""
        found = []
        while call != NONE:
            found.append(int(call))
            call = int(self.parent[call])
        return found


def modules(graph: Graph) -> ModuleTree:
    """The tree of module calls of `graph`.

    A call that holds nothing but one other call is merged with it, and a call that made only one node is no group of
    its own: that node belongs to the call around it.
    """
    order = forward_order(graph)
    return _tidy(graph, _scan(graph, order), order)


class _Paths:
    """Paths of modules and of those around them, by number, each once."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.lines: list[tuple[int, ...]] = []
        """By path: the paths around it, outermost first, and itself."""

    def line(self, path: str | None) -> tuple[int, ...]:
        """The line of a path; empty without one."""
        missing = []
        while path and path not in self.number:
            missing.append(path)
            path = path.rpartition(".")[0]
        line = self.lines[self.number[path]] if path else ()
        for each in reversed(missing):
            line = (*line, self.number.setdefault(each, len(self.number)))
            self.lines.append(line)
        return line


def _scan(graph: Graph, order: Whole) -> Nest:
    """One call for each stretch of nodes of one module, whatever it calls meanwhile."""
    module, number = nodes(graph).module, nodes(graph).call[order]
    begin, end = stretches(module.place[order], number)
    paths = _Paths()
    lines = [paths.line(path) for path in module.texts]
    scanned = _Scan([lines[place] for place in module.place[order[begin]].tolist()], number[begin].tolist())
    owner = np.full(len(graph.nodes), NONE)
    owner[order] = np.repeat(whole(scanned.innermost), end - begin)
    path = Coded(whole(scanned.path), list(paths.number))
    return Nest(path, whole(scanned.parent), np.ones(len(path.place), np.bool_), owner)


class _Scan:
    """The calls that stretches of nodes begin and end."""

    def __init__(self, lines: Sequence[tuple[int, ...]], numbers: Sequence[int]) -> None:
        """`lines` of the modules around each stretch, and which call of the innermost one it is of."""
        self.path: list[int] = []
        self.parent: list[int] = []
        """By call; `NONE` at the top."""
        self.innermost: list[int] = []
        """By stretch: its call."""
        self._lines, self._numbers = lines, numbers
        self._number: dict[int, int] = {}
        """By call: which one of its module, once it has made a node itself."""
        begun: set[tuple[int, int]] = set()
        stack: list[int] = []
        for stretch, (line, number) in enumerate(zip(lines, numbers, strict=True)):
            keep = min(len(stack), len(line))
            while keep and self.path[stack[keep - 1]] != line[keep - 1]:
                keep -= 1
            if keep and keep == len(line) and self._number.get(stack[keep - 1], number) != number:
                keep -= 1
            while (
                0 < keep < len(line)
                and (stack[keep - 1], line[keep]) in begun
                and self._ended(stack[keep - 1], stretch)
            ):
                keep -= 1
            del stack[keep:]
            for path in line[keep:]:
                above = stack[-1] if stack else NONE
                begun.add((above, path))
                stack.append(len(self.path))
                self.path.append(path)
                self.parent.append(above)
            if line:
                self._number[stack[-1]] = number
            self.innermost.append(stack[-1] if line else NONE)

    def _ended(self, call: int, stretch: int) -> bool:
        """Whether another call of the same module has begun at `stretch`, where something in it begins again.

        Nodes tell their innermost call only: the next node that the module makes by itself tells which call this is.
        """
        number, own = self._number.get(call), self._own.get(self.path[call], [])
        next_own = bisect_left(own, stretch)
        return number is not None and next_own < len(own) and self._numbers[own[next_own]] != number

    @cached_property
    def _own(self) -> dict[int, list[int]]:
        """By path: the stretches of nodes that it made by itself."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for stretch, line in enumerate(self._lines):
            if line:
                found[line[-1]].append(stretch)
        return found


def _tidy(graph: Graph, nest: Nest, order: Whole) -> ModuleTree:
    """Merge one-child chains, dissolve calls of one node, number what is left."""
    parent, held = nest.parent.tolist(), _held(graph, nest)
    children, only = [0] * len(parent), [NONE] * len(parent)
    goes_to = list(range(len(parent)))
    for call in range(len(parent) - 1, -1, -1):
        above, stays = parent[call], call
        if not children[call] and held[call] < 2:
            goes_to[call], stays = above, NONE
            if above != NONE:
                held[above] += held[call]
        elif not held[call] and children[call] == 1:
            goes_to[call] = stays = only[call]
            parent[stays] = above
        if NONE not in (stays, above):
            children[above] += 1
            only[above] = stays
    return _renumber(graph, nest, order, parent, goes_to)


def _held(graph: Graph, nest: Nest) -> list[int]:
    """By call: how many nodes and leaves it holds itself."""
    used = nodes(graph).is_leaf[edges(graph).target]
    consumer, leaf = edges(graph).source[used], edges(graph).target[used]
    home = homes(nest, nodes(graph).variable, leaf, consumer)
    leaves = distinct(home[home != NONE] * len(graph.nodes) + leaf[home != NONE]) // len(graph.nodes)
    held = np.concatenate([nest.owner[nest.owner != NONE], leaves])
    found: list[int] = np.bincount(held, minlength=len(nest.parent)).tolist()
    return found


def _renumber(graph: Graph, nest: Nest, order: Whole, parent: list[int], goes_to: list[int]) -> ModuleTree:
    """The tree of those calls that go to themselves; nodes of the others go to calls around these."""
    alive = np.flatnonzero(whole(goes_to) == np.arange(len(goes_to)))
    path = nest.path._replace(place=nest.path.place[alive])
    named = [(text or "", graph.classes.get(text or "")) for text in path.texts]
    number, total = (column.tolist() for column in occurrences(path.place))
    calls = [
        Call(named[at][0], which, of, class_name=named[at][1])
        for at, which, of in zip(path.place.tolist(), number, total, strict=True)
    ]
    new = np.full(len(goes_to) + 1, NONE)  # and last for what is outside of all
    new[alive] = np.arange(len(alive))
    final = new.tolist()
    for call, target in enumerate(goes_to):
        if 0 <= target < call:
            final[call] = final[target]
    return ModuleTree(path, new[whole(parent)[alive]], nest.is_module[alive], whole(final)[nest.owner], calls, order)
