"""Places by Graphviz's ``dot``, through the engine in pygraphviz's wheel.

It can hang or crash on a large or hostile graph, so nothing but `explorer.graph.apart` calls it, in a process of its own.
Coordinates of ``dot`` are points from the lower left corner (graphviz.org, "Output Formats": pos, bb), one px each here.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pygraphviz

from explorer.graph.compound import MARGIN
from explorer.graph.measure import cells
from explorer.graph.picture import Group, Picture
from explorer.ir import Frame, Layout

_INCH = 72.0
_PIECES = 4
"""Straight pieces that stand for one Bezier curve."""

Point = tuple[float, float]


def lay_out_graphviz(picture: Picture) -> Layout:
    """Place a picture with ``dot``; may take for ever."""
    clusters = _digraph(picture)
    graph = clusters[None]
    graph.layout(prog="dot")
    left, bottom, right, top = _numbers(graph.graph_attr["bb"])

    def place(point: Point) -> Point:
        return round(point[0] - left + MARGIN, 2), round(top - point[1] + MARGIN, 2)

    boxes = []
    for index, box in enumerate(picture.boxes):
        x, y = place(_point(graph.get_node(f"b{index}").attr["pos"]))
        boxes.append(msgspec.structs.replace(box, x=x, y=y))
    wires = []
    for index, wire in enumerate(picture.wires):
        edge = graph.get_edge(f"b{wire.source}", f"b{wire.target}", key=f"w{index}")
        way = [place(point) for point in _way(edge.attr["pos"])]
        start, end = boxes[wire.source], boxes[wire.target]
        way = [(way[0][0], start.y + start.height / 2), *way[1:-1], (way[-1][0], end.y - end.height / 2)]
        wires.append(msgspec.structs.replace(wire, points=_simplify(way)))
    return Layout(
        boxes=tuple(boxes),
        wires=tuple(wires),
        frames=tuple(_frame(group, clusters[index], place) for index, group in enumerate(picture.groups)),
        width=right - left + 2 * MARGIN,
        height=top - bottom + 2 * MARGIN,
        engine="graphviz",
        open_modules=picture.open_modules,
        depth=picture.depth,
    )


def _digraph(picture: Picture) -> dict[int | None, pygraphviz.AGraph]:
    """The whole graph (None) and its clusters by group. Shapes of the right size, and no text of the run: a frame's title is as many ``x`` as it has cells."""
    graph = pygraphviz.AGraph(directed=True, strict=False, nodesep=0.25, ranksep=0.4)
    clusters: dict[int | None, pygraphviz.AGraph] = {None: graph}
    for index, group in enumerate(picture.groups):
        clusters[index] = clusters[group.parent].add_subgraph(
            name=f"cluster_{index}", label="x" * cells(group.title), fontsize=11, labeljust="l", margin=14
        )
    for index, (box, home) in enumerate(zip(picture.boxes, picture.homes, strict=True)):
        width, height = box.width / _INCH, box.height / _INCH
        clusters[home].add_node(f"b{index}", shape="box", label="", fixedsize=True, width=width, height=height)
    for index, wire in enumerate(picture.wires):
        graph.add_edge(f"b{wire.source}", f"b{wire.target}", key=f"w{index}", arrowhead="none")
    return clusters


def _simplify(points: list[Point]) -> tuple[Point, ...]:
    """Leave out points on the straight vertical line between their neighbours, and repeated ones."""
    kept = points[:1]
    for index in range(1, len(points)):
        here = points[index]
        following = points[index + 1] if index + 1 < len(points) else None
        if following is not None and (here == kept[-1] or kept[-1][0] == here[0] == following[0]):
            continue
        kept.append(here)
    return tuple(kept)


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def _point(text: str) -> Point:
    x, y = _numbers(text)
    return x, y


def _way(spline: str) -> list[Point]:
    """A chain of cubic Bezier curves as a line of straight pieces."""
    points = [_point(part) for part in spline.split()]
    way = points[:1]
    for start in range(0, len(points) - 3, 3):
        a, b, c, d = points[start : start + 4]
        for piece in range(1, _PIECES + 1):
            t = piece / _PIECES
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            way.append((_mean(weights, (a[0], b[0], c[0], d[0])), _mean(weights, (a[1], b[1], c[1], d[1]))))
    return way


def _mean(weights: tuple[float, ...], values: tuple[float, ...]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def _frame(group: Group, cluster: pygraphviz.AGraph, place: Callable[[Point], Point]) -> Frame:
    left, bottom, right, top = _numbers(cluster.graph_attr["bb"])
    x, y = place(((left + right) / 2, (bottom + top) / 2))
    return Frame(
        module=group.module,
        call=group.call,
        title=group.title,
        depth=group.depth,
        unit=group.unit,
        fold=group.fold,
        repeats=group.repeats,
        class_name=group.class_name,
        nodes=group.nodes,
        x=x,
        y=y,
        width=right - left,
        height=top - bottom,
    )
