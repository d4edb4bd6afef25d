"""Which module call each node belongs to: a tree of calls, read off the order in which forward made the nodes.

A module call is an interval of sequence numbers, so each run of consecutive nodes under one path is one call. A path that
is interrupted makes two calls, which keeps a drawing with folded modules free of cycles whatever the attribution says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from explorer.graph.order import forward_order
from explorer.ir import Graph, Unit


@dataclass
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
    owner: list[int | None]
    """By node id: the innermost call; None outside every module, and for leaves, which `home_of` places."""
    order: list[int]
    """Ids of the nodes but the leaves, in forward order."""

    def line(self, call: int | None) -> list[int]:
        """`call` and all calls around it, innermost first."""
        found = []
        while call is not None:
            found.append(call)
            call = self.calls[call].parent
        return found

    def loops_only(self, call: int | None) -> bool:
        """Whether `call` and all around it are loops in plain code."""
        if call is not None and self.calls[call].unit == "module":
            return False
        return all(self.calls[each].unit != "module" for each in self.line(call))


def modules(graph: Graph) -> ModuleTree:
    """The tree of module calls of `graph`.

    A call that holds nothing but one other call is merged with it, and a call that made only one node is no group of
    its own: that node belongs to the call around it.
    """
    order = forward_order(graph)
    calls, owner = _scan(graph, order)
    for node in order:
        if (home := owner[node]) is not None:
            calls[home].nodes.append(node)
    tree = ModuleTree(calls, owner, order)
    add_leaves(graph, tree)
    return _tidy(graph, tree)


@cache
def _prefixes(module: str) -> tuple[str, ...]:
    parts = module.split(".")
    return tuple(".".join(parts[: count + 1]) for count in range(len(parts)))


def _scan(graph: Graph, order: list[int]) -> tuple[list[Call], list[int | None]]:
    calls: list[Call] = []
    owner: list[int | None] = [None] * len(graph.nodes)
    numbers: dict[int, int] = {}
    begun: set[tuple[int, str]] = set()
    stack: list[int] = []
    for node, coming in zip(order, _coming(graph, order), strict=True):
        module, number = graph.nodes[node].module, graph.nodes[node].call
        chain = _prefixes(module) if module else ()
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
            owner[node] = stack[-1]
            numbers[stack[-1]] = number
    return calls, owner


def _coming(graph: Graph, order: list[int]) -> list[tuple[int | None, ...]]:
    """For each node of `order` and each module around it: which call of that module makes the next node by itself.

    Nodes tell their innermost call only. Where a child begins again and the next call around it is another one, that
    other one has begun.
    """
    next_number: dict[str, int] = {}
    found: list[tuple[int | None, ...]] = []
    for node in reversed(order):
        module = graph.nodes[node].module
        if module:
            next_number[module] = graph.nodes[node].call
        found.append(tuple(next_number.get(path) for path in _prefixes(module)) if module else ())
    return found[::-1]


def add_leaves(graph: Graph, tree: ModuleTree) -> None:
    """Put each leaf among the nodes of the calls that it is drawn in; a loop in plain code only takes it."""
    for edge in graph.edges:
        leaf = graph.nodes[edge.target]
        if (
            leaf.kind == "leaf"
            and not tree.loops_only(home := home_of(leaf.variable, tree, edge.source))
            and home is not None
        ):
            inside = tree.calls[home].nodes
            if leaf.id not in inside[-8:]:
                inside.append(leaf.id)


def home_of(name: str | None, tree: ModuleTree, consumer: int) -> int | None:
    """The call that a tensor is drawn in, for its use by `consumer`: the innermost one around it that the tensor's name begins with.

    A plain variable such as ``x`` is handed to a module from outside and so drawn outside, but in the step of the loop that
    uses it; a tensor without a name, or with a path that fits no module here, stays with its consumer.
    """
    here = tree.owner[consumer]
    if not name or here is None or name.startswith(tree.calls[here].module + "."):
        return here
    line = tree.line(here)
    fitting = (call for call in line if name.startswith(tree.calls[call].module + "."))
    return next(fitting, here if "." in name else _outside_modules(tree, line))


def _outside_modules(tree: ModuleTree, line: list[int]) -> int | None:
    """The innermost loop of `line` that no module is around."""
    found = None
    for call in reversed(line):
        if tree.calls[call].unit == "module":
            break
        found = call
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
    return ModuleTree(calls, [final(home) for home in tree.owner], tree.order)
