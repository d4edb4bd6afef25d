"""What the screen shows of a drawing beside its places: the colours of an overlay with what they mean, and the lines of another view.

The browser works colours out, so it also says which it used: a file looks as the screen did, and no second scale has to agree with the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

import msgspec

from explorer.graph.measure import width
from explorer.ir import Record

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

    def of(self, box: int, count: int) -> tuple[str, str]:
        """Fill and ink of a box of a drawing of `count` boxes, empty where it has none of its own: also where this dress is not its drawing's."""
        at = self.boxes[box] if len(self.boxes) == count else 0
        return self.colour(at)

    def colour(self, at: int) -> tuple[str, str]:
        """A colour counted as in `boxes`."""
        return self.palette[at - 1] if 0 < at <= len(self.palette) else ("", "")

    def line(self, box: int, count: int, otherwise: str) -> str:
        """The lower line of a box."""
        return self.lines[box] if len(self.lines) == count else otherwise


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
