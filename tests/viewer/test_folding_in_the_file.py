"""Any open set is drawn by the exported file itself: what it shows is what Python composes, and its places are those of a good drawing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from typing import Any

import pytest
from playwright.sync_api import Page

from explorer.export import html
from explorer.export.drawings import drawing, drawings
from explorer.graph.flow import labels
from explorer.graph.folding import every_module, toggle
from explorer.ir import Box, Layout, Run
from tests.samples import run
from tests.viewer.graph_page import GraphPage

Open = Callable[..., GraphPage]

CODE = """class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return x + self.scale * self.second(self.first(self.norm(x)).relu())

cell = nn.RNNCell(4, 4)
model = nn.ModuleList(Block() for _ in range(3))
w = torch.ones(4, requires_grad=True)
x = torch.ones(2, 4)
for block in model:
    x = block(x * w)
for _ in range(12):
    x = cell(x, x * w)
loss = (x * w).sum()
loss.backward()
"""

_READ = """async ([page, open, saved, wrap]) => {
  const { KeptDrawings } = await import("explorer/kept_drawings.mjs");
  if (!window.kept) {
    const file = new DOMParser().parseFromString(page, "text/html");
    const about = JSON.parse(file.getElementById("run").textContent).drawings;
    window.kept = new KeptDrawings([...file.querySelectorAll("script[data-scene]")], file.getElementById("known"), file.getElementById("details"), about);
  }
  const scene = await kept.scene({ open: new Set(open), saved, engine: "layered", wrap });
  const { wires, columns } = scene;
  const all = (count, read) => Array.from({ length: count }, (_, at) => read(at));
  return {
    open: scene.header.open_modules,
    size: [scene.width, scene.height],
    boxes: all(scene.count, (box) => [scene.id(box), scene.title(box), scene.subtitle(box), scene.x[box], scene.y[box], scene.w[box], scene.h[box]]),
    wires: all(wires.count, (wire) => [wires.source[wire], wires.target[wire], Array.from(wires.x.subarray(wires.at[wire], wires.at[wire + 1])), Array.from(wires.y.subarray(wires.at[wire], wires.at[wire + 1]))]),
    frames: all(scene.frames, (frame) => [scene.text("frame_id", frame), columns.frame_x[frame], columns.frame_y[frame], columns.frame_width[frame], columns.frame_height[frame]]),
    names: all(scene.count, (box) => scene.boxDetail(box).name ?? null),
    labels: all(scene.labels, (label) => [columns.label_wire[label], scene.text("label_gradient", label), columns.label_x[label], columns.label_y[label]]),
  };
}"""


@pytest.fixture(scope="module")
def nested() -> Run:
    return run(CODE, result="loss")


@pytest.fixture(scope="module")
def long() -> Run:
    """As `nested`, with so many lines before and after the blocks that it is cut into columns."""
    lines = "".join("x = x.sin()\n" if at % 2 else "x = x.cos()\n" for at in range(70))
    return run(CODE.replace("for block in", f"{lines}for block in").replace("loss =", f"{lines}loss ="), result="loss")


@pytest.fixture
def states(open_graph: Open, nested: Run) -> Callable[..., dict[str, Any]]:
    """What the file draws of an open set."""
    return file_of(open_graph, nested)


def file_of(open_graph: Open, captured: Run) -> Callable[..., dict[str, Any]]:
    page: Page = open_graph(captured).page
    file = html.write(captured, drawings(captured, drawing(captured, open_modules=frozenset())))
    return lambda opened, saved, wrap=False: page.evaluate(_READ, [file, sorted(opened), saved, wrap])


def walk(captured: Run, seed: int, steps: int) -> Iterator[frozenset[str]]:
    """Open sets that double clicks lead to, one after another."""
    chance, opened = random.Random(seed), frozenset[str]()
    for _ in range(steps):
        shown = drawing(captured, open_modules=opened)
        names = [frame.fold for frame in shown.frames] + [box.fold for box in shown.boxes if box.fold]
        opened = frozenset(toggle(frozenset(shown.open_modules), chance.choice(names)))
        yield opened


def test_the_file_draws_what_python_composes(states: Callable[..., dict[str, Any]], nested: Run) -> None:
    for at, opened in enumerate(walk(nested, seed=5, steps=24)):
        saved = at % 3 == 2
        meant = drawing(nested, open_modules=opened, show_saved=saved)
        shown = states(opened, saved)
        assert sorted(shown["open"]) == sorted(frame.fold for frame in meant.frames)
        boxes = {name: (title, line) for name, title, line, *_ in shown["boxes"]}
        assert boxes == {box.id: (box.title, box.subtitle) for box in meant.boxes}
        assert pairs(shown) == {(meant.boxes[wire.source].id, meant.boxes[wire.target].id) for wire in meant.wires}
        for (name, *_), of in zip(shown["boxes"], shown["names"], strict=True):
            if name[1:].isdecimal() and name[0] == "n":
                assert of == nested.graph.nodes[int(name[1:])].name
        assert_well_placed(shown)


def test_the_file_cuts_what_is_long_into_columns(open_graph: Open, long: Run) -> None:
    states = file_of(open_graph, long)
    for at, opened in enumerate(walk(long, seed=3, steps=10)):
        saved = at % 3 == 2
        whole, cut = states(opened, saved), states(opened, saved, True)
        assert cut["size"][0] > 1.5 * whole["size"][0]
        assert cut["size"][1] < whole["size"][1]
        assert pairs(cut) == pairs(whole)
        assert_well_placed(cut, downwards=False)


def test_columns_of_a_large_drawing_leave_out_the_inputs_that_python_leaves_out(
    states: Callable[..., dict[str, Any]], nested: Run
) -> None:
    """They stand in the drawings of less depth, which have few boxes."""
    inputs = []
    for opened in (frozenset[str](), every_module(nested.graph)):
        meant, shown = drawing(nested, open_modules=opened, wrap=True), states(opened, False, True)
        assert {box[0] for box in shown["boxes"]} == {box.id for box in meant.boxes}
        assert pairs(shown) == {(meant.boxes[wire.source].id, meant.boxes[wire.target].id) for wire in meant.wires}
        inputs.append(sum(box.kind == "input" for box in meant.boxes))
    assert inputs[0] > inputs[1] == 0


def test_wires_into_opened_modules_say_their_gradient(states: Callable[..., dict[str, Any]], nested: Run) -> None:
    crossing = 0
    for opened in walk(nested, seed=7, steps=12):
        meant, shown = drawing(nested, open_modules=opened), states(opened, False)
        said = {ends(meant, label.wire): label.gradient for label in labels(nested.graph, meant)}
        names = [box[0] for box in shown["boxes"]]
        told = {
            (names[shown["wires"][wire][0]], names[shown["wires"][wire][1]]): text for wire, text, *_ in shown["labels"]
        }
        both = said.keys() & told.keys()
        assert {pair: told[pair] for pair in both} == {pair: said[pair] for pair in both}
        homes = dict(zip((box.id for box in meant.boxes), (around(meant, box) for box in meant.boxes), strict=True))
        crossing += sum(
            len(homes[target]) > len(homes[source]) and homes[source] < homes[target] for source, target in both
        )
        for wire, _, x, y in shown["labels"]:
            left, top = shown["wires"][wire][2][0], shown["wires"][wire][3][0]
            assert top <= y <= top + 150
            assert abs(x - left) < 200
    assert crossing > 8


def ends(layout: Layout, wire: int) -> tuple[str, str]:
    return layout.boxes[layout.wires[wire].source].id, layout.boxes[layout.wires[wire].target].id


def around(layout: Layout, box: Box) -> frozenset[str]:
    """The frames that a box lies in."""
    return frozenset(
        f"{frame.module}#{frame.call}"
        for frame in layout.frames
        if abs(box.x - frame.x) < frame.width / 2 and abs(box.y - frame.y) < frame.height / 2
    )


def pairs(shown: dict[str, Any]) -> set[tuple[str, str]]:
    names = [box[0] for box in shown["boxes"]]
    return {(names[source], names[target]) for source, target, *_ in shown["wires"]}


def assert_well_placed(shown: dict[str, Any], *, downwards: bool = True) -> None:
    for (one, _, _, x, y, w, h), (other, _, _, x2, y2, w2, h2) in combinations(shown["boxes"], 2):
        assert abs(x - x2) >= (w + w2) / 2 or abs(y - y2) >= (h + h2) / 2, (one, other)
    for (one, x, y, w, h), (other, x2, y2, w2, h2) in combinations(shown["frames"], 2):
        apart = abs(x - x2) >= (w + w2) / 2 or abs(y - y2) >= (h + h2) / 2
        assert apart or (abs(x - x2) < abs(w - w2) / 2 and abs(y - y2) < abs(h - h2) / 2), (one, other)
    for source, target, xs, ys in shown["wires"]:
        (_, _, _, x, y, _, h), (_, _, _, x2, y2, _, h2) = shown["boxes"][source], shown["boxes"][target]
        assert (xs[0], ys[0], xs[-1], ys[-1]) == pytest.approx((x, y + h / 2, x2, y2 - h2 / 2))
        assert not downwards or all(below >= above for above, below in pairwise(ys))
        assert 0 <= min(xs) <= max(xs) <= shown["size"][0]
        assert 0 <= min(ys) <= max(ys) <= shown["size"][1]
        assert downwards or clear_of_boxes(shown, source, target, xs, ys)


def clear_of_boxes(shown: dict[str, Any], source: int, target: int, xs: list[float], ys: list[float]) -> bool:
    """Whether the lines that run upwards pass no box."""
    for (x, y), (x2, y2) in pairwise(zip(xs, ys, strict=True)):
        if y2 < y:
            for box, (_, _, _, bx, by, w, h) in enumerate(shown["boxes"]):
                if (
                    box not in (source, target)
                    and abs((x + x2) / 2 - bx) < w / 2
                    and y2 < by + h / 2
                    and y > by - h / 2
                ):
                    return False
    return True
