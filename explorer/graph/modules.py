"""Which module call each node belongs to: a tree of calls, read off the order in which forward made the nodes.

A module call is an interval of sequence numbers, so each run of consecutive nodes under one path is one call. A path that
is interrupted makes two calls, which keeps a drawing with folded modules free of cycles whatever the attribution says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from explorer.graph.arrays import NONE, Coded, Flags, Whole, coded, edges, first_each, nodes, stretches, whole
from explorer.graph.order import forward_order
from explorer.ir import Graph, Unit


@dataclass(slots=True)
class Call:
    """One call of one module; also a group of repeats or a step of a loop (see `explorer.graph.repeats`), which are no modules."""

    module: str
    """Path, as in ``model.layer1.0``; of a group and of a step a name that no module has."""
    parent: int | None
    """Index of the call around it; None at the top."""
    number: int = 0
    """Which call of this module, from 0."""
    total: int = 1
    """How many calls of this module the graph holds."""
    depth: int = 0
    children: list[int] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    """Ids of the nodes that it made itself, not through a child, leaves included."""
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
class ModuleTree:
    """All calls, parents before children."""

    calls: list[Call]
    owner: Whole
    """By node id: the innermost call; `NONE` outside every module, and for leaves, which `homes` places."""
    order: Whole
    """Ids of the nodes but the leaves, in forward order."""

    def line(self, call: int) -> list[int]:
        """`call` and all calls around it, innermost first."""
        found = []
        at: int | None = None if call == NONE else int(call)
        while at is not None:
            found.append(at)
            at = self.calls[at].parent
        return found


def modules(graph: Graph) -> ModuleTree:
    """The tree of module calls of `graph`.

    A call that holds nothing but one other call is merged with it, and a call that made only one node is no group of
    its own: that node belongs to the call around it.
    """
    tree = _scan(graph, forward_order(graph))
    add_leaves(graph, tree)
    return _tidy(graph, tree)


def _prefixes(module: str | None) -> tuple[str, ...]:
    parts = module.split(".") if module else []
    return tuple(".".join(parts[: count + 1]) for count in range(len(parts)))


def _scan(graph: Graph, order: Whole) -> ModuleTree:
    """One call for each stretch of nodes of one module, whatever it calls meanwhile."""
    module, call = nodes(graph).module, nodes(graph).call[order]
    begin, end = stretches(module.place[order], call)
    prefixes = [_prefixes(path) for path in module.texts]
    chains = [prefixes[place] for place in module.place[order[begin]].tolist()]
    numbers_here: list[int] = call[begin].tolist()
    calls: list[Call] = []
    innermost: list[int] = []
    numbers: dict[int, int] = {}
    begun: set[tuple[int, str]] = set()
    stack: list[int] = []
    for chain, number, coming in zip(chains, numbers_here, _coming(chains, numbers_here), strict=True):
        keep = 0
        while keep < min(len(stack), len(chain)) and calls[stack[keep]].module == chain[keep]:
            keep += 1
        if keep and keep == len(chain) and numbers.get(stack[keep - 1], number) != number:
            keep -= 1
        while 0 < keep < len(chain) and (stack[keep - 1], chain[keep]) in begun:
            around = numbers.get(stack[keep - 1])
            if around is None or coming[keep - 1] in (None, around):
                break
            keep -= 1
        del stack[keep:]
        for path in chain[keep:]:
            if stack:
                begun.add((stack[-1], path))
            calls.append(Call(path, stack[-1] if stack else None))
            stack.append(len(calls) - 1)
        if chain:
            numbers[stack[-1]] = number
        innermost.append(stack[-1] if chain else NONE)
    owner = np.full(len(graph.nodes), NONE)
    owner[order] = np.repeat(whole(innermost), end - begin)
    hand_out(calls, owner[order], order)
    return ModuleTree(calls, owner, order)


def hand_out(calls: list[Call], owner: Whole, members: Whole) -> None:
    """Add each of `members` (nodes) to the nodes of its owner, where it has one."""
    listed = members.tolist()
    begin, end = stretches(owner)
    for call, start, stop in zip(owner[begin].tolist(), begin.tolist(), end.tolist(), strict=True):
        if call != NONE:
            calls[call].nodes += listed[start:stop]


def _coming(chains: list[tuple[str, ...]], numbers: list[int]) -> list[tuple[int | None, ...]]:
    """For each stretch and each module around it: which call of that module makes the next node by itself.

    Nodes tell their innermost call only. Where a child begins again and the next call around it is another one, that
    other one has begun.
    """
    next_number: dict[str, int] = {}
    found: list[tuple[int | None, ...]] = []
    for chain, number in zip(reversed(chains), reversed(numbers), strict=True):
        if chain:
            next_number[chain[-1]] = number
        found.append(tuple([next_number.get(path) for path in chain]))
    return found[::-1]


def add_leaves(graph: Graph, tree: ModuleTree) -> None:
    """Put each leaf among the nodes of the calls that it is drawn in."""
    about, used = nodes(graph), nodes(graph).is_leaf[edges(graph).target]
    consumer, leaf = edges(graph).source[used], edges(graph).target[used]
    home = homes(tree, about.variable, leaf, consumer)
    first, _ = first_each(home * len(graph.nodes) + leaf)
    first = first[~beside_loops(tree, leaf, consumer, home)[first]]
    hand_out(tree.calls, home[first], leaf[first])


def homes(tree: ModuleTree, names: Coded, tensor: Whole, consumer: Whole) -> Whole:
    """By use of a tensor: the call that it is drawn in, the innermost one around its consumer that the tensor's name begins with.

    A plain variable such as ``x`` is handed to a module from outside and so drawn outside, but in the step of the loop that
    uses it; a tensor without a name, or with a path that fits no module here, stays with its consumer.

    Args:
        tree: the calls.
        names: of tensors.
        tensor: by use: which of the names.
        consumer: by use: the node that takes the tensor.
    """
    name, here = names.place[tensor], tree.owner[consumer]
    path = coded(call.module for call in tree.calls)
    parent = whole(call.parent for call in tree.calls)
    dotted = np.array([not text or "." in text for text in names.texts], np.bool_)[name]
    found = np.where(dotted, here, np.append(_outside_modules(tree), NONE)[here])
    use = np.flatnonzero((here != NONE) & np.array([bool(text) for text in names.texts], np.bool_)[name])
    call = here[use]
    while len(use):
        pair, same = np.unique(name[use] * len(path.texts) + path.place[call], return_inverse=True)
        fits = np.array(
            [_begins(names.texts[one // len(path.texts)], path.texts[one % len(path.texts)]) for one in pair.tolist()]
        )[same]
        found[use[fits]] = call[fits]
        use, call = use[~fits], parent[call[~fits]]
        use, call = use[call != NONE], call[call != NONE]
    return found


def _begins(name: str | None, path: str | None) -> bool:
    return name is not None and name.startswith(f"{path}.")


def _outside_modules(tree: ModuleTree) -> Whole:
    """By call: the innermost call, of it and those around it, that no module is around; itself where all of these are loops in plain code."""
    found: list[int] = []
    for index, call in enumerate(tree.calls):
        around = NONE if call.parent is None else call.parent
        outside = NONE if call.parent is None else found[call.parent]
        found.append(index if call.unit != "module" and outside == around else outside)
    return whole(found)


def beside_loops(tree: ModuleTree, leaf: Whole, consumer: Whole, home: Whole) -> Flags:
    """By use of a leaf: whether it stands beside a loop in plain code that takes it, also a folded one.

    So does a variable that several steps take, and what enters a loop; but where about every step takes leaves of its own,
    each of those belongs to its step.
    """
    calls = len(tree.calls)
    beside: Flags = np.append(_outside_modules(tree), NONE)[home] == home
    is_step = np.array([*(call.unit == "step" for call in tree.calls), False], np.bool_)
    step = np.where(is_step[home], home, calls + consumer)
    lowest, highest = np.full(len(tree.owner), calls + len(tree.owner)), np.full(len(tree.owner), NONE)
    np.minimum.at(lowest, leaf, step)
    np.maximum.at(highest, leaf, step)
    alone = beside & (home != NONE) & (lowest == highest)[leaf]
    loop = np.array([*_outermost(tree), NONE])[home]
    own = np.bincount(loop[alone], minlength=calls) >= whole(max(call.repeats, 1) for call in tree.calls)
    beside[alone] = ~own[loop[alone]]
    return beside


def _outermost(tree: ModuleTree) -> list[int]:
    """By call: the outermost call around it, or itself."""
    found: list[int] = []
    for index, call in enumerate(tree.calls):
        found.append(index if call.parent is None else found[call.parent])
    return found


def _tidy(graph: Graph, tree: ModuleTree) -> ModuleTree:
    """Merge one-child chains, dissolve calls of one node, number what is left."""
    calls = tree.calls
    children: list[list[int]] = [[] for _ in calls]
    for index, call in enumerate(calls):
        if call.parent is not None:
            children[call.parent].append(index)
    goes_to: list[int | None] = list(range(len(calls)))
    for index in range(len(calls) - 1, -1, -1):
        alive = [child for child in children[index] if goes_to[child] == child]
        call = calls[index]
        if not alive and len(call.nodes) < 2:
            goes_to[index] = call.parent
            if call.parent is not None:
                calls[call.parent].nodes.extend(call.nodes)
        elif not call.nodes and len(alive) == 1:
            goes_to[index] = alive[0]
            calls[alive[0]].parent = call.parent
            if call.parent is not None:
                children[call.parent].append(alive[0])
    return _renumber(graph, tree, goes_to)


def _renumber(graph: Graph, tree: ModuleTree, goes_to: list[int | None]) -> ModuleTree:
    alive = [index for index, target in enumerate(goes_to) if target == index]
    new = {old: index for index, old in enumerate(alive)}

    def final(call: int | None) -> int | None:
        while call is not None and goes_to[call] != call:
            call = goes_to[call]
        return None if call is None else new[call]

    calls, count = [tree.calls[index] for index in alive], dict[str, int]()
    for index, call in enumerate(calls):
        call.parent = final(call.parent)
        call.number = count.setdefault(call.module, 0)
        count[call.module] += 1
        if call.parent is not None:
            call.depth = calls[call.parent].depth + 1
            calls[call.parent].children.append(index)
    for call in calls:
        call.total = count[call.module]
        call.class_name = graph.classes.get(call.module)
    return ModuleTree(calls, np.append(whole(map(final, range(len(goes_to)))), NONE)[tree.owner], tree.order)
