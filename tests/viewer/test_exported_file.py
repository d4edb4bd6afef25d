"""Fingers on the graph of an exported file, in a window of 420 px; and how it folds without a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from explorer.export import html
from explorer.export.drawings import drawing, drawings
from explorer.graph.folding import every_module, open_to_depth
from explorer.ir import Edge, Graph, Layout, Node, Run
from tests.samples import run
from tests.viewer.graph_page import GraphPage, drawn

Open = Callable[..., GraphPage]
Point = tuple[float, float]

MODEL = """class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.second = nn.Linear(2, 2)

    def forward(self, x):
        return self.second(self.first(x).relu())

model = nn.Sequential(Block(), nn.Tanh(), Block())
loss = model(torch.ones(1, 2)).sum()
loss.backward()
"""


@pytest.fixture(scope="module")
def model() -> Run:
    return run(MODEL, result="loss")


class Fingers:
    """Real touches, as the browser gets them from a screen; places on the canvas."""

    def __init__(self, graph: GraphPage) -> None:
        self.box = graph.canvas.bounding_box()
        self.session: CDPSession = graph.page.context.new_cdp_session(graph.page)

    def send(self, kind: str, *points: Point) -> None:
        left, top = self.box["x"], self.box["y"]
        touches = [{"x": left + x, "y": top + y, "id": finger} for finger, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def move(self, *ways: tuple[Point, Point], steps: int = 8) -> None:
        self.send("touchStart", *(start for start, _ in ways))
        for step in range(1, steps + 1):
            part = step / steps
            self.send("touchMove", *((a + (c - a) * part, b + (d - b) * part) for (a, b), (c, d) in ways))
        self.send("touchEnd")

    def tap(self, place: dict[str, float], times: int = 1) -> None:
        for _ in range(times):
            self.send("touchStart", (place["x"], place["y"]))
            self.send("touchEnd")


def test_fingers_pinch_drag_tap_and_open(open_graph: Open, model: Run) -> None:
    layouts = [drawn(model, frozenset()), drawn(model, frozenset({"model"}))]
    graph = open_graph(model, *layouts, viewport={"width": 420, "height": 900}, has_touch=True, is_mobile=True)
    canvas, inspector = graph.canvas.bounding_box(), graph.inspector.bounding_box()
    assert canvas
    assert inspector
    assert inspector["y"] > canvas["y"] + canvas["height"]
    fingers = Fingers(graph)

    x, y, k = graph.camera
    middle = (180.0, 200.0)
    fingers.move(((140, 200), (100, 200)), ((220, 200), (260, 200)))
    graph.wait_for_camera(*(2 * place + (1 - 2) * m for place, m in zip((x, y), middle, strict=True)), 2 * k)
    fingers.move(((260, 200), (220, 200)), ((100, 200), (140, 200)))
    graph.wait_for_camera(x, y, k)

    fingers.move(((180, 300), (210, 260)))
    graph.wait_for_camera(x + 30, y - 40, k)
    fingers.move(((210, 260), (180, 300)))
    graph.wait_for_camera(x, y, k)

    fingers.tap(graph.place("loss"))
    expect(graph.inspector.locator("h2")).to_have_text("SumBackward0")
    fingers.tap(graph.place("model"), times=2)
    expect(graph.page.locator(".explorer-graph")).to_have_attribute("data-boxes", str(len(layouts[1].boxes)))


def test_a_file_holds_every_fold_depth_as_far_as_it_stays_small(model: Run) -> None:
    held = drawings(model, drawing(model, open_modules=frozenset()))
    depths = [tuple(sorted(open_to_depth(model.graph, depth))) for depth in range(4)]
    assert [each.layout.open_modules for each in held[1:]] == depths * 2
    assert [(each.saved, each.depth) for each in held] == [
        (False, None),
        *((saved, depth) for saved in (False, True) for depth in range(4)),
    ]
    shown = [any(box.kind == "saved" for box in each.layout.boxes) for each in held if each.saved]
    assert shown == [False, True, True, True]
    large = run(
        "x = torch.ones(2, requires_grad=True)\nfor _ in range(45000):\n    x = x.sin()\nend = x.sum()", result="end"
    )
    held = drawings(large, drawing(large))
    assert any(each.depth is not None for each in held)
    assert not any(each.saved for each in held)


def test_the_file_folds_to_a_depth_and_with_a_key(open_graph: Open, model: Run) -> None:
    layouts = [drawn(model, names) for names in (frozenset(), frozenset({"model"}), every_module(model.graph))]
    graph = open_graph(model, *layouts)
    view = graph.page.locator(".explorer-graph")

    def shows(layout: Layout) -> None:
        expect(view).to_have_attribute("data-boxes", str(len(layout.boxes)))

    depth = graph.page.get_by_label("Fold depth")
    assert depth.locator("option").all_inner_texts()[1:] == ["Fold all", "To depth 1", "To depth 2", "Unfold all"]
    for choice, layout in (("To depth 1", layouts[1]), ("Unfold all", layouts[2]), ("Fold all", layouts[0])):
        depth.select_option(label=choice)
        shows(layout)
    graph.click("model")
    graph.page.keyboard.press("e")
    shows(layouts[1])
    expect(graph.inspector.locator("h2")).to_have_text("model")
    expect(graph.page.locator(".chips .chip")).to_have_count(0)


def test_what_a_file_cannot_open_is_said_before_anybody_tries(chromium: Browser, tmp_path: Path, model: Run) -> None:
    file = tmp_path / "cut.html"
    held = drawings(model, drawing(model, open_modules=frozenset()))
    file.write_text(html.write(model, held[:3]), encoding="utf-8")
    page = chromium.new_page()
    page.goto(file.as_uri())
    expect(page.locator("header .cut")).to_contain_text("deeper than 1 of its 3 levels")
    assert page.get_by_label("Fold depth").locator("option").all_inner_texts()[1:] == ["Fold all", "To depth 1"]
    page.evaluate("async () => (await import('explorer/bus.mjs')).order({ fold: 'model' })")
    page.evaluate("async () => (await import('explorer/bus.mjs')).order({ fold: 'model.0' })")
    expect(page.locator(".chips .chip")).to_contain_text("does not hold what lies this deep")
    page.close()


def test_the_file_has_graphviz_s_drawings_of_whole_depths(chromium: Browser, tmp_path: Path, model: Run) -> None:
    file = tmp_path / "placed.html"
    held = drawings(model, drawing(model, open_modules=frozenset()), graphviz=True)
    file.write_text(html.write(model, held), encoding="utf-8")
    page = chromium.new_page()
    page.goto(file.as_uri())
    placed = page.get_by_role("button", name="Place with Graphviz", exact=True)

    def expect_drawn(text: str) -> None:
        expect(page.locator(".toggle.graphviz")).to_have_attribute("aria-pressed", text)

    page.locator(".menu-holder > button").click()
    placed.click()
    expect_drawn("true")
    page.get_by_label("Fold depth").select_option(label="Unfold all")
    shown = page.locator(".explorer-graph")
    meant = next(
        each.layout for each in held if each.depth == held[0].layout.depth and each.layout.engine == "graphviz"
    )
    expect(shown).to_have_attribute("data-boxes", str(len(meant.boxes)))
    expect_drawn("true")
    page.evaluate("async () => (await import('explorer/bus.mjs')).order({ fold: 'model.0' })")
    expect(page.locator(".chips .chip")).to_contain_text("no such drawing")
    expect(shown).not_to_have_attribute("data-boxes", str(len(meant.boxes)))
    page.close()


def test_what_is_long_is_cut_into_columns_without_a_server(chromium: Browser, tmp_path: Path) -> None:
    long = run("x = torch.ones(2, requires_grad=True)\n" + "x = x.sin()\nx = x.cos()\n" * 40 + "x.sum().backward()")
    file = tmp_path / "long.html"
    file.write_text(html.write(long, drawings(long, drawing(long, everything=True))), encoding="utf-8")
    page = chromium.new_page()
    page.goto(file.as_uri())
    page.locator(".menu-holder > button").click()
    wrap = page.get_by_role("button", name="Wrap into columns")
    seen = """() => {
      document.querySelector('button[aria-label^="Fit"]').click();
      return new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(Number(document.querySelector(".explorer-graph").dataset.camera.split(" ")[2])))));
    }"""
    scales = []
    for pressed in ("false", "true", "false"):
        expect(wrap).to_have_attribute("aria-pressed", pressed)
        scales.append(page.evaluate(seen))
        wrap.click()
    assert scales[1] > 2 * scales[0] == 2 * scales[2]
    page.close()


def test_saved_tensors_and_storages_need_no_server(open_graph: Open) -> None:
    shared = run("x = torch.ones(2, 3, requires_grad=True)\ny = x.t()\nz = (y * y).sum()\nz.backward()")
    graph = open_graph(shared)
    page = graph.page
    expect(page.locator("#storages .card")).to_have_count(0)
    graph.click("x")
    graph.inspector.get_by_role("button", name="storage 0").click()
    chosen = page.locator("#storages .card.chosen")
    expect(chosen.locator(".layer .name")).to_have_text(["x", "y"])
    expect(chosen.locator(".layer[aria-pressed=true] .name")).to_have_text("x")
    expect(chosen.locator(".cell.lit")).to_have_count(6)
    chosen.get_by_role("button", name="y").click()
    expect(graph.inspector.locator("h2")).to_have_text("TBackward0")


def test_ten_thousand_leaves_of_one_node_fit_in_the_window(open_graph: Open) -> None:
    leaves = range(1, 10_001)
    nodes = (
        Node(id=0, name="StackBackward0", kind="operation", slots=len(leaves)),
        *(Node(id=leaf, name="torch::autograd::AccumulateGrad", kind="leaf", variable=f"p{leaf}") for leaf in leaves),
    )
    edges = tuple(Edge(source=0, slot=leaf - 1, target=leaf) for leaf in leaves)
    graph = open_graph(Run(status="ok", code="y = f(*leaves)", graph=Graph(nodes=nodes, edges=edges)))
    graph.canvas.press("f")
    canvas = graph.canvas.bounding_box()
    assert canvas
    graph.page.wait_for_function(
        """([width, room]) => {
          const [left, , k] = document.querySelector('.explorer-graph').dataset.camera.split(' ').map(Number);
          return left >= 0 && left + width * k <= room;
        }""",
        arg=[graph.layouts[0].width, canvas["width"]],
    )
    graph.canvas.press("ArrowUp")
    expect(graph.inspector.locator("h2")).to_have_text("StackBackward0")
