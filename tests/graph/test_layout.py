"""What every drawing promises, on random graphs; and that a few well-known ones look as they should."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.graph.layout import lay_out
from explorer.graph.picture import Picture, compose
from explorer.ir import Box, Frame, Layout, Wire, encode
from tests.graph import graphs
from tests.graph.random_graphs import examples, opened

SLACK = 0.05
"""px lost by rounding coordinates to hundredths."""

GAP = 10.0


def sides(shape: Box | Frame) -> tuple[float, float, float, float]:
    return (
        shape.x - shape.width / 2,
        shape.y - shape.height / 2,
        shape.x + shape.width / 2,
        shape.y + shape.height / 2,
    )


def apart(one: Box | Frame, other: Box | Frame, gap: float = 0.0) -> bool:
    a, b = sides(one), sides(other)
    reach = gap - SLACK
    return a[2] + reach <= b[0] or b[2] + reach <= a[0] or a[3] + reach <= b[1] or b[3] + reach <= a[1]


def contains(outer: Box | Frame, inner: Box | Frame) -> bool:
    a, b = sides(outer), sides(inner)
    return a[0] <= b[0] + SLACK and a[1] <= b[1] + SLACK and a[2] >= b[2] - SLACK and a[3] >= b[3] - SLACK


@settings(deadline=None, max_examples=150)
@given(example=examples(), open_modules=opened, show_saved=st.booleans())
def test_promises(example: graphs.Example, open_modules: frozenset[str] | None, show_saved: bool) -> None:
    graph, ops = example
    picture = compose(graph, ops, open_modules=open_modules, show_saved=show_saved)
    layout = lay_out(picture)
    for one, other in combinations(layout.boxes, 2):
        assert apart(one, other, GAP), (one.id, other.id)
    for one, other in combinations(layout.frames, 2):
        assert apart(one, other) or contains(one, other) or contains(other, one)
    for box, home in zip(layout.boxes, picture.homes, strict=True):
        around = groups_around(picture, home)
        for index, frame in enumerate(layout.frames):
            assert contains(frame, box) if index in around else apart(frame, box), (frame.module, box.id)
    check_wires(layout)
    assert encode(lay_out(picture)) == encode(layout)


def groups_around(picture: Picture, home: int | None) -> set[int]:
    around = set()
    while home is not None:
        around.add(home)
        home = picture.groups[home].parent
    return around


def check_wires(layout: Layout) -> None:
    for wire in layout.wires:
        source, target = layout.boxes[wire.source], layout.boxes[wire.target]
        assert len(wire.points) >= 2
        assert wire.points[0] == pytest.approx((source.x, source.y + source.height / 2), abs=SLACK)
        assert wire.points[-1] == pytest.approx((target.x, target.y - target.height / 2), abs=SLACK)
        assert all(upper[1] <= lower[1] for upper, lower in pairwise(wire.points))
        assert wire.points[0][1] < wire.points[-1][1]
    for shape in (*layout.boxes, *layout.frames):
        left, top, right, bottom = sides(shape)
        assert min(left, top) >= 0
        assert right <= layout.width
        assert bottom <= layout.height


@settings(deadline=None, max_examples=100)
@given(example=examples(), open_modules=opened)
def test_every_edge_is_drawn_once(example: graphs.Example, open_modules: frozenset[str] | None) -> None:
    graph, ops = example
    picture = compose(graph, ops, open_modules=open_modules)
    shown = {box.node: index for index, box in enumerate(picture.boxes) if box.kind in ("operation", "leaf", "custom")}
    inside = {node for box in picture.boxes for node in box.nodes}
    assert set(shown) - {None} | inside == {node.id for node in graph.nodes}
    drawn = Counter(edge for wire in picture.wires for edge in wire.edges)
    assert all(count == 1 for count in drawn.values())
    for index, edge in enumerate(graph.edges):
        if index in drawn:
            wire = next(wire for wire in picture.wires if index in wire.edges)
            ends = picture.boxes[wire.source], picture.boxes[wire.target]
            assert all(
                box.node == node or node in box.nodes
                for box, node in zip(ends, (edge.target, edge.source), strict=True)
            )
        else:
            assert any({edge.source, edge.target} <= set(box.nodes) for box in picture.boxes)
    assert len({box.id for box in picture.boxes}) == len(picture.boxes)


def straight(layout: Layout) -> list[bool]:
    return [len({x for x, _ in wire.points}) == 1 for wire in layout.wires]


def test_a_chain_is_one_vertical_line() -> None:
    layout = lay_out(compose(*graphs.chain(50)))
    assert len({box.x for box in layout.boxes}) == 1
    assert all(straight(layout))
    assert [box.y for box in layout.boxes if box.kind == "result"] == [max(box.y for box in layout.boxes)]


def test_the_inputs_of_an_expression_stand_as_in_the_code() -> None:
    layout = lay_out(compose(*graphs.expression()))
    at = {box.title: box for box in layout.boxes}
    assert at["x"].x < at["y"].x
    assert at["x"].y == at["y"].y < at["x + y"].y < at["(x + y) * w"].y
    assert at["w"].y == pytest.approx(at["x + y"].y)


def test_a_diamond_is_symmetric() -> None:
    layout = lay_out(compose(*graphs.diamond()))
    at = {box.title: box for box in layout.boxes}
    assert at["x"].x == pytest.approx(at["a * b"].x)
    assert at["x.exp()"].x + at["x.sin()"].x == pytest.approx(2 * at["x"].x)


@pytest.mark.parametrize("example", [graphs.resnet(), graphs.recurrent(12), graphs.recurrent(12, modules=True)])
def test_the_main_line_runs_straight_through_all_frames(example: graphs.Example) -> None:
    layout = lay_out(compose(*example))
    into: dict[int, list[int]] = {}
    for index, wire in enumerate(layout.wires):
        into.setdefault(wire.target, []).append(index)
    box = next(index for index, box in enumerate(layout.boxes) if box.kind == "result")
    walked = 0
    vertical = straight(layout)
    while straights := [wire for wire in into.get(box, ()) if vertical[wire]]:
        box = layout.wires[straights[0]].source
        walked += 1
    assert walked > 30


@pytest.mark.parametrize(
    "example", [graphs.resnet(), graphs.recurrent(40), graphs.recurrent(15, modules=True), graphs.dense(12)]
)
def test_real_shapes_keep_every_promise(example: graphs.Example) -> None:
    layout = lay_out(compose(*example))
    rows = sorted(layout.boxes, key=lambda box: box.x)
    assert all(apart(one, other, GAP) for one, other in combinations(rows, 2))
    check_wires(layout)


def test_ten_thousand_leaves_into_one_node() -> None:
    tape = graphs.Tape()
    tape.op("Cat", *(tape.leaf(f"x{at}") for at in range(10_000)))
    layout = lay_out(compose(*tape.graph()))
    leaves = sorted((box for box in layout.boxes if box.kind == "leaf"), key=lambda box: box.x)
    assert len(leaves) == 10_000
    assert all(apart(one, other, GAP) for one, other in pairwise(leaves))
    check_wires(layout)


def test_a_cycle_is_refused() -> None:
    boxes = tuple(Box(id=f"n{at}", kind="operation", title="x", width=56.0, height=28.0) for at in range(3))
    wires = tuple(Wire(source=at, target=(at + 1) % 3) for at in range(3))
    with pytest.raises(ValueError, match="cycle"):
        lay_out(Picture(boxes=boxes, wires=wires, homes=(None, None, None)))


def test_nothing_to_draw() -> None:
    layout = lay_out(compose(graphs.Graph()))
    assert (layout.boxes, layout.wires, layout.frames) == ((), (), ())
