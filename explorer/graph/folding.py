"""Which modules are open: a set of paths, small enough for an address bar."""

from __future__ import annotations

from explorer.graph.modules import ModuleTree, modules
from explorer.ir import Graph

OPEN_NODES = 300
"""A graph of at most this many nodes opens with every module open."""

ENOUGH_BOXES = 5
TOO_MANY_BOXES = 60
"""A larger graph is opened level by level until it shows this many boxes, but never more than that many."""


def every_module(tree: ModuleTree) -> frozenset[str]:
    """All paths, so that nothing is folded."""
    return frozenset(call.module for call in tree.calls)


def open_to_depth(graph: Graph, depth: int) -> frozenset[str]:
    """Paths of the modules that lie in fewer than `depth` others; 0 folds everything."""
    return frozenset(call.module for call in modules(graph).calls if call.depth < depth)


def toggle(open_modules: frozenset[str], module: str) -> frozenset[str]:
    """Fold `module` where it is open (and all modules in it), open it where it is folded."""
    if module in open_modules:
        return frozenset(path for path in open_modules if path != module and not path.startswith(module + "."))
    return open_modules | {module}


def readable(graph: Graph, tree: ModuleTree) -> frozenset[str]:
    """What to open at first sight: everything if small, else level by level until several boxes show."""
    if len(graph.nodes) <= OPEN_NODES:
        return every_module(tree)
    opened: frozenset[str] = frozenset()
    deepest = max((call.depth for call in tree.calls), default=-1)
    for depth in range(deepest + 1):
        wider = opened | {call.module for call in tree.calls if call.depth == depth}
        boxes = _visible_boxes(tree, wider)
        if boxes > TOO_MANY_BOXES:
            break
        opened = wider
        if boxes >= ENOUGH_BOXES:
            break
    return opened


def _visible_boxes(tree: ModuleTree, opened: frozenset[str]) -> int:
    """Boxes inside modules when `opened` are open: folded calls, and nodes that open ones made themselves."""
    shown = 0
    visible = [False] * len(tree.calls)
    for index, call in enumerate(tree.calls):
        visible[index] = call.parent is None or (visible[call.parent] and tree.calls[call.parent].module in opened)
        if visible[index]:
            shown += len(call.nodes) if call.module in opened else 1
    return shown
