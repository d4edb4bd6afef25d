"""What the screen shows of a drawing beside its places: the colours of an overlay with what they mean, the lines of another view, and halves.

The browser works colours out, so it also says which it used: a file looks as the screen did, and no second scale has to agree with the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

import msgspec

from explorer.graph.measure import width
from explorer.ir import Layout, Record, Run

Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}\Z")]
Text = Annotated[str, msgspec.Meta(max_length=240)]

SWATCH = 22.0
GAP = 8.0
ROW = 26.0
"""px: width of a colour in the legend, between it and its text, from one row of the legend to the next."""


class Dress(Record, frozen=True, kw_only=True):
    """How the boxes of one drawing are coloured, and what they say."""

    palette: Annotated[tuple[tuple[Colour, Colour], ...], msgspec.Meta(max_length=256)] = ()
    """Fills, each with the ink that is read on it."""
    boxes: tuple[int, ...] = ()
    """For each box one more than its place in the palette; 0 where it keeps the colours of its kind."""
    legend: Annotated[tuple[tuple[int, Text], ...], msgspec.Meta(max_length=48)] = ()
    """Texts with their colours, counted as in `boxes`; 0 stands for a text alone."""
    lines: tuple[Text, ...] = ()
    """The lower line of each box, where the view says something else than the layout; else nothing."""
    between: tuple[Text, ...] = ()
    """What stands between the two halves of each box, where operations are drawn as halves; else nothing."""
    by_node: bool = False
    """Whether all this is told by node of the graph, for a drawing other than that on the screen."""

    def of(self, layout: Layout, run: Run, at: int) -> Worn:
        """What the box at `at` wears: nothing of its own where this dress is not that drawing's."""
        box = layout.boxes[at]
        place, count = (box.node, len(run.graph.nodes)) if self.by_node else (at, len(layout.boxes))
        if place is None or (self.by_node and box.kind not in _NODES):
            return Worn()
        fill, ink = self.colour(self.boxes[place]) if len(self.boxes) == count else ("", "")
        line = self.lines[place] if len(self.lines) == count else ""
        halved = len(self.between) == count and box.kind in _HALVED and box.subtitle != ""
        return Worn(fill, ink, line, self.between[place] if halved else None)

    @property
    def halves(self) -> bool:
        """Whether forward and backward are drawn as two."""
        return bool(self.between)

    def colour(self, at: int) -> tuple[str, str]:
        """A colour counted as in `boxes`."""
        return self.palette[at - 1] if 0 < at <= len(self.palette) else ("", "")


_NODES = ("operation", "custom", "leaf")
_HALVED = ("operation", "custom")


class Worn(NamedTuple):
    """What one box wears; empty texts leave it as it is."""

    fill: str = ""
    ink: str = ""
    line: str = ""
    between: str | None = None
    """None for a box that is no two halves."""


class Entry(NamedTuple):
    """One entry of the legend, from its upper left corner."""

    x: float
    y: float
    fill: str
    text: str


def legend(dress: Dress, room: float) -> tuple[Sequence[Entry], float]:
    """The entries, in rows at most `room` px wide where they can be, and the height of all rows."""
    return (found := list(_entries(dress, room))), (found[-1].y + ROW if found else 0.0)


def _entries(dress: Dress, room: float) -> Iterator[Entry]:
    x = y = GAP
    for at, text in dress.legend:
        fill = dress.colour(at)[0]
        wide = (SWATCH + GAP if fill else 0.0) + width(text)
        if x > GAP and x + wide > room:
            x, y = GAP, y + ROW
        yield Entry(x, y, fill, text)
        x += wide + 2 * GAP
