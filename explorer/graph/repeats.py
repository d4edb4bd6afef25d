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

from explorer.graph.arrays import NONE, joined, stretches
from explorer.graph.modules import Call, ModuleTree, add_leaves
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
class _Part:
    """A node, a call with its parts, or a group with its members."""

    token: int
    """Equal for parts that may repeat each other."""
    nodes: int
    line: int | None = None
    node: int | None = None
    call: int | None = None
    items: Sequence[int] = ()
    """Of a small call its own nodes, which are not among its parts."""
    parts: Sequence[_Part] = ()
    members: Sequence[Sequence[_Part]] = ()
    range_of: Call | None = None
    """Of a part of a large group: that group."""
    first: int = 0
    """Place of the first member in that group."""


_Below = tuple[Sequence[_Part], int]
"""Parts, and the call that they go into."""


def gather(graph: Graph, tree: ModuleTree) -> ModuleTree:
    """`tree` with groups of repeats in it, and with a call for each step of a loop."""
    if len(graph.nodes) <= WHOLE_NODES:
        return tree
    return _rebuild(graph, tree, _outermost(graph, tree))


def _outermost(graph: Graph, tree: ModuleTree) -> list[_Part]:
    """The parts outside every call, with all that is inside them; innermost calls are looked at first."""
    *inside, outside = _items(tree)
    names = [node.name for node in graph.nodes]
    tokens: dict[object, int] = {}
    parts: dict[int, _Part] = {}
    for call in range(len(tree.calls) - 1, -1, -1):
        items, class_name = inside[call], graph.classes.get(tree.calls[call].module)
        count = sum([1 if item >= 0 else parts[~item].nodes for item in items])
        if count < FEWEST_NODES:  # nothing repeats in a small call
            kinds: list[object] = [names[item] if item >= 0 else parts[~item].token for item in items]
            token = tokens.setdefault((class_name, *kinds), len(tokens))
            own, below = [item for item in items if item >= 0], [parts[~item] for item in items if item < 0]
            line = parts[~items[0]].line if items[0] < 0 else graph.nodes[items[0]].line
            parts[call] = _Part(token, count, line, call=call, items=own, parts=below)
            continue
        found = _grouped([_part(graph, item, parts, tokens) for item in items], tokens)
        shape = [_shape(graph, part) for part in found]
        token = tokens.setdefault((class_name, *shape), len(tokens))
        line = next((part.line for part in found if part.line is not None), None)
        parts[call] = _Part(token, sum(part.nodes for part in found), line, call=call, parts=found)
    return _grouped([_part(graph, item, parts, tokens) for item in outside], tokens)


def _shape(graph: Graph, part: _Part) -> object:
    """What makes a module call equal to another: of its own nodes the name only."""
    return graph.nodes[part.node].name if part.node is not None else part.token


def _items(tree: ModuleTree) -> list[list[int]]:
    """By call, and last outside of all: its own nodes, and the calls that it made as ``~call``, in forward order."""
    inside: list[list[int]] = [[] for _ in range(len(tree.calls) + 1)]
    seen = [False] * len(tree.calls)
    order, owner = tree.order.tolist(), tree.owner[tree.order]
    begin, end = stretches(owner)
    for innermost, start, stop in zip(owner[begin].tolist(), begin.tolist(), end.tolist(), strict=True):
        inside[innermost] += order[start:stop]
        call = innermost
        while call != NONE and not seen[call]:
            seen[call] = True
            parent = tree.calls[call].parent
            around = NONE if parent is None else parent
            inside[around].append(~call)
            call = around
    return inside


def _part(graph: Graph, item: int, parts: dict[int, _Part], tokens: dict[object, int]) -> _Part:
    if item < 0:
        return parts[~item]
    node = graph.nodes[item]
    return _Part(tokens.setdefault((node.name, node.line), len(tokens)), 1, node.line, node=item)


def _grouped(parts: list[_Part], tokens: dict[object, int]) -> list[_Part]:
    """`parts` with each stretch of repeats replaced by one part, inner loops first."""
    if sum(part.nodes for part in parts) < FEWEST_NODES:
        return parts
    for _ in range(MOST_PASSES):
        stretches = sorted(_stretches(parts))
        if not stretches:
            break
        found, at = list[_Part](), 0
        for start, period, times in stretches:
            found += parts[at:start]
            at = start + period * times
            members = [parts[first : first + period] for first in range(start, at, period)]
            name = ("group", times, *(part.token for part in members[0]))
            nodes = sum(part.nodes for part in parts[start:at])
            token = tokens.setdefault(name, len(tokens))
            found.append(_Part(token, nodes, members[0][0].line, members=members))
        parts = found + parts[at:]
    return parts


def _stretches(parts: Sequence[_Part]) -> Iterator[tuple[int, int, int]]:
    """Where parts repeat: (start, length of one period, number of periods); none overlaps another."""
    if len(parts) < FEWEST:
        return
    tokens = np.array([part.token for part in parts], dtype=np.int64)
    weight = np.concatenate([[0], np.cumsum([part.nodes for part in parts])])
    for period in _periods(tokens):
        same = np.concatenate([[False], (tokens[period:] == tokens[:-period]) & (tokens[period:] >= 0), [False]])
        edges = np.flatnonzero(np.diff(same.astype(np.int8)))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            begin, times = _in_phase(parts, start, period, (end - start) // period + 1, end + period)
            beyond = begin + period * times
            if times < FEWEST or weight[beyond] - weight[begin] < FEWEST_NODES or (tokens[begin:beyond] < 0).any():
                continue
            tokens[begin:beyond] = -1
            yield begin, period, times


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


def _in_phase(parts: Sequence[_Part], start: int, period: int, times: int, end: int) -> tuple[int, int]:
    """Where the first step begins that begins with the loop's first line, and how many follow; as it was where lines do not tell."""
    lines = [part.line for part in parts[start : start + period]]
    known = {line for line in lines if line is not None}
    if None in lines or len(known) == 1:
        return start, times
    first = next(at for at, line in enumerate(lines) if line == min(known) and lines[at - 1] != line)
    whole = (end - start - first) // period
    return (start + first, whole) if whole >= FEWEST else (start, times)


def _rebuild(graph: Graph, tree: ModuleTree, outermost: list[_Part]) -> ModuleTree:
    """The tree again, from parts."""
    calls: list[Call] = []
    stack: list[tuple[Sequence[_Part], int | None]] = [(outermost, None)]
    while stack:
        parts, parent = stack.pop()
        below = []
        for part in parts:
            if part.node is not None:
                if parent is not None:
                    calls[parent].nodes.append(part.node)
            elif part.call is not None:
                below += _add_call(graph, tree, calls, part, parent)
            else:
                below += _add_group(graph, tree, calls, part, parent)
        stack += reversed(below)
    _number(calls)
    owner = np.full(len(graph.nodes), NONE)
    owner[joined(call.nodes for call in calls)] = np.repeat(np.arange(len(calls)), [len(call.nodes) for call in calls])
    rebuilt = ModuleTree(calls, owner, tree.order)
    add_leaves(graph, rebuilt)
    return rebuilt


def _add(calls: list[Call], call: Call, parent: int | None) -> int:
    call.parent = parent
    if parent is not None:
        call.depth = calls[parent].depth + 1
        calls[parent].children.append(len(calls))
    calls.append(call)
    return len(calls) - 1


def _add_call(graph: Graph, tree: ModuleTree, calls: list[Call], part: _Part, parent: int | None) -> list[_Below]:
    """Add a module call. One that holds nothing but equal calls is itself the group of these."""
    old = tree.calls[part.call or 0]
    call = Call(old.module, None, old.number, old.total, class_name=old.class_name)
    at = _add(calls, call, parent)
    call.nodes += part.items
    only = part.parts[0] if len(part.parts) == 1 else None
    if only is None or not only.members or (ends := _ends(tree, only.members)) is None:
        return [(part.parts, at)]
    call.repeats, call.holds = len(only.members), graph.classes.get(ends[0])
    return _members(calls, only, _group(graph, tree, only.members, call.module), at)


def _add_group(graph: Graph, tree: ModuleTree, calls: list[Call], part: _Part, parent: int | None) -> list[_Below]:
    """Add a group, or a range of a large one."""
    whole = part.range_of or _group(graph, tree, part.members, "" if parent is None else calls[parent].module)
    at = _add(calls, whole if part.range_of is None else _range(tree, whole, part), parent)
    return _members(calls, part, whole, at)


def _members(calls: list[Call], part: _Part, whole: Call, at: int) -> list[_Below]:
    """What goes into the call `at`: ranges of a large group, or the members; for those of a loop a step each is added."""
    members = part.members
    if len(members) > MOST_MEMBERS:
        return [(_ranges(part, whole), at)]
    if len(members[0]) == 1:
        return [([member[0] for member in members], at)]
    places = range(part.first, part.first + len(members))
    steps = (Call(f"{whole.module}.step", None, unit="step", place=place, repeats=whole.repeats) for place in places)
    return [(member, _add(calls, step, at)) for member, step in zip(members, steps, strict=True)]


def _group(graph: Graph, tree: ModuleTree, members: Sequence[Sequence[_Part]], around: str) -> Call:
    """The call of a whole group. Its name is ``layer3.1…22``; of one module called again and again ``cell…``; of a loop ``@12-15``."""
    if (ends := _ends(tree, members)) is not None:
        name = f"{ends[0]}…" if ends[0] == ends[1] else f"{ends[0]}…{ends[1].rpartition('.')[2]}"
        class_name = graph.classes.get(ends[0])
        return Call(name, None, unit="group", repeats=len(members), ends=ends, class_name=class_name)
    lines = sorted(line for each in members[0] if (line := each.line) is not None)
    name = f"{around}@{lines[0]}-{lines[-1]}" if lines else f"{around}@"
    return Call(name, None, unit="group", repeats=len(members), lines=(lines[0], lines[-1]) if lines else None)


def _ends(tree: ModuleTree, members: Sequence[Sequence[_Part]]) -> tuple[str, str] | None:
    """Paths of the first and the last of `members`; None where they are no module calls."""
    first, last = members[0][0].call, members[-1][0].call
    if first is None or last is None or len(members[0]) > 1:
        return None
    return tree.calls[first].module, tree.calls[last].module


def _ranges(part: _Part, whole: Call) -> list[_Part]:
    """A large group in ranges, at most `MOST_MEMBERS` of them, since more cannot be taken in at a glance."""
    members = part.members
    round_sizes = (digit * 10**power for power in count(1) for digit in (1, 2, 5))
    size = next(size for size in round_sizes if size * MOST_MEMBERS >= len(members))
    pieces = ((start, members[start : start + size]) for start in range(0, len(members), size))
    return [_Part(part.token, 0, members=some, range_of=whole, first=part.first + start) for start, some in pieces]


def _range(tree: ModuleTree, whole: Call, part: _Part) -> Call:
    span = (part.first + 1, part.first + len(part.members))
    name = f"{whole.module}[{span[0]}-{span[1]}]"
    ends = _ends(tree, part.members)
    return replace(whole, module=name, children=[], nodes=[], repeats=len(part.members), span=span, ends=ends)


def _number(calls: list[Call]) -> None:
    """Tell groups and steps of one name apart; modules have their numbers."""
    made = [call for call in calls if call.unit != "module"]
    total = Counter(call.module for call in made)
    before: Counter[str] = Counter()
    for call in made:
        call.number, call.total = before[call.module], total[call.module]
        before[call.module] += 1
