"""Long drawings in columns: nothing overlaps, and wires run upwards between columns only."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings

from explorer.graph import wrapping
from explorer.graph.folding import every_module
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Layout
from tests.graph import graphs
from tests.graph.random_graphs import examples, opened
from tests.graph.test_layout import SLACK, apart, contains, sides


def check(layout: Layout) -> None:
    for one, other in combinations(layout.boxes, 2):
        assert apart(one, other), (one.id, other.id)
    shapes = [sides(shape) for shape in layout.boxes]
    for shape in (*layout.boxes, *layout.frames):
        left, top, right, bottom = sides(shape)
        assert min(left, top) >= 0
        assert right <= layout.width
        assert bottom <= layout.height
    for wire in layout.wires:
        source, target = layout.boxes[wire.source], layout.boxes[wire.target]
        assert wire.points[0] == pytest.approx((source.x, source.y + source.height / 2), abs=SLACK)
        assert wire.points[-1] == pytest.approx((target.x, target.y - target.height / 2), abs=SLACK)
        for upper, lower in pairwise(wire.points):
            if lower[1] < upper[1] - SLACK:
                assert upper[0] == lower[0]
                for left, top, right, bottom in shapes:
                    assert not left < upper[0] < right or upper[1] < top or lower[1] > bottom
            assert 0 <= lower[1] <= layout.height


@settings(deadline=None, max_examples=40)
@given(example=examples(), open_modules=opened)
def test_promises(example: graphs.Example, open_modules: frozenset[str] | None) -> None:
    before = wrapping.ASPECT, wrapping.LONG
    wrapping.ASPECT, wrapping.LONG = 30.0, 100.0
    try:
        layout = lay_out(compose(*example, open_modules=open_modules), wrap=True)
    finally:
        wrapping.ASPECT, wrapping.LONG = before
    check(layout)


def test_a_long_recurrence_gets_as_wide_as_a_screen() -> None:
    graph, ops = graphs.recurrent(40)
    picture = compose(graph, ops, open_modules=every_module(graph))
    plain, layout = lay_out(picture), lay_out(picture, wrap=True)
    assert not plain.wrapped
    assert layout.wrapped
    assert plain.height > 10 * plain.width
    assert 0.5 < layout.width / layout.height < 3
    assert [box.id for box in layout.boxes] == [box.id for box in plain.boxes]
    check(layout)


def test_a_wide_drawing_stays_as_it_is() -> None:
    picture = compose(*graphs.expression())
    assert lay_out(picture, wrap=True).boxes == lay_out(picture).boxes


def test_a_module_wraps_inside_its_frame() -> None:
    graph, ops = graphs.recurrent(80, modules=True)
    picture = compose(graph, ops, open_modules=every_module(graph))
    plain, layout = lay_out(picture), lay_out(picture, wrap=True)
    group = next(frame for frame in layout.frames if frame.unit == "group")
    assert group.height < plain.height / 3
    inside = [frame for frame in layout.frames if frame.unit == "module" and contains(group, frame)]
    assert sum(frame.unit == "module" for frame in layout.frames) == 80
    assert len({frame.x for frame in inside}) > 2
    check(layout)
