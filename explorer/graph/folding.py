"""What is open: a set of names, small enough for an address bar.

A name is a module's path and opens all its calls (``model.layer1``), or one call of several (``cell#17``); or it is the name of a group of
repeats (``model.layer3.1…22``, ``cell…``; ``@12-15`` for the loop of those source lines) of one range of a large group (``@12-15[1-64]``), or of its steps
(``@12-15.step``, ``@12-15.step#3``).
"""

from __future__ import annotations

import numpy as np

from explorer.graph.outline import Outline, outline
from explorer.graph.repeats import WHOLE_NODES
from explorer.ir import Graph

ENOUGH_BOXES = 5
TOO_MANY_BOXES = 60
"""A graph that is not drawn whole is opened level by level until it shows this many boxes, but never more than that many."""


def every_module(graph: Graph) -> frozenset[str]:
    """All names, so that nothing is folded."""
    tree = outline(graph).tree
    return tree.names(np.arange(len(tree.calls)))


def open_to_depth(graph: Graph, depth: int) -> frozenset[str]:
    """Names of what lies in fewer than `depth` others; 0 folds everything."""
    tree = outline(graph).tree
    return tree.names(np.flatnonzero(tree.depth < depth))


def toggle(open_names: frozenset[str], name: str) -> frozenset[str]:
    """Fold `name` where it is open (and all in it), open it where it is folded."""
    if name in open_names:
        inside = tuple(name + sign for sign in ".@#[")
        return frozenset(each for each in open_names if each != name and not each.startswith(inside))
    return open_names | {name}


def readable(graph: Graph) -> frozenset[str]:
    """What to open at first sight: everything if small, else modules level by level until several boxes show. Groups stay folded."""
    if len(graph.nodes) <= WHOLE_NODES:
        return every_module(graph)
    about = outline(graph)
    opened: frozenset[str] = frozenset()
    for level in about.levels:
        here = about.tree.names(level[about.tree.is_module[level]])
        boxes = _visible_boxes(about, opened | here)
        if boxes > TOO_MANY_BOXES:
            break
        opened |= here
        if boxes >= ENOUGH_BOXES:
            break
    return opened


def _visible_boxes(about: Outline, opened: frozenset[str]) -> int:
    """Boxes inside modules when `opened` are open: folded calls, and nodes that open ones made themselves."""
    place, calls = about.placed(opened), np.arange(len(about.tree.calls))
    return int(about.held[place.above[:-1] == calls].sum() + (place.hidden[:-1] == calls).sum())
