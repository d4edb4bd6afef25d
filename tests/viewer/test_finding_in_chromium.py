"""Going about in a graph, in the exported file: keys, traces, paths, pins, hiding, isolating, breadcrumb, overlays, views, shared memory."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import expect
from samples import run

from explorer.graph.folding import every_module, toggle
from explorer.graph.steps import backward_steps
from explorer.ir import Box, Run
from explorer.words import say
from tests.viewer.graph_page import GraphPage, drawn

Open = Callable[..., GraphPage]

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
CODE = """net = nn.Sequential(nn.Linear(4, 8), nn.Sequential(nn.ReLU(), nn.Linear(8, 3)))
a = torch.ones(2, 4)
other = torch.ones(3, requires_grad=True)
view = other.view(3, 1)
loss = net(a).sum() + (other * other).sum() + view.exp().sum()
loss.backward()"""


@pytest.fixture(scope="module")
def captured() -> Run:
    return run(CODE)


def upstream(captured: Run, node: int) -> set[int]:
    found, waiting = {node}, [node]
    while waiting:
        here = waiting.pop()
        new = {edge.target for edge in captured.graph.edges if edge.source == here} - found
        found |= new
        waiting += new
    return found


def node_named(captured: Run, name: str, which: int = 0) -> int:
    return [node.id for node in captured.graph.nodes if node.name == name][which]


def test_a_graph_is_gone_about_by_keys(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured)
    page, chips, crumbs = graph.page, graph.page.locator(".chips"), graph.page.locator(".crumbs")
    shown = page.locator(".explorer-graph")
    press = page.keyboard.press
    total = len(graph.layouts[0].boxes)

    # Isolate what one node was computed from.
    page.get_by_role("searchbox").fill("name:ReluBackward0")
    page.keyboard.press("Enter")
    expect(crumbs).to_have_text("net›1›0›relu")
    graph.canvas.focus()
    press("u")
    expect(chips).to_contain_text("upstream only")
    press("i")
    nodes = upstream(captured, node_named(captured, "ReluBackward0"))
    inputs = [box for box in graph.layouts[0].boxes if box.kind == "input" and box.node in nodes]
    left = sum(box.node in nodes and box.kind in ("operation", "leaf") for box in graph.layouts[0].boxes) + len(inputs)
    expect(chips).to_contain_text(f"isolated, {total - left} not shown")
    press("f")
    expect(shown).to_have_attribute("data-drawn", str(left))
    chips.get_by_role("button", name="Show all").click()
    expect(shown).to_have_attribute("data-drawn", str(total))

    # Back and forth through selections, hide one, pin one, the path between two.
    graph.canvas.focus()
    press("ArrowUp")
    first = graph.heading()
    press("Alt+ArrowLeft")
    assert graph.heading() == "ReluBackward0" != first
    press("]")
    assert graph.heading() == first
    press("h")
    above = next(edge.target for edge in captured.graph.edges if edge.source == node_named(captured, "ReluBackward0"))
    gone = sum(box.node == above for box in graph.layouts[0].boxes)  # with what belongs to it: an input
    expect(chips).to_contain_text(f"{gone} hidden")
    expect(shown).to_have_attribute("data-drawn", str(total - gone))
    press("a")
    expect(chips).to_be_empty()
    press("t")
    expect(chips).to_contain_text("pin one box")
    press("[")
    press("[")
    assert graph.heading() == "ReluBackward0"
    press("p")
    expect(chips).to_contain_text("pin: relu")
    page.get_by_role("searchbox").fill("kind:result")
    press("Enter")
    graph.canvas.focus()
    press("t")
    steps = 1 + min_steps(captured, 0, node_named(captured, "ReluBackward0"))
    expect(chips).to_contain_text(f"path · edges: {steps}")
    press("Escape")
    chips.get_by_role("button", name="pin: relu", exact=True).click()
    assert graph.heading() == "ReluBackward0"
    chips.get_by_role("button", name="Unpin").click()
    expect(chips).to_be_empty()

    # Backward, one node after another, as torch does it.
    graph.canvas.focus()
    steps = list(backward_steps(captured.graph))
    for key, step in [(".", 1), (".", 2), (".", 3), (",", 2)]:
        press(key)
        expect(chips).to_contain_text(f"backward, node {step} of {max(steps)}")
        assert graph.heading() == captured.graph.nodes[steps.index(step)].name
    press("Escape")
    expect(chips).to_be_empty()

    # The list of all keys, and back to the drawing.
    graph.canvas.focus()
    press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("shape:[64,*]")
    press("Escape")
    expect(dialog).to_be_hidden()
    expect(graph.canvas).to_be_focused()


def min_steps(captured: Run, start: int, end: int) -> int:
    reached, steps = {start}, 0
    while end not in reached:
        reached |= {edge.target for edge in captured.graph.edges if edge.source in reached}
        steps += 1
    return steps


def test_views_overlays_and_the_breadcrumb(open_graph: Open, captured: Run) -> None:
    layouts = drawn(captured), drawn(captured, toggle(every_module(captured.graph), "net.1"))
    graph = open_graph(captured, *layouts, color_scheme="dark")
    page = graph.page
    legend = page.locator(".scale-legend")
    page.get_by_label("Colour by").select_option("grad")
    expect(legend).to_contain_text("Gradient norm")
    expect(legend).to_contain_text("logarithmic")
    graph.canvas.focus()
    page.keyboard.press("o")
    expect(legend).to_contain_text("Gradient ÷ parameter")
    expect(legend).to_contain_text("no value")
    page.keyboard.press("Shift+O")
    norms = [math.hypot(*(float(each.stats.norm) for each in node.incoming if each)) for node in captured.graph.nodes]
    said = f"from {min(norms):.3g} to {max(norms):.3g}, logarithmic"
    expect(legend.get_by_role("img")).to_have_attribute("aria-label", said)

    # The number is said, too.
    page.keyboard.press("ArrowDown")
    expect(page.locator(".said")).to_contain_text("result; Gradient norm: 1; 1 in")
    page.keyboard.press("Escape")

    # A colour of the scale is what the box is filled with.
    page.keyboard.press("f")
    page.evaluate(DRAWN)
    box = next(box for box in layouts[0].boxes if box.title == "other")
    low = graph.pixel(*graph.at(box.x - box.width / 2 + 12, box.y).values())
    page.get_by_label("Colour by").select_option("off")
    expect(legend).to_be_hidden()
    page.evaluate(DRAWN)
    assert graph.pixel(*graph.at(box.x - box.width / 2 + 12, box.y).values()) != low

    # Both sides of an operation in one box.
    pressed = page.get_by_role("group", name="View").get_by_role("button", pressed=True)
    expect(pressed).to_have_text("Backward")
    page.keyboard.press("Escape")
    graph.canvas.focus()
    page.keyboard.press("v")
    expect(pressed).to_have_text("Forward")
    page.get_by_role("button", name="Both").click()
    expect(pressed).to_have_text("Both")

    # The breadcrumb selects a module, and folds it when it is selected already.
    page.get_by_role("searchbox").fill("relu")
    page.keyboard.press("Enter")
    crumb = page.locator(".crumbs").get_by_role("button", name="1", exact=True)
    crumb.click()
    assert graph.heading() == "net.1"
    crumb.click()
    expect(page.locator(".explorer-graph")).to_have_attribute("data-boxes", str(len(layouts[1].boxes)))
    assert graph.heading() == "net.1"


def test_small_boxes_tell_their_class_by_bars_and_the_minimap_has_the_colours(open_graph: Open, captured: Run) -> None:
    layout = drawn(captured)
    graph = open_graph(captured, layout, viewport={"width": 1300, "height": 500})
    page = graph.page
    page.get_by_label("Colour by").select_option("state")
    leaf, computed = (next(box for box in layout.boxes if box.title == title) for title in ("other", "view.exp()"))

    def bar(box: Box) -> bool:
        """Whether the middle of a box has another colour than what lies above it."""
        x = box.x - box.width / 4
        return graph.pixel(*graph.at(x, box.y).values()) != graph.pixel(*graph.at(x, box.y - box.height / 3).values())

    minimap = page.locator(".minimap")
    read = (
        "(c, [x, y]) => Array.from(c.getContext('2d').getImageData(x * c.width, y * c.height, 1, 1).data).slice(0, 3)"
    )
    seen = [minimap.evaluate(read, [box.x / layout.width, box.y / layout.height]) for box in (leaf, computed)]
    assert seen[0] != seen[1]
    graph.canvas.focus()
    for _ in range(40):
        if graph.camera[2] < 0.3:
            break
        page.keyboard.press("-")
        page.evaluate(DRAWN)
    page.evaluate(DRAWN)
    assert (bar(leaf), bar(computed)) == (False, True)
    page.get_by_label("Colour by").select_option("off")
    page.evaluate(DRAWN)
    assert not bar(computed)


def test_others_drive_the_view(open_graph: Open, captured: Run) -> None:
    layouts = drawn(captured), drawn(captured, toggle(every_module(captured.graph), "net.1"))
    graph = open_graph(captured, *layouts)
    relu = node_named(captured, "ReluBackward0")

    def order(**orders: object) -> None:
        graph.page.evaluate("async (orders) => (await import('explorer/bus.mjs')).order(orders)", orders)

    order(select=relu, view="both", overlay="state")
    assert graph.heading() == "ReluBackward0"
    expect(graph.page.locator(".scale-legend")).to_contain_text("requires_grad and frozen")
    expect(graph.page.get_by_role("button", name="Both")).to_have_attribute("aria-pressed", "true")
    order(fold="net.1")
    expect(graph.page.locator(".explorer-graph")).to_have_attribute("data-boxes", str(len(layouts[1].boxes)))
    order(module="net", overlay="off")
    assert graph.heading() == "net"
    order(step=2)
    expect(graph.page.locator(".chips")).to_contain_text("node 2 of")


def test_one_memory_has_one_letter(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured)
    page = graph.page
    leaf = next(tensor for tensor in captured.tensors if tensor.name == "other")
    over = {
        node.id
        for node in captured.graph.nodes
        if any(saved.tensor and saved.tensor.storage_id == leaf.storage_id for saved in node.saved)
        or (node.output and node.output.storage_id == leaf.storage_id)
    }
    view = next(tensor for tensor in captured.tensors if tensor.name == "view")
    assert view.grad_fn in over
    page.get_by_role("button", name="Fit to window").click()
    page.evaluate(DRAWN)
    graph.click("other")
    section = graph.section("shared")
    expect(section).to_contain_text(f"storage {leaf.storage_id}")
    expect(section).to_contain_text("other.view(3, 1)")
    page.evaluate("""async () => {
      const bus = await import("explorer/bus.mjs");
      window.heard = [];
      bus.subscribe((selection) => window.heard.push(selection));
    }""")
    section.get_by_role("button", name="storage").click()
    expect(page.locator(".chips")).to_contain_text(f"{len(over)} boxes")
    assert page.evaluate("heard.at(-1).storage") == [leaf.storage_id]
    section.get_by_role("button", name="other.view(3, 1)").click()
    assert graph.heading() == "ViewBackward0"
    graph.canvas.click(position=graph.place("view.exp()"), modifiers=["Shift"])
    expect(page.locator(".chips")).to_contain_text("path · edges: 1")
    assert graph.heading() == "ViewBackward0"


def test_the_tools_are_there_in_korean_on_a_narrow_page(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured, language="ko", viewport={"width": 420, "height": 900})
    page = graph.page
    page.get_by_role("searchbox").fill("shape:[")
    expect(page.locator(".search .more")).to_be_hidden()
    page.get_by_role("searchbox").fill("knd:leaf")
    expect(page.locator(".search .more")).to_contain_text("knd")
    page.keyboard.press("Escape")
    graph.canvas.dispatch_event("keydown", {"key": "ㅐ", "code": "KeyO"})
    expect(page.locator(".scale-legend")).to_contain_text(say("viewer.overlay.grad", "ko"))
    page.get_by_role("button", name=say("viewer.tool.menu", "ko")).click()
    page.get_by_role("button", name=say("viewer.tool.widths", "ko")).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    for name in ("tool.help", "tool.fit", "face.both"):
        expect(page.get_by_role("button", name=say(f"viewer.{name}", "ko"))).to_be_in_viewport(ratio=1)


def test_a_number_of_an_overlay_is_never_cut(open_graph: Open) -> None:
    captured = run("b = torch.full((3,), 0.1234, requires_grad=True)\n(b * 0.01 / 3).sum().backward()")
    graph = open_graph(captured)
    norm = torch.full((3,), 0.01 / 3).norm().item()
    written = graph.page.evaluate(
        """async () => {
          const written = new Set();
          const { fillText } = CanvasRenderingContext2D.prototype;
          CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) { written.add(text); return fillText.call(this, text, ...rest); };
          const overlay = document.querySelector("select.overlay");
          overlay.value = "grad";
          overlay.dispatchEvent(new Event("change"));
          await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
          return [...written];
        }"""
    )
    assert f"{norm:.3g}" in written
    assert not any("…" in text for text in written)


def test_the_names_below_the_drawing_are_whole(open_graph: Open) -> None:
    graph = open_graph(run("w_g_y = torch.ones(2, requires_grad=True)\nw_g_y.sum().backward()"))
    graph.click("w_g_y")
    height, needed = graph.page.locator(".crumbs [aria-current]").evaluate(
        "(name) => [name.clientHeight, name.scrollHeight]"
    )
    assert needed <= height


def test_the_signs_between_modules_stay_where_names_have_no_room(open_graph: Open) -> None:
    path = "a" * 40, "b" * 40
    code = f"net = nn.Module()\nnet.{path[0]} = nn.Module()\nnet.{path[0]}.{path[1]} = nn.Linear(2, 2)\nnet.{path[0]}.{path[1]}(torch.ones(1, 2)).sum().backward()"
    graph = open_graph(run(code), viewport={"width": 420, "height": 900})
    graph.page.get_by_role("searchbox").fill("kind:op name:Addmm*")
    graph.page.keyboard.press("Enter")
    signs = graph.page.locator(".crumbs .faint")
    expect(signs.first).to_be_visible()
    assert all(sign.evaluate("(sign) => sign.scrollWidth <= sign.clientWidth") for sign in signs.all())


def test_all_of_a_drawing_stays_in_sight_while_the_window_changes(open_graph: Open, captured: Run) -> None:
    graph = open_graph(captured)
    graph.canvas.press("f")
    before = graph.canvas.bounding_box()["height"]
    graph.page.locator("select.overlay").select_option("grad")  # its legend takes of the drawing's room
    graph.page.wait_for_function(
        """([before, height]) => {
          const [, y, k] = document.querySelector(".explorer-graph").dataset.camera.split(" ").map(Number);
          const canvas = document.querySelector("canvas.graph");
          const squeezed = canvas.height !== Math.round(canvas.clientHeight * devicePixelRatio);
          return canvas.clientHeight < before && !squeezed && 0 <= y && y + height * k <= canvas.clientHeight;
        }""",
        arg=[before, graph.layouts[0].height],
    )


def test_a_replay_colours_the_minimap_too(open_graph: Open) -> None:
    captured = run("model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))\nmodel(torch.ones(1, 2)).sum().backward()")
    layout = drawn(captured)
    page = open_graph(captured, layout, viewport={"width": 1300, "height": 500}).page
    leaf = next(box for box in layout.boxes if box.kind == "leaf")
    read = "(c, [x, y]) => String(c.getContext('2d').getImageData(x * c.width, y * c.height, 1, 1).data)"
    where = [leaf.x / layout.width, leaf.y / layout.height]
    minimap, tell = (
        page.locator(".minimap"),
        "(said) => import('explorer/bus.mjs').then(({ tellRecorded }) => tellRecorded(said))",
    )
    values = {name.removeprefix("model."): 1e-3 for name in (node.variable or "" for node in captured.graph.nodes)}
    said = {"step": 1, "full": 0, "same": True, "values": values, "low": 1e-3, "high": 10.0}
    page.evaluate(tell, said)
    page.get_by_label("Colour by").select_option("recorded")
    before = minimap.evaluate(read, where)
    page.evaluate(tell, said | {"step": 2, "values": dict.fromkeys(values, 10.0)})
    assert minimap.evaluate(read, where) != before
