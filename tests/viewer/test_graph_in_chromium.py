"""What a person does with the graph, in a real Chromium and without a server: click, search, keys, folding, themes, narrow windows."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import expect
from samples import run

from explorer.graph.flow import labels
from explorer.ir import Box, Graph, Layout, Node, Op, Run
from explorer.viewer import scene
from tests.viewer.graph_page import GraphPage, drawn

Open = Callable[..., GraphPage]

PRODUCT = """x = torch.tensor(2.0, requires_grad=True)
y = torch.tensor(3.0, requires_grad=True)
w = torch.tensor(4.0, requires_grad=True)
z = (x + y) * w
z.backward()"""

MODEL = """model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
loss = model(torch.ones(2, 4)).sum()
loss.backward()"""


@pytest.fixture(scope="module")
def product() -> Run:
    return run(PRODUCT)


@pytest.fixture(scope="module")
def model() -> Run:
    return run(MODEL)


def test_a_click_tells_the_call_and_the_gradients(open_graph: Open, product: Run) -> None:
    graph = open_graph(product)
    x, y, w = (torch.tensor(value, requires_grad=True) for value in (2.0, 3.0, 4.0))
    total = x + y
    into_total, into_w = torch.autograd.grad(total * w, [total, w])
    graph.click("(x + y) * w")
    assert graph.heading() == "MulBackward0"
    expect(graph.section("call")).to_contain_text("(x + y) * w")
    expect(graph.section("call")).to_contain_text("line 4")
    assert graph.section("incoming").locator(".numbers").all_inner_texts() == ["1"]
    sent = graph.section("outgoing").locator(".numbers").all_inner_texts()
    assert [float(number) for number in sent] == [into_total.item(), into_w.item()]
    expect(graph.section("saved")).to_contain_text("self")
    expect(graph.page.locator(".listing .marked")).to_have_text("z = (x + y) * w")
    expect(graph.page.locator(".said")).to_contain_text("2 in, 1 out")


def test_the_minimap_is_drawn_before_anything_moves(open_graph: Open) -> None:
    graph = open_graph(run("x = torch.ones(2, requires_grad=True)\n" + "x = x.sin().cos()\n" * 12 + "x.sum()"))
    minimap = graph.page.locator(".minimap")
    expect(minimap).to_be_visible()
    painted = "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter(Boolean).length"
    assert minimap.evaluate(painted) > 0


def test_gradients_stand_at_the_wires_until_they_are_switched_off(open_graph: Open, product: Run) -> None:
    graph = open_graph(product)
    layout = graph.layouts[0]
    place = next(label for label in labels(product.graph, layout) if label.text == "↑ 5")
    wire = layout.wires[place.wire]
    assert (layout.boxes[wire.source].title, layout.boxes[wire.target].title) == ("w", "(x + y) * w")

    def colours() -> set[tuple[int, ...]]:
        spot = graph.at(place.x, place.y)
        return {graph.pixel(spot["x"] + dx, spot["y"] + dy) for dx in range(-10, 11) for dy in range(-5, 6, 2)}

    assert len(colours()) > 1
    graph.page.get_by_role("button", name="More to show").click()
    switch = graph.page.get_by_role("button", name="Gradients")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(graph.page.locator(".legend")).to_contain_text("gradient sent back along the edge")
    graph.page.wait_for_function(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
    )
    assert len(colours()) == 1


def test_a_leaf_tells_its_value_and_its_gradient(open_graph: Open, product: Run) -> None:
    graph = open_graph(product)
    graph.click("x")
    assert graph.section("tensor").locator(".numbers").all_inner_texts() == ["2", "4"]


def test_an_input_without_gradient_tells_why(open_graph: Open) -> None:
    captured = run(
        "model = nn.Linear(2, 1)\nmodel.weight.requires_grad_(False)\nx = torch.ones(1, 2)\n"
        "label = torch.tensor([0])\nloss = F.cross_entropy(model(x), label)"
    )
    graph = open_graph(captured)
    for title, why in [("x", "requires_grad is False"), ("weight", "frozen parameter"), ("label", "dtype is int64")]:
        graph.click(title)
        expect(graph.inspector.locator(".kind")).to_have_text("input without gradient")
        expect(graph.inspector).to_contain_text(why)
    graph.click("x")
    assert graph.inspector.locator(".numbers td").all_inner_texts() == ["1", "1"]
    expect(graph.section("tensor")).to_contain_text("stride (2, 1)")
    expect(graph.page.locator(".listing .marked")).to_have_text("loss = F.cross_entropy(model(x), label)")
    graph.section("user").get_by_role("button").click()
    assert graph.heading() == "AddmmBackward0"
    expect(graph.page.locator(".legend")).to_contain_text("input without gradient")


def test_a_line_of_the_code_selects_what_it_made(open_graph: Open, product: Run) -> None:
    graph = open_graph(product)
    graph.page.get_by_role("button", name="z = (x + y) * w").click()
    assert graph.heading() in ("MulBackward0", "AddBackward0")
    graph.page.get_by_role("button", name="w = torch.tensor").click()
    assert graph.section("tensor").locator(".numbers").first.inner_text() == "4"


def test_other_views_select_by_tensor_and_hear_what_is_selected_here(open_graph: Open, product: Run) -> None:
    graph = open_graph(product)
    graph.page.evaluate("""async () => {
      const bus = await import("explorer/bus.mjs");
      window.heard = [];
      bus.subscribe((selection) => window.heard.push(selection));
      bus.publish({ tensor: "y", source: "a test" });
    }""")
    assert graph.section("tensor").locator(".numbers").first.inner_text() == "3"
    graph.click("(x + y) * w")
    told = graph.page.evaluate("window.heard.at(-1)")
    node = next(node for node in product.graph.nodes if node.name == "MulBackward0")
    assert (told["node"], told["line"]) == (node.id, 4)
    saved = {saved.tensor.storage_id for saved in node.saved if saved.tensor}
    assert saved <= set(told["storage"])


def test_what_was_selected_before_the_drawing_came_is_selected_in_it(open_graph: Open, product: Run) -> None:
    """A click in the table of leaves while the drawing is still on its way."""
    graph = open_graph(product)
    blob = base64.b64encode(scene.encode(product, drawn(product))).decode()
    heading = graph.page.evaluate(
        """async (text) => {
      const [bus, { GraphView }, { decode }] = await Promise.all(
        ["bus", "graph_view", "scene"].map((name) => import(`explorer/${name}.mjs`)));
      const root = document.body.appendChild(document.createElement("div"));
      const late = new GraphView(root, { selected() {}, toggle() {}, shows() {}, command() {}, answers: () => false });
      bus.publish({ tensor: "y", source: "a test" });
      late.show(decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0))), null);
      return root.querySelector(".inspector h2").textContent;
    }""",
        blob,
    )
    assert heading == "AccumulateGrad"


def test_a_press_on_empty_ground_and_escape_clear(open_graph: Open, product: Run) -> None:
    graph = open_graph(product)
    graph.click("x + y")
    graph.canvas.click(position={"x": 30, "y": 300})
    expect(graph.inspector).to_contain_text("Click a box")
    graph.click("x + y")
    graph.page.keyboard.press("Escape")
    expect(graph.inspector).to_contain_text("Click a box")


def test_search_counts_and_walks_through_the_matches(open_graph: Open, model: Run) -> None:
    graph = open_graph(model)
    graph.canvas.focus()
    graph.page.keyboard.press("/")
    graph.page.keyboard.type("addmm")
    expect(graph.page.locator(".count")).to_have_text("1/2")
    graph.page.keyboard.press("Enter")
    first = graph.section("outgoing").inner_text()
    graph.page.keyboard.press("Enter")
    expect(graph.page.locator(".count")).to_have_text("2/2")
    assert graph.heading() == "AddmmBackward0"
    assert graph.section("outgoing").inner_text() != first
    graph.page.keyboard.press("Control+A")
    graph.page.keyboard.type("line:2")
    made = sum(model.graph.nodes[box.node].line == 2 for box in graph.layouts[0].boxes if box.node is not None)
    expect(graph.page.locator(".count")).to_have_text(f"1/{made}")
    graph.page.keyboard.press("Control+A")
    graph.page.keyboard.type("nowhere")
    expect(graph.page.locator(".count")).to_have_text("none")


def test_search_tells_what_is_folded_away_and_opens_it(open_graph: Open, model: Run) -> None:
    folded, unfolded = drawn(model, frozenset()), drawn(model, frozenset({"model", "model.0", "model.2"}))
    graph = open_graph(model, folded, unfolded)
    graph.page.get_by_role("searchbox").fill("kind:lea grad>0")
    expect(graph.page.locator(".count")).to_have_text("1/1")
    leaves = sum(node.kind == "leaf" for node in model.graph.nodes)
    graph.page.get_by_role("button", name=f"in model ({leaves})").click()
    expect(graph.inspector.locator("h2")).to_have_text("model.0")
    graph.page.get_by_role("button", name=f"in 0 ({leaves // 2})").click()
    expect(graph.inspector.locator("h2")).to_have_text("AccumulateGrad")
    expect(graph.page.locator(".count")).to_have_text(f"1/{leaves // 2 + 1}")
    graph.page.get_by_role("searchbox").fill("shape:what")
    more = graph.page.locator(".search .more")
    expect(more).to_contain_text("“what” is no shape. Write shape:[64,*]")
    graph.canvas.focus()  # what it says lies over the tools
    expect(more).to_be_hidden()


def test_arrow_keys_follow_the_edges(open_graph: Open, product: Run) -> None:
    graph = open_graph(product)
    graph.canvas.focus()
    headings = []
    for key in ("ArrowDown", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowRight"):
        graph.page.keyboard.press(key)
        headings.append(graph.heading())
    assert headings[:3] == ["MulBackward0", "MulBackward0", "AddBackward0"]
    assert headings[3:] == ["AccumulateGrad", "AddBackward0", "AccumulateGrad"]
    assert graph.section("tensor").locator(".numbers").first.inner_text() == "4"


def test_a_double_click_opens_a_module_where_it_stands(open_graph: Open, model: Run) -> None:
    folded, unfolded = drawn(model, frozenset()), drawn(model, frozenset({"model"}))
    graph = open_graph(model, folded, unfolded)
    module = next(box for box in folded.boxes if box.kind == "module")
    before = graph.at(module.x, module.y - module.height / 2)
    graph.canvas.dblclick(position=graph.at(module.x, module.y))
    view = graph.page.locator(".explorer-graph")
    expect(view).to_have_attribute("data-boxes", str(len(unfolded.boxes)))
    frame = next(frame for frame in unfolded.frames if frame.module == "model")
    after = graph.at(frame.x, frame.y - frame.height / 2)
    assert after == pytest.approx(before, abs=1)
    graph.canvas.dblclick(position=graph.at(frame.x, frame.y - frame.height / 2 + 10))
    expect(view).to_have_attribute("data-boxes", str(len(folded.boxes)))
    assert graph.at(module.x, module.y - module.height / 2) == pytest.approx(before, abs=1)


def test_enter_opens_a_folded_module_and_its_sums_are_told(open_graph: Open, model: Run) -> None:
    folded, unfolded = drawn(model, frozenset()), drawn(model, frozenset({"model", "model.0", "model.2"}))
    graph = open_graph(model, folded, unfolded)
    graph.click("model")
    assert graph.heading() == "model"
    elements = sum(
        parameter.numel()
        for parameter in torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Linear(8, 1)).parameters()
    )
    expect(graph.section("sums")).to_contain_text(f"parameter elements\n{elements}", use_inner_text=True)
    graph.page.keyboard.press("Enter")
    graph.page.get_by_role("searchbox").fill("addmm")
    expect(graph.page.locator(".count")).to_have_text("1/2")


def test_a_module_stays_selected_while_it_folds(open_graph: Open, model: Run) -> None:
    graph = open_graph(model, drawn(model, frozenset()), drawn(model, frozenset({"model", "model.0", "model.2"})))
    graph.click("model")
    for does in ("Open", "Fold", "Open"):
        expect(graph.inspector.locator("h2")).to_have_text("model")
        expect(graph.inspector.locator(".plain")).to_have_text(does)
        graph.inspector.locator(".plain").click()


def test_of_two_calls_the_one_that_was_opened_stays_in_place(open_graph: Open) -> None:
    captured = run(
        "net = nn.Linear(2, 2)\nhidden = torch.sin(net(torch.ones(1, 2)))\nloss = net(hidden).sum()\nloss.backward()"
    )
    folded, unfolded = drawn(captured, frozenset()), drawn(captured, frozenset({"net"}))
    graph = open_graph(captured, folded, unfolded)
    for number in (1, 2):
        module = next(box for box in folded.boxes if box.title == f"net · call {number} of 2")
        before = graph.at(module.x, module.y - module.height / 2)
        graph.canvas.dblclick(position=graph.at(module.x, module.y))
        view = graph.page.locator(".explorer-graph")
        expect(view).not_to_have_attribute("data-boxes", str(len(folded.boxes)))
        graph.canvas.dblclick(position={"x": before["x"], "y": before["y"] + 10})  # the title of its frame
        expect(view).to_have_attribute("data-boxes", str(len(folded.boxes)))
        assert graph.at(module.x, module.y - module.height / 2) == pytest.approx(before, abs=1)


def test_dragging_and_the_wheel_move_the_drawing_and_f_brings_it_back(open_graph: Open, product: Run) -> None:
    graph = open_graph(product)
    x, y, k = graph.camera
    spot = graph.canvas.bounding_box()
    left, top = spot["x"] + 40, spot["y"] + 300
    graph.page.mouse.move(left, top)
    graph.page.mouse.down()
    graph.page.mouse.move(left + 60, top + 20, steps=4)
    graph.page.mouse.up()
    graph.wait_for_camera(x + 60, y + 20, k)
    under = ((100 - x - 60) / k, (260 - y - 20) / k)
    graph.page.mouse.move(left + 60, top - 40)
    graph.page.mouse.wheel(0, -300)
    graph.page.wait_for_function(
        "k => Number(document.querySelector('.explorer-graph').dataset.camera.split(' ')[2]) > k", arg=k
    )
    assert graph.at(*under) == pytest.approx({"x": 100, "y": 260}, abs=0.6)
    graph.canvas.focus()
    graph.page.keyboard.press("f")
    graph.wait_for_camera(x, y, k)


def test_all_copies_of_a_leaf_light_up_together(open_graph: Open) -> None:
    captured = run(
        "w = torch.ones(2, requires_grad=True)\nh = torch.ones(2)\nfor i in range(3):\n    h = torch.tanh(w * h)\nh.sum().backward()"
    )
    layout = drawn(captured)
    copies = [box for box in layout.boxes if box.title == "w"]
    assert len(copies) > 1
    graph = open_graph(captured, layout)
    edges = [graph.at(box.x, box.y - box.height / 2 - 3) for box in copies]
    before = [graph.pixel(**edge) for edge in edges]
    graph.click("w")
    graph.page.wait_for_function("() => document.querySelector('.inspector h2')")
    after = [graph.pixel(**edge) for edge in edges]
    lit = [one != other for one, other in zip(before, after, strict=True)]
    assert all(lit)


def test_the_reader_s_preference_chooses_dark_or_light(open_graph: Open, product: Run) -> None:
    papers = {}
    for scheme in ("light", "dark"):
        graph = open_graph(product, color_scheme=scheme)
        papers[scheme] = sum(graph.pixel(20, 200))
        expect(graph.page.locator(".explorer-graph")).to_have_attribute("data-theme", scheme)
    assert papers["dark"] < 200 < 700 < papers["light"]


def test_a_narrow_window_puts_the_inspector_below(open_graph: Open, product: Run) -> None:
    graph = open_graph(product, viewport={"width": 480, "height": 900})
    graph.click("x + y")
    drawing, panel = graph.canvas.bounding_box(), graph.inspector.bounding_box()
    assert panel["y"] >= drawing["y"] + drawing["height"]
    assert graph.page.evaluate("document.documentElement.scrollWidth") <= 480


def test_korean_everywhere(open_graph: Open, product: Run) -> None:
    graph = open_graph(product, language="ko")
    graph.click("x + y")
    expect(graph.section("incoming").locator("h3")).to_have_text("들어온 기울기")


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\u202egnirts\u202c אבג",
    "가나다 👾",
    "${x} {line}",
    "a" * 1_000_000,
]


def test_hostile_texts_are_shown_as_text(open_graph: Open) -> None:
    nodes = tuple(
        Node(id=at, name=text[:300], kind="operation", op=at, line=1, variable=text[:300], module=text[:50])
        for at, text in enumerate(HOSTILE)
    )
    ops = tuple(Op(index=at, name="x", text=text) for at, text in enumerate(HOSTILE))
    boxes = tuple(
        Box(
            id=f"n{at}",
            kind="operation",
            title=text,
            subtitle=text,
            node=at,
            x=200,
            y=60 + 70 * at,
            width=160,
            height=44,
        )
        for at, text in enumerate(HOSTILE)
    )
    captured = Run(status="ok", code="\n".join(HOSTILE), graph=Graph(nodes=nodes), ops=ops)
    graph = open_graph(captured, Layout(boxes=boxes, width=400, height=500))
    for at, text in enumerate(HOSTILE):
        graph.canvas.click(position=graph.at(200, 60 + 70 * at))
        assert graph.inspector.locator("h2").text_content() == text[:300]
        shown = text if len(text) < 480 else text[:480] + "…"
        assert graph.section("call").locator(".call").text_content() == shown
    assert graph.page.locator("img").count() == 0
    assert graph.page.locator("script").count() == 1


def test_the_browser_reads_what_python_wrote(open_graph: Open, model: Run) -> None:
    layout = drawn(model, show_saved=True)
    graph = open_graph(model, layout)
    read = graph.page.evaluate(
        """async (text) => {
          const { decode } = await import("explorer/scene.mjs");
          const scene = decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
          const { wires } = scene;
          return {
            boxes: Array.from({ length: scene.count }, (_, box) => [
              scene.id(box), scene.kind(box), scene.title(box), scene.subtitle(box), scene.node(box), scene.x[box], scene.y[box]]),
            wires: Array.from({ length: wires.count }, (_, wire) => [
              wires.source[wire], wires.target[wire], Array.from(wires.x.subarray(wires.at[wire], wires.at[wire + 1]))]),
            named: Array.from({ length: scene.count }, (_, box) => scene.boxDetail(box).name ?? null),
          };
        }""",
        base64.b64encode(scene.encode(model, layout)).decode(),
    )
    for box, (name, kind, title, subtitle, node, x, y) in zip(layout.boxes, read["boxes"], strict=True):
        assert (box.id, box.kind, box.title, box.subtitle, box.node) == (name, kind, title, subtitle, node)
        assert (x, y) == pytest.approx((box.x, box.y), abs=0.126)
    for wire, (source, target, xs) in zip(layout.wires, read["wires"], strict=True):
        assert (wire.source, wire.target) == (source, target)
        assert xs == pytest.approx([x for x, _ in wire.points], abs=0.126)
    assert read["named"] == [None if box.node is None else model.graph.nodes[box.node].name for box in layout.boxes]


def test_a_graph_of_nothing_says_so(open_graph: Open) -> None:
    graph = open_graph(Run(status="ok"), Layout())
    expect(graph.page.locator(".stage")).to_contain_text("There is no graph to show.")


def test_equal_blocks_open_from_one_box_into_their_members(open_graph: Open) -> None:
    captured = run(
        "class Block(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.one = nn.Linear(2, 2)\n"
        "        self.two = nn.Linear(2, 2)\n    def forward(self, x):\n        return x + self.two(torch.tanh(self.one(x)))\n"
        "model = nn.Sequential(nn.Linear(2, 2), *(Block() for _ in range(40)))\n"
        "model(torch.ones(3, 2)).sum().backward()"
    )
    opened = frozenset({"model"})
    folded, unfolded = drawn(captured, opened), drawn(captured, opened | {"model.1…40"})
    graph = open_graph(captured, folded, unfolded)
    group = next(box for box in folded.boxes if box.repeats)
    assert group.title == "1 … 40"
    graph.canvas.click(position=graph.at(group.x, group.y))
    expect(graph.inspector.locator("h2")).to_have_text("1 … 40")
    expect(graph.inspector.locator(".kind")).to_have_text("40 equal parts · Block")
    inside = torch.nn.Sequential(*(torch.nn.Linear(2, 2) for _ in range(80)))
    expect(graph.section("sums").locator("dd").nth(1)).to_have_text(
        str(sum(each.numel() for each in inside.parameters()))
    )
    graph.canvas.dblclick(position=graph.at(group.x, group.y))
    frame = next(frame for frame in unfolded.frames if frame.repeats)
    assert frame.title == "1 … 40 · 40 × Block"
    graph.click("1", layout=1)
    expect(graph.inspector.locator("h2")).to_have_text("model.1")
    expect(graph.inspector.locator(".kind")).to_have_text("module · Block")


def test_after_a_lost_context_every_canvas_is_drawn_again(open_graph: Open, product: Run) -> None:
    graph = open_graph(product)
    painted = """() => [...document.querySelectorAll(".explorer-graph canvas")].filter((each) => each.checkVisibility())
      .map((each) => each.getContext("2d").getImageData(0, 0, each.width, each.height).data.some((part) => part > 0 && part < 255))"""
    assert all(graph.page.evaluate(painted))
    graph.page.evaluate("""() => {
      for (const each of document.querySelectorAll(".explorer-graph canvas")) each.width += 0;
      document.querySelector("canvas.graph").dispatchEvent(new Event("contextrestored"));
      return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }""")
    shown = graph.page.evaluate(painted)
    assert len(shown) > 3
    assert all(shown)
