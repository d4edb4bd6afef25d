"""Drawings of a run to be written down: as it opens at first, as asked, or at several fold depths."""

from __future__ import annotations

from collections import deque

from explorer.graph.folding import every_module, open_to_depth, toggle
from explorer.graph.layout import lay_out
from explorer.graph.outline import outline
from explorer.graph.picture import compose
from explorer.ir import Layout, Run
from explorer.words import Language

_MOST_OPEN = 5_000
"""A graph of more nodes is not drawn with every module open unless asked."""

_DEPTHS = 4

_ROOM = 60_000
_DRAWING = 1_500
"""What drawings of one file may cost in all, in nodes and boxes, about 12 bytes of it each; and what each of them costs besides, in words."""


def drawing(
    run: Run,
    *,
    open_modules: frozenset[str] | None = None,
    everything: bool = False,
    show_saved: bool = False,
    language: Language = "en",
) -> Layout:
    """One drawing: with every module open, with these, or (None) with as many as stay readable."""
    opened = every_module(run.graph) if everything else open_modules
    picture = compose(run.graph, run.ops, run.tensors, open_modules=opened, show_saved=show_saved, language=language)
    return lay_out(picture)


def drawings(run: Run, first: Layout, language: Language = "en", *, show_saved: bool = False) -> list[Layout]:
    """`first`, the same graph at every depth, and then what a double click on any module in these leads to, and so on.

    All of it for a graph of a few modules, and of others as much as keeps the file small.
    """
    found = {first.open_modules: first}
    room = _ROOM

    def draw(opened: frozenset[str] | None) -> None:
        nonlocal room
        if opened is None or tuple(sorted(opened)) not in found:
            layout = drawing(run, open_modules=opened, show_saved=show_saved, language=language)
            found.setdefault(layout.open_modules, layout)
            room -= _DRAWING + len(run.graph.nodes) + len(layout.boxes)

    if not outline(run.graph).tree.calls:
        return [first]
    for opened in (None, *(open_to_depth(run.graph, depth) for depth in range(_DEPTHS))):
        draw(opened)
    if len(run.graph.nodes) <= _MOST_OPEN:
        draw(every_module(run.graph))
    waiting = deque(found.values())
    while waiting and room > 0:
        known, here = len(found), waiting.popleft()
        for name in _foldable(here):
            if room > 0:
                draw(toggle(frozenset(here.open_modules), name))
        waiting += list(found.values())[known:]
    return list(found.values())


def _foldable(layout: Layout) -> list[str]:
    """What a double click can fold or open, each once, in the order of the drawing."""
    names = [frame.fold for frame in layout.frames] + [box.fold for box in layout.boxes if box.fold]
    return list(dict.fromkeys(names))
