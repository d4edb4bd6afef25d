"""What the wires say about backward: the gradient that flowed back along each, and where that text can stand in a drawing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import floor
from typing import NamedTuple

import numpy as np

from explorer.graph.arrays import edges
from explorer.graph.compound import TITLE_STRIP
from explorer.graph.measure import width
from explorer.ir import Box, Edge, Gradient, Graph, Layout, Wire

MOST_WIRES = 1000
"""A drawing with more wires bears no labels: it is looked at from afar, and the inspector has every number."""

HEIGHT = 14.0
FACE = 11 / 12
BESIDE = 5.0
BELOW = 5.0
NEAR = 140.0
STACK = 6.0
"""px: height of a label; its face beside that of `measure`; room between it and its wire, and between it and its producer; how far
from its producer it may stand; how far the cards behind a folded module look out."""

CELL = 80.0
STEP = 6.0
"""px: side of a cell of the index; from one point of a wire to the next when labels look for room."""


class Label(NamedTuple):
    """The text of one wire; x and y are its centre, px."""

    wire: int
    gradient: str
    """``↑ 4`` or ``↑ ‖g‖ 3.06``; empty where no gradient is known."""
    times: str
    """``×2`` where the wire stands for two edges; empty for one."""
    x: float
    y: float
    width: float

    @property
    def text(self) -> str:
        """All of it, the number of edges first."""
        return " ".join(filter(None, (self.times, self.gradient)))


class _Rect(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Rect) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


class _Place(NamedTuple):
    """Where a label could stand, and the room between it and its wire, which no other wire may run through."""

    text: _Rect
    room: _Rect


class _Taken:
    """Rectangles in a grid of cells, so that a question looks at its neighbourhood only. Each may belong to a wire."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[tuple[_Rect, int]]] = defaultdict(list)

    def add(self, rect: _Rect, wire: int = -1) -> None:
        for cell in _cells(rect):
            self._cells[cell].append((rect, wire))

    def meets(self, rect: _Rect, but: int = -2) -> bool:
        """Whether `rect` overlaps one that is not of the wire `but`."""
        return any(
            wire != but and rect.meets(other) for cell in _cells(rect) for other, wire in self._cells.get(cell, ())
        )


def _cells(rect: _Rect) -> Iterator[tuple[int, int]]:
    for column in range(floor(rect.left / CELL), floor(rect.right / CELL) + 1):
        for row in range(floor(rect.top / CELL), floor(rect.bottom / CELL) + 1):
            yield column, row


def labels(graph: Graph, layout: Layout) -> tuple[Label, ...]:
    """Labels beside the wires (else on them), near their producers.

    None overlaps a box, a frame's border or title, or another label, and no other wire comes between a label and its own
    where that can be helped. A label that finds no room is left out.
    """
    if len(layout.wires) > MOST_WIRES:
        return ()
    texts = [(index, *_texts(graph, layout, wire)) for index, wire in enumerate(layout.wires) if len(wire.points) > 1]
    said = [(index, gradient, count) for index, gradient, count in texts if gradient or count]
    if not said:
        return ()
    solid = _solid(layout)
    ways = [_way(wire.points) for wire in layout.wires]
    lines = _lines(ways)
    found = []
    for index, gradient, count in said:
        label = Label(index, gradient, count, 0.0, 0.0, 0.0)
        wide = width(label.text) * FACE
        if (place := _choose(index, _places(ways[index], wide), solid, lines)) is not None:
            solid.add(place.text)
            x, y = (place.text.left + place.text.right) / 2, place.text.top + HEIGHT / 2
            found.append(label._replace(x=round(x, 2), y=round(y, 2), width=round(wide, 2)))
    return tuple(found)


def _choose(wire: int, places: Iterable[_Place], solid: _Taken, lines: _Taken) -> _Place | None:
    """The first place that is free; else the first that only wires cross."""
    crossed = None
    for place in places:
        if solid.meets(place.text):
            continue
        if not lines.meets(place.room, but=wire):
            return place
        crossed = crossed or place
    return crossed


def _lines(ways: Sequence[list[tuple[float, float]]]) -> _Taken:
    """The wires, as small rectangles."""
    taken = _Taken()
    for index, way in enumerate(ways):
        for (x, y), (to_x, to_y) in pairwise(way):
            taken.add(_Rect(min(x, to_x), y, max(x, to_x) + 0.1, to_y), index)
    return taken


def _solid(layout: Layout) -> _Taken:
    """What no label may cover."""
    taken = _Taken()
    for box in layout.boxes:
        wide, high = box.width / 2 + 2, box.height / 2 + 1
        stack = STACK if box.kind == "module" else 0.0
        taken.add(_Rect(box.x - wide, box.y - high, box.x + wide + stack, box.y + high + stack))
    for frame in layout.frames:
        left, right = frame.x - frame.width / 2, frame.x + frame.width / 2
        top, bottom = frame.y - frame.height / 2, frame.y + frame.height / 2
        taken.add(_Rect(left, top, left + min(frame.width, 24 + width(frame.title)), top + TITLE_STRIP))
        taken.add(_Rect(left, top, right, top + 1))
        taken.add(_Rect(left, bottom - 1, right, bottom))
        taken.add(_Rect(left, top, left + 1, bottom))
        taken.add(_Rect(right - 1, top, right, bottom))
    return taken


def _way(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points along a wire as it is drawn: each piece leaves and arrives upright."""
    way = [points[0]]
    for (x, y), (to_x, to_y) in pairwise(points):
        pieces = max(1, round((to_y - y) / STEP))
        for piece in range(1, pieces + 1):
            t = piece / pieces
            way.append((x + (to_x - x) * t * t * (3 - 2 * t), y + (to_y - y) * t))
    return way


def _places(way: list[tuple[float, float]], wide: float) -> Iterator[_Place]:
    """Where a label could stand, best first: down along the wire from its producer, right of it before left; last on it."""
    on = []
    top = way[0][1] + BELOW
    end = min(way[-1][1], top + NEAR)
    near = [point for point in way if point[1] <= end + STEP]
    while top + HEIGHT <= end:
        beside = [x for x, y in near if top - STEP <= y <= top + HEIGHT + STEP]
        left, right, bottom = min(beside), max(beside), top + HEIGHT
        yield _place(right + BESIDE, top, right + BESIDE + wide, right)
        if left - BESIDE - wide > 0:
            yield _place(left - BESIDE - wide, top, left - BESIDE, left)
        text = _Rect((left + right - wide) / 2, top, (left + right + wide) / 2, bottom)
        on.append(_Place(text, text))
        top += STEP
    yield from on


def _place(left: float, top: float, right: float, wire: float) -> _Place:
    """Beside a wire that runs at x `wire`."""
    text = _Rect(left, top, right, top + HEIGHT)
    return _Place(text, text._replace(left=min(left, wire), right=max(right, wire)))


def _texts(graph: Graph, layout: Layout, wire: Wire) -> tuple[str, str]:
    """What a wire says of its gradient, and how many edges it stands for."""
    edges = [graph.edges[edge] for edge in wire.edges]
    if not edges:
        return _start(graph, layout.boxes[wire.target]), ""
    if len(edges) == 1:
        return _one(edges[0].gradient), ""
    return _sum(edges), f"×{len(edges)}"


def _one(gradient: Gradient | None) -> str:
    """A 0-dim gradient is its number, a larger one its norm."""
    if gradient is None:
        return ""
    number = _scalar(gradient)
    return f"↑ ‖g‖ {float(gradient.stats.norm):.3g}" if number is None else f"↑ {number:.4g}"


def _sum(edges: Sequence[Edge]) -> str:
    """Contributions to one and the same number add up; norms do not."""
    if len({(edge.target, edge.output_nr) for edge in edges}) > 1:
        return ""
    numbers = [None if edge.gradient is None else _scalar(edge.gradient) for edge in edges]
    known = [number for number in numbers if number is not None]
    return f"↑ {sum(known):.4g}" if len(known) == len(edges) else ""


def _scalar(gradient: Gradient) -> float | None:
    """The number that a real 0-dim gradient is; NaN and infinities too."""
    if gradient.shape or isinstance(gradient.value, list) or gradient.value is None:
        return None
    try:
        return float(gradient.value)
    except ValueError:  # a complex number, as text
        return None


def _start(graph: Graph, box: Box) -> str:
    """The gradient that backward began with, on the wire to a result whose node nothing else uses."""
    root = next((root for index, root in enumerate(graph.roots) if box.id == f"r{index}"), None)
    if root is None:
        return ""
    incoming = graph.nodes[root.node].incoming
    into = np.flatnonzero(edges(graph).target == root.node).tolist()
    used = any(graph.edges[edge].output_nr == root.output_nr for edge in into)
    return "" if used or root.output_nr >= len(incoming) else _one(incoming[root.output_nr])
