"""Drawings of a run to be written down: as it opens at first, as asked, or at every fold depth."""

from __future__ import annotations

from typing import NamedTuple

from explorer.graph.folding import every_module, open_to_depth
from explorer.graph.layout import lay_out
from explorer.graph.outline import outline
from explorer.graph.picture import compose
from explorer.ir import Layout, Run
from explorer.words import Language

_MOST_BOXES = 40_000
_MOST_SAVED = 8_000
"""Boxes of the fold depths that a file holds, and of those that it holds once more with saved tensors if these are all."""


class Drawings(NamedTuple):
    """What one file holds of a graph. Its page makes the drawing of any open set out of `plain`, or of `saved`."""

    first: Layout
    shows_saved: bool = False
    """Whether saved tensors have boxes in `first`."""
    plain: tuple[Layout, ...] = ()
    saved: tuple[Layout, ...] = ()
    """At fold depth 0, 1 and so on, as far as the file stays small; without and with saved tensors."""


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


def drawings(run: Run, first: Layout, language: Language = "en", *, show_saved: bool = False) -> Drawings:
    """`first`, and the same graph at every fold depth."""
    plain = _depths(run, language, saved=False, most=_MOST_BOXES)
    saved = _depths(run, language, saved=True, most=_MOST_SAVED)
    return Drawings(first, show_saved, plain, saved if len(saved) > first.depth else ())


def _depths(run: Run, language: Language, *, saved: bool, most: int) -> tuple[Layout, ...]:
    """From the outermost on, until they have more than `most` boxes."""
    deepest = max((call.depth + 1 for call in outline(run.graph).tree.calls), default=0)
    found: list[Layout] = []
    for depth in range(deepest + 1):
        opened = open_to_depth(run.graph, depth)
        layout = drawing(run, open_modules=opened, show_saved=saved, language=language)
        most -= len(layout.boxes)
        if most < 0:
            break
        found.append(layout)
    return tuple(found)
