"""Repeated parts: equal module calls side by side (``layer3.1`` ... ``layer3.22``) and the steps of a loop become one group with a count.

A loop is told by its source lines: nodes of the same names and lines, period after period; where lines are not known (what a backward with
``create_graph`` made, a forward pass of more calls than are recorded), by the names alone. Two module calls are equal if their classes
and all that they made are, whatever the lines and the shapes. Groups take whole stretches of the forward order, so that a folded one
makes no cycle, and they nest. A graph that is drawn whole at first sight needs none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from explorer.graph.arrays import NONE, coded, nodes, stretches, whole
from explorer.graph.modules import Call, ModuleTree
from explorer.ir import Graph

WHOLE_NODES = 300
"""A graph of at most this many nodes is drawn whole."""

FEWEST = 4
FEWEST_NODES = 24
"""Fewer repeats, or fewer nodes in all, make no group."""

MOST_MEMBERS = 64
"""A group of more opens into ranges of them."""

MOST_PERIODS = 48
MOST_PASSES = 4
"""Lengths of a step that are tried, the most likely ones; how deep loops may lie in loops."""


@dataclass(slots=True)
class _Group:
    """Repeats, in place of what was there."""

    token: int
    size: int
    """Nodes."""
    line: int
    members: Sequence[Sequence[_Item]]
    range_of: Call | None = None
    """Of a range of a large group: that group."""
    first: int = 0
    """Place of the first member in that group."""


_Item = int | _Group
"""The id of a node, ``~call``, or a group."""

_Below = tuple[Sequence[_Item], int]
"""Items, and the call that they go into."""


def gather(graph: Graph, tree: ModuleTree) -> ModuleTree:
    """`tree` with groups of repeats in it, and with a call for each step of a loop."""
    if len(graph.nodes) <= WHOLE_NODES:
        return tree
    return _Rebuilding(graph, tree, _Gathering(graph, tree)).tree()


class _Gathering:
    """What lies in each call of `tree`, repeats in groups; innermost calls are looked at first."""

    def __init__(self, graph: Graph, tree: ModuleTree) -> None:
        about, calls = nodes(graph), len(tree.calls)
        self._tokens: dict[object, int] = {name: place for place, name in enumerate(about.name.texts)}
        # by node, and from the end by call, so that ~call finds it
        self._kind: list[int] = about.name.place.tolist() + [0] * calls
        self._size = [1] * len(graph.nodes) + [0] * calls
        self._line: list[int] = about.line.tolist() + [NONE] * calls
        *self.inside, outside = _items(tree)
        for call in range(calls - 1, -1, -1):
            self._look_into(call, tree.calls[call].class_name)
        self.outside = self._grouped(outside)

    def _look_into(self, call: int, class_name: str | None) -> None:
        items = self.inside[call]
        size = self._size[~call] = sum(self._sizes(items))
        if size < FEWEST_NODES:  # nothing repeats in a small call
            self._line[~call] = self.line(items[0])
        else:
            items = self.inside[call] = self._grouped(items)
            self._line[~call] = next((line for item in items if (line := self.line(item)) != NONE), NONE)
        shape = [item.token if isinstance(item, _Group) else self._kind[item] for item in items]
        self._kind[~call] = self._token((class_name, *shape))

    def _token(self, what: object) -> int:
        return self._tokens.setdefault(what, len(self._tokens))

    def token(self, item: _Item) -> int:
        """Equal for items that may repeat each other: calls of one class that made the same, nodes of one name and line."""
        if isinstance(item, _Group):
            return item.token
        return self._kind[item] if item < 0 else self._token((self._kind[item], self._line[item]))

    def line(self, item: _Item) -> int:
        """`NONE` where none is known."""
        return item.line if isinstance(item, _Group) else self._line[item]

    def _sizes(self, items: Sequence[_Item]) -> list[int]:
        return [item.size if isinstance(item, _Group) else self._size[item] for item in items]

    def _grouped(self, items: Sequence[_Item]) -> Sequence[_Item]:
        """`items` with each stretch of repeats replaced by one group, inner loops first."""
        if sum(self._sizes(items)) < FEWEST_NODES:
            return items
        for _ in range(MOST_PASSES):
            stretches = sorted(self._stretches(items))
            if not stretches:
                break
            found, at = list[_Item](), 0
            for start, period, times in stretches:
                found += items[at:start]
                at = start + period * times
                members = [items[first : first + period] for first in range(start, at, period)]
                token = self._token((times, tuple(map(self.token, members[0]))))
                found.append(_Group(token, sum(self._sizes(items[start:at])), self.line(items[start]), members))
            items = [*found, *items[at:]]
        return items

    def _stretches(self, items: Sequence[_Item]) -> Iterator[tuple[int, int, int]]:
        """Where items repeat: (start, length of one period, number of periods); none overlaps another."""
        if len(items) < FEWEST:
            return
        tokens = np.array([self.token(item) for item in items], np.int64)
        weight = np.concatenate([[0], np.cumsum(self._sizes(items))])
        for period in _periods(tokens):
            same = np.concatenate([[False], (tokens[period:] == tokens[:-period]) & (tokens[period:] >= 0), [False]])
            edges = np.flatnonzero(np.diff(same.astype(np.int8)))
            for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                begin, times = self._in_phase(items, start, period, (end - start) // period + 1, end + period)
                beyond = begin + period * times
                if times < FEWEST or weight[beyond] - weight[begin] < FEWEST_NODES or (tokens[begin:beyond] < 0).any():
                    continue
                tokens[begin:beyond] = -1
                yield begin, period, times

    def _in_phase(self, items: Sequence[_Item], start: int, period: int, times: int, end: int) -> tuple[int, int]:
        """Where the first step begins that begins with the loop's first line, and how many follow; as it was where lines do not tell."""
        lines = [self.line(item) for item in items[start : start + period]]
        if NONE in lines or len(set(lines)) == 1:
            return start, times
        first = next(at for at, line in enumerate(lines) if line == min(lines) and lines[at - 1] != line)
        whole = (end - start - first) // period
        return (start + first, whole) if whole >= FEWEST else (start, times)


def _items(tree: ModuleTree) -> list[Sequence[_Item]]:
    """By call, and last outside of all: its own nodes, and the calls that it made as ``~call``, in forward order."""
    inside: list[list[_Item]] = [[] for _ in range(len(tree.calls) + 1)]
    seen, parent = [False] * len(tree.calls), tree.parent.tolist()
    order, owner = tree.order.tolist(), tree.owner[tree.order]
    begin, end = stretches(owner)
    for innermost, start, stop in zip(owner[begin].tolist(), begin.tolist(), end.tolist(), strict=True):
        inside[innermost] += order[start:stop]
        call = innermost
        while call != NONE and not seen[call]:
            seen[call] = True
            inside[parent[call]].append(~call)
            call = parent[call]
    return [*inside]


def _periods(tokens: NDArray[np.int64]) -> list[int]:
    """Likely lengths of a period, ascending: the distances between equal tokens, and between every second and third of them."""
    order = np.argsort(tokens, kind="stable")
    found: Counter[int] = Counter()
    for step in (1, 2, 3):
        near = tokens[order[step:]] == tokens[order[:-step]]
        lengths, counts = np.unique((order[step:] - order[:-step])[near], return_counts=True)
        found.update(dict(zip(lengths.tolist(), counts.tolist(), strict=True)))
    likely = sorted(found, key=lambda length: (-found[length], length))[:MOST_PERIODS]
    return sorted(length for length in likely if length * FEWEST <= len(tokens))


class _Rebuilding:
    """The tree again, out of what was gathered."""

    def __init__(self, graph: Graph, old: ModuleTree, gathered: _Gathering) -> None:
        self._graph, self._old, self._gathered = graph, old, gathered
        self._calls: list[Call] = []
        self._parent: list[int] = []
        self._owner = [NONE] * len(graph.nodes)

    def tree(self) -> ModuleTree:
        """All calls; those that lie in one stand side by side."""
        waiting: list[_Below] = [(self._gathered.outside, NONE)]
        while waiting:
            items, at = waiting.pop()
            below = list[_Below]()
            for item in items:
                if isinstance(item, _Group):
                    below += self._add_group(item, at)
                elif item < 0:
                    below += self._add_call(~item, at)
                else:
                    self._owner[item] = at
            waiting += reversed(below)
        _number(self._calls)
        is_module = np.array([call.unit == "module" for call in self._calls], np.bool_)
        path = coded([call.module for call in self._calls])
        return ModuleTree(path, whole(self._parent), is_module, whole(self._owner), self._calls, self._old.order)

    def _add(self, call: Call, parent: int) -> int:
        self._calls.append(call)
        self._parent.append(parent)
        return len(self._calls) - 1

    def _add_call(self, number: int, parent: int) -> list[_Below]:
        """Add a module call. One that holds nothing but equal calls is itself the group of these."""
        call, items = self._old.calls[number], self._gathered.inside[number]
        only = items[0]
        if len(items) > 1 or not isinstance(only, _Group) or (ends := self._ends(only.members)) is None:
            return [(items, self._add(call, parent))]
        call = replace(call, repeats=len(only.members), holds=self._graph.classes.get(ends[0]))
        return self._add_members(only, self._whole(only.members, call.module), self._add(call, parent))

    def _add_group(self, group: _Group, parent: int) -> list[_Below]:
        """Add a group, or a range of a large one."""
        whole = group.range_of or self._whole(group.members, "" if parent == NONE else self._calls[parent].module)
        return self._add_members(
            group, whole, self._add(whole if group.range_of is None else self._range(whole, group), parent)
        )

    def _add_members(self, group: _Group, whole: Call, at: int) -> list[_Below]:
        """What goes into the call `at`: ranges of a large group, or the members; for those of a loop a step each is added."""
        members = group.members
        if len(members) > MOST_MEMBERS:
            return [(_ranges(group, whole), at)]
        if len(members[0]) == 1:
            return [([member[0] for member in members], at)]
        places = range(group.first, group.first + len(members))
        steps = (Call(f"{whole.module}.step", unit="step", place=place, repeats=whole.repeats) for place in places)
        return [(member, self._add(step, at)) for member, step in zip(members, steps, strict=True)]

    def _whole(self, members: Sequence[Sequence[_Item]], around: str) -> Call:
        """The call of a whole group. Its name is ``layer3.1…22``; of one module called again and again ``cell…``; of a loop ``@12-15``."""
        if (ends := self._ends(members)) is not None:
            name = f"{ends[0]}…" if ends[0] == ends[1] else f"{ends[0]}…{ends[1].rpartition('.')[2]}"
            class_name = self._graph.classes.get(ends[0])
            return Call(name, unit="group", repeats=len(members), ends=ends, class_name=class_name)
        lines = sorted(line for item in members[0] if (line := self._gathered.line(item)) != NONE)
        name = f"{around}@{lines[0]}-{lines[-1]}" if lines else f"{around}@"
        return Call(name, unit="group", repeats=len(members), lines=(lines[0], lines[-1]) if lines else None)

    def _range(self, whole: Call, group: _Group) -> Call:
        span = (group.first + 1, group.first + len(group.members))
        name, ends = f"{whole.module}[{span[0]}-{span[1]}]", self._ends(group.members)
        return replace(whole, module=name, repeats=len(group.members), span=span, ends=ends)

    def _ends(self, members: Sequence[Sequence[_Item]]) -> tuple[str, str] | None:
        """Paths of the first and the last of `members`; None where they are no module calls."""
        first, last = members[0][0], members[-1][0]
        if isinstance(first, _Group) or isinstance(last, _Group) or first >= 0 or last >= 0 or len(members[0]) > 1:
            return None
        return self._old.calls[~first].module, self._old.calls[~last].module


def _ranges(group: _Group, whole: Call) -> list[_Group]:
    """A large group in ranges, at most `MOST_MEMBERS` of them, since more cannot be taken in at a glance."""
    members = group.members
    round_sizes = (digit * 10**power for power in count(1) for digit in (1, 2, 5))
    size = next(size for size in round_sizes if size * MOST_MEMBERS >= len(members))
    pieces = ((start, members[start : start + size]) for start in range(0, len(members), size))
    return [replace(group, size=0, members=some, range_of=whole, first=group.first + start) for start, some in pieces]


def _number(calls: list[Call]) -> None:
    """Tell groups and steps of one name apart; modules have their numbers."""
    made = [call for call in calls if call.unit != "module"]
    total = Counter(call.module for call in made)
    before: Counter[str] = Counter()
    for call in made:
        call.number, call.total = before[call.module], total[call.module]
        before[call.module] += 1
