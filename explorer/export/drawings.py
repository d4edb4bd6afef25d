"""Drawings of a run to be written down: as it opens at first, as asked, or all that a file has to hold so that its page can fold and place them anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from explorer.graph.folding import every_module, open_to_depth
from explorer.graph.layout import Engine, LayoutError, lay_out, lay_out_by_graphviz
from explorer.graph.outline import outline
from explorer.graph.picture import Picture, compose
from explorer.ir import Layout, Run
from explorer.words import Language

_MOST_BOXES = 200_000
_MOST_SAVED = 40_000
"""Boxes of the fold depths that a file holds, and of those that it holds once more with saved tensors if these are all: 20 bytes each. What is known of the
nodes is more, some 15 MB of 100,000."""

_MOST_FOR_GRAPHVIZ = 500
_GRAPHVIZ_SECONDS = 5.0
"""Boxes of a drawing that Graphviz is asked for too, as in `js/toolbar.mjs`, and wall seconds that it gets for all of them."""


class Kept(NamedTuple):
    """One drawing in a file."""

    layout: Layout
    saved: bool = False
    """Whether saved tensors have boxes."""
    depth: int | None = None
    """The fold depth that it is the drawing of."""


def drawing(
    run: Run,
    *,
    open_modules: frozenset[str] | None = None,
    everything: bool = False,
    show_saved: bool = False,
    engine: Engine = "layered",
    wrap: bool = False,
    language: Language = "en",
) -> Layout:
    """One drawing: with every module open, with these, or (None) with as many as stay readable; by the default engine where Graphviz does not answer."""
    opened = every_module(run.graph) if everything else open_modules
    picture = compose(run.graph, run.ops, run.tensors, open_modules=opened, show_saved=show_saved, language=language)
    try:
        return lay_out(picture, engine, _GRAPHVIZ_SECONDS, wrap=wrap)
    except LayoutError:
        return lay_out(picture, wrap=wrap)


def drawings(
    run: Run, first: Layout, language: Language = "en", *, show_saved: bool = False, graphviz: bool = False
) -> tuple[Kept, ...]:
    """`first`, and as far as the file stays small the same graph at every fold depth.

    Its page makes the drawing of any open set out of those of the default engine, in one piece or in columns (`js/kept_drawings.mjs`).
    Graphviz's drawings, which may take some seconds, are shown as they are.
    """
    found = _depths(run, language, saved=False, most=_MOST_BOXES)
    saved = _depths(run, language, saved=True, most=_MOST_SAVED) if len(run.graph.nodes) <= _MOST_SAVED else []
    if len(saved) > first.depth:
        found += saved
    by_graphviz = _by_graphviz(found) if graphviz else []
    return (Kept(first, show_saved), *(kept for _, kept in found), *by_graphviz)


def _depths(run: Run, language: Language, *, saved: bool, most: int) -> list[tuple[Picture, Kept]]:
    """From the outermost on, until they have more than `most` boxes."""
    found: list[tuple[Picture, Kept]] = []
    for depth in range(len(outline(run.graph).levels) + 1):
        opened = open_to_depth(run.graph, depth)
        picture = compose(run.graph, run.ops, run.tensors, open_modules=opened, show_saved=saved, language=language)
        most -= len(picture.boxes)
        if most < 0:
            break
        found.append((picture, Kept(lay_out(picture), saved, depth)))
    return found


def _by_graphviz(placed: Sequence[tuple[Picture, Kept]]) -> list[Kept]:
    """The same by Graphviz, where there are few boxes; the fewest first, since it may get stuck at any."""
    few = sorted(
        ((picture, kept) for picture, kept in placed if len(picture.boxes) <= _MOST_FOR_GRAPHVIZ),
        key=lambda each: len(each[0].boxes),
    )
    answered = lay_out_by_graphviz([picture for picture, _ in few], _GRAPHVIZ_SECONDS)
    return [kept._replace(layout=layout) for (_, kept), layout in zip(few, answered, strict=False)]
