"""Drawings of a run to be written down: as it opens at first, as asked, or at several fold depths."""

from __future__ import annotations

from explorer.graph.folding import every_module, open_to_depth
from explorer.graph.layout import lay_out
from explorer.graph.outline import outline
from explorer.graph.picture import compose
from explorer.ir import Layout, Run
from explorer.words import Language

_MOST_OPEN = 2_000
"""A graph of more nodes is not drawn with every module open unless asked."""

_DEPTHS = 4


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


def drawings(run: Run, first: Layout, language: Language = "en") -> list[Layout]:
    """`first`, then the same graph folded less and more: a double click on a module goes to the nearest."""
    found = {first.open_modules: first}
    wanted: list[frozenset[str] | None] = []
    if outline(run.graph).tree.calls:
        wanted += [None, *(open_to_depth(run.graph, depth) for depth in range(_DEPTHS))]
        if len(run.graph.nodes) <= _MOST_OPEN:
            wanted.append(every_module(run.graph))
    for opened in wanted:
        if opened is None or tuple(sorted(opened)) not in found:
            layout = drawing(run, open_modules=opened, language=language)
            found.setdefault(layout.open_modules, layout)
    return list(found.values())
