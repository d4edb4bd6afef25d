"""What folds and unfolds leaves the rest as it was: inner drawings of other frames, and who stands left of or above whom."""

from __future__ import annotations

from itertools import pairwise

import pytest

from explorer.graph import compound
from explorer.graph.folding import every_module, toggle
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Frame, Layout, encode
from tests.graph import graphs


def inner(layout: Layout, frame: Frame) -> dict[str, tuple[float, float]]:
    """Boxes inside a frame, relative to its corner."""
    left, top = frame.x - frame.width / 2, frame.y - frame.height / 2
    return {
        box.id: (round(box.x - left, 1), round(box.y - top, 1))
        for box in layout.boxes
        if abs(box.x - frame.x) * 2 <= frame.width and abs(box.y - frame.y) * 2 <= frame.height
    }


@pytest.fixture(scope="module")
def drawings() -> tuple[Layout, Layout]:
    """A residual network with everything open, and with one block folded."""
    graph, ops = graphs.resnet()
    opened = every_module(graph)
    return tuple(lay_out(compose(graph, ops, open_modules=each)) for each in (opened, toggle(opened, "model.layer2.1")))  # type: ignore[return-value]


def test_frames_off_the_way_keep_their_inner_drawing(drawings: tuple[Layout, Layout]) -> None:
    before, after = drawings
    frames = {frame.module: frame for frame in before.frames}
    kept = [frame for frame in after.frames if not "model.layer2.1".startswith(frame.module)]
    assert len(kept) > 40
    for frame in kept:
        was = frames[frame.module]
        assert (frame.width, frame.height) == (was.width, was.height)
        assert inner(after, frame) == inner(before, was)


def test_nobody_changes_places(drawings: tuple[Layout, Layout]) -> None:
    before, after = drawings
    there = {box.id: box for box in before.boxes}
    shared = [(there[box.id], box) for box in after.boxes if box.id in there]
    assert len(shared) > 100
    for axis in ("x", "y"):
        order = sorted(shared, key=lambda pair: getattr(pair[0], axis))
        for (was, now), (was_next, now_next) in pairwise(order):
            if axis == "y" and getattr(was_next, axis) - getattr(was, axis) > was.height:
                assert now.y < now_next.y, (now.id, now_next.id)
            if axis == "x" and was.y == was_next.y:
                assert now.x < now_next.x, (now.id, now_next.id)


def test_what_was_placed_before_makes_no_difference() -> None:
    graph, ops = graphs.resnet()
    picture = compose(graph, ops)
    compound.forget()
    cold = encode(lay_out(picture))
    assert encode(lay_out(picture)) == cold
    lay_out(compose(*graphs.perceptron()))
    compound.forget()
    lay_out(compose(graph, ops, open_modules=frozenset({"model", "model.layer3"})))
    assert encode(lay_out(picture)) == cold


def test_a_fold_places_only_the_sheets_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, ops = graphs.resnet()
    opened = every_module(graph)
    compound.forget()
    lay_out(compose(graph, ops, open_modules=opened))
    placed = []
    place = compound.place
    monkeypatch.setattr(compound, "place", lambda sheets: placed.extend(sheets) or place(sheets))
    lay_out(compose(graph, ops, open_modules=toggle(opened, "model.layer2.1")))
    assert 1 <= len(placed) <= 3
