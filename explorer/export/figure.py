"""A drawing as rectangles, lines and words, in px: what SVG and PDF write down, each in its own way. Looks as it does on the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil
from typing import Literal, NamedTuple

from explorer.export.dress import SWATCH, Dress, Worn, legend
from explorer.graph.flow import Label, labels
from explorer.graph.measure import shorten
from explorer.ir import Box, Frame, Layout, Run, Wire

Area = tuple[float, float, float, float]
"""Left, top, width and height in px of the drawing; the latter two are rounded up to whole px."""

RADIUS = 7.0
FOLD = 9.0
EDGE = 6.0
STACK = (6.0, 3.0)
"""px: of a box's corners; of a saved tensor's folded corner; room right of a label; how far two cards look out behind a folded module."""

ASIDE = 6.0
HALF = 5.5
KEPT = (11.0, 28.0)
"""px: of the way back beside its wire; that the lines of a halved box stand further apart; height of what is written between the halves, and
room beside it."""

Role = Literal["name", "lone", "under", "title", "flow", "alarm", "count", "between"]


class Panel(NamedTuple):
    """A rectangle with round corners; a saved tensor's lacks its upper right one."""

    look: str
    """``frame``, ``paper``, ``half`` (the lower half of a box, with its upper edge), ``kept`` (what forward saved), or the name of a kind's colours."""
    left: float
    top: float
    width: float
    height: float
    radius: float = RADIUS
    id: str = ""
    """Of the box, on its outermost panel."""
    fill: str = ""
    """``#rrggbb`` in place of the look's own."""


class Line(NamedTuple):
    """A wire, from its producer to its consumer, where it has an arrowhead; or the way back of the gradient beside it."""

    points: tuple[tuple[float, float], ...]
    dashed: bool
    back: bool = False


class Words(NamedTuple):
    """A text in one line; x is its middle (of a frame's name: its left end), y its baseline."""

    role: Role
    x: float
    y: float
    text: str
    ink: str = ""
    """``#rrggbb`` in place of the role's own."""


Mark = Panel | Line | Words


class Figure(NamedTuple):
    """What is in sight of a drawing, back to front."""

    title: str
    area: Area
    marks: tuple[Mark, ...]


def figure(run: Run, layout: Layout, area: Area | None = None, dress: Dress | None = None) -> Figure:
    """The drawing of `run`: all of it, or what lies in `area` or sticks out of it, with the legend of its dress below."""
    said = labels(run.graph, layout)
    right = max((label.x + label.width / 2 + EDGE for label in said), default=0.0)
    left, top, width, height = (0.0, 0.0, max(layout.width, right), layout.height) if area is None else area
    area = (left, top, float(max(1, ceil(width))), float(max(1, ceil(height))))
    title = shorten(run.result or "autograd graph", 120)
    worn = dress or Dress()
    marks = tuple(mark for mark in _marks(run, layout, said, worn) if _in_sight(mark, area))
    below = tuple(_legend(worn, area))
    return Figure(title, (*area[:3], area[3] + ceil(legend(worn, area[2])[1])), marks + below)


def _legend(dress: Dress, area: Area) -> Iterator[Mark]:
    """A strip of paper below the drawing, over what sticks out of its area."""
    left, top, wide, high = area
    entries, rows = legend(dress, wide)
    if entries:
        yield Panel("paper", left - 2, top + high, wide + 4, rows + 2, 0.0)
    for entry in entries:
        x, y = left + entry.x, top + high + entry.y
        if entry.fill:
            yield Panel("operation", x, y - 1, SWATCH, 14.0, 3.0, fill=entry.fill)
        yield Words("title", x + (SWATCH + 6 if entry.fill else 0), y + 10, entry.text)


def _marks(run: Run, layout: Layout, said: tuple[Label, ...], dress: Dress) -> Iterator[Mark]:
    yield from (_frame(frame) for frame in layout.frames)
    yield from (_wire(wire, layout.boxes[wire.source]) for wire in layout.wires if len(wire.points) > 1)
    if dress.halves:
        yield from (_back(wire) for wire in layout.wires if _returns(wire, layout.boxes[wire.source]))
    for at, box in enumerate(layout.boxes):
        yield from _box(box, _look(run, box), dress.of(layout, run, at))
    yield from (_label(label) for label in said)
    yield from (_frame_title(frame) for frame in layout.frames)


def _look(run: Run, box: Box) -> str:
    if box.kind == "operation" and box.node is not None and box.node < len(run.graph.nodes):
        return "second" if run.graph.nodes[box.node].order > 1 else "operation"
    return box.kind


def _frame(frame: Frame) -> Panel:
    return Panel("frame", frame.x - frame.width / 2, frame.y - frame.height / 2, frame.width, frame.height, 10.0)


def _frame_title(frame: Frame) -> Words:
    return Words("title", frame.x - frame.width / 2 + 10, frame.y - frame.height / 2 + 15, frame.title)


def _wire(wire: Wire, source: Box) -> Line:
    return Line(wire.points, source.kind == "input")


def _returns(wire: Wire, source: Box) -> bool:
    """Whether a gradient flows back along it: not to what needs none, and not from a saved tensor."""
    return source.kind not in ("input", "saved") and len(wire.points) > 1


def _back(wire: Wire) -> Line:
    return Line(tuple((x - ASIDE, y) for x, y in reversed(wire.points)), dashed=False, back=True)


def _label(label: Label) -> Words:
    role: Role = "alarm" if re.search("nan|inf", label.text) else "flow" if label.gradient else "count"
    return Words(role, label.x, label.y + 4, label.text)


def _box(box: Box, look: str, worn: Worn) -> Iterator[Panel | Words]:
    fill, ink = worn.fill, worn.ink
    left, top = box.x - box.width / 2, box.y - box.height / 2
    if box.kind == "module":
        yield from (Panel(look, left + step, top + step, box.width, box.height, fill=fill) for step in STACK)
    radius = {"leaf": box.height / 2, "input": 0.0, "saved": 0.0}.get(box.kind, RADIUS)
    yield Panel(look, left, top, box.width, box.height, radius, box.id, fill)
    if box.kind == "custom":
        yield Panel(look, left + 3.5, top + 3.5, box.width - 7, box.height - 7, RADIUS - 3.5, fill=fill)
    if worn.between is not None:
        yield Panel("half", left, box.y, box.width, box.height / 2, RADIUS, fill=fill)
    further = 0.0 if worn.between is None else HALF
    subtitle = box.subtitle and (worn.line or box.subtitle)
    yield Words("name" if subtitle else "lone", box.x, box.y + (-4 - further if subtitle else 4), box.title, ink)
    if subtitle:
        yield Words("under", box.x, box.y + 12 + further, subtitle, ink)
    if worn.between:
        yield from _between(box, worn.between, coloured=bool(fill))


def _between(box: Box, text: str, *, coloured: bool) -> Iterator[Panel | Words]:
    """On the line between the halves what forward saved, or the number of an overlay."""
    high, beside = KEPT
    most = int((box.width - beside) / 5.5)
    said = text if len(text) <= most else text[: max(1, most - 1)] + "…"
    wide = len(said) * 5.5 + 10
    yield Panel("paper" if coloured else "kept", box.x - wide / 2, box.y - high / 2, wide, high, 3.0)
    yield Words("between", box.x, box.y + 3.5, said)


def _in_sight(mark: Mark, area: Area) -> bool:
    left, top, width, height = area
    if isinstance(mark, Panel):
        return (
            mark.left <= left + width
            and mark.top <= top + height
            and mark.left + mark.width >= left
            and mark.top + mark.height >= top
        )
    if isinstance(mark, Words):  # its own width depends on the reader's font
        return left - 300 <= mark.x <= left + width + 300 and top - 20 <= mark.y <= top + height + 20
    xs, ys = [x for x, _ in mark.points], [y for _, y in mark.points]
    return min(xs) <= left + width and max(xs) >= left and min(ys) <= top + height and max(ys) >= top
