"""A drawing of thousands of boxes: what a frame costs is bounded, and nothing that is in sight is left out."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from explorer.export import html
from explorer.ir import Box, Graph, Layout, Node, Run, Wire
from tests.viewer.graph_page import GraphPage

Open = Callable[..., GraphPage]

WIDE, HIGH = 60, 60
APART = (160, 90)

_COUNT = """() => {
  window.calls = 0;
  const { prototype } = CanvasRenderingContext2D;
  for (const name of ["fill", "stroke", "fillRect", "fillText", "strokeText", "drawImage", "putImageData", "roundRect"]) {
    const drawn = prototype[name];
    prototype[name] = function (...what) { window.calls++; return drawn.apply(this, what); };
  }
  const { moveTo, closePath } = Path2D.prototype;
  window.parts = { begun: 0, closed: 0 };
  Path2D.prototype.moveTo = function (...where) { parts.begun++; return moveTo.apply(this, where); };
  Path2D.prototype.closePath = function () { parts.closed++; return closePath.apply(this); };
}"""

_SEARCHES = """async () => {
  const [{ Grid }] = await Promise.all([import("explorer/bins.mjs")]);
  let seed = 1;
  const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const boxes = Array.from({ length: 500 }, () => {
    const [x, y, size] = [next() * 5000, next() * 40000, 4 ** (next() * 7)];
    return next() < 0.5 ? [x, y, x + size, y + 40] : [x, y, x + 90, y + size * 4];
  });
  const grid = new Grid(...[0, 1, 2, 3].map((side) => Float64Array.from(boxes, (box) => box[side])));
  const wrong = [];
  for (let round = 0; round < 200; round++) {
    const [x, y] = [next() * 6000 - 500, next() * 44000 - 2000];
    const [right, bottom] = [x + next() * 3000, y + next() * 9000];
    const found = Array.from(grid.within(x, y, right, bottom)).sort((a, b) => a - b);
    const meant = boxes.map((_, at) => at).filter((at) => boxes[at][2] >= x && boxes[at][0] <= right && boxes[at][3] >= y && boxes[at][1] <= bottom);
    if (found.join() !== meant.join()) wrong.push([found, meant]);
  }
  return wrong;
}"""


def _mesh() -> tuple[Run, Layout]:
    """A field of boxes, each with a wire to the one below."""
    nodes = tuple(Node(id=at, name="SinBackward0", kind="operation") for at in range(WIDE * HIGH))
    boxes = tuple(
        Box(
            id=f"n{at}",
            kind="operation",
            title="x.sin()",
            subtitle="SinBackward0",
            node=at,
            x=80.0 + at % WIDE * APART[0],
            y=40.0 + at // WIDE * APART[1],
            width=120,
            height=44,
        )
        for at in range(WIDE * HIGH)
    )
    wires = tuple(
        Wire(
            source=at,
            target=at + WIDE,
            points=((boxes[at].x, boxes[at].y + 22), (boxes[at].x, boxes[at + WIDE].y - 22)),
        )
        for at in range(WIDE * (HIGH - 1))
    )
    layout = Layout(boxes=boxes, wires=wires, width=WIDE * APART[0], height=HIGH * APART[1])
    return Run(status="ok", code="x", graph=Graph(nodes=nodes)), layout


def test_a_frame_of_thousands_of_boxes_takes_few_calls(open_graph: Open) -> None:
    graph = open_graph(*_mesh())
    page = graph.page
    page.evaluate(_COUNT)
    graph.canvas.press("+")
    page.wait_for_function("parts.begun > 20")
    assert page.evaluate("parts.closed") == 0  # Chromium measures a whole path whenever a part of it is closed
    page.get_by_role("button", name="Fit to window").click()
    page.wait_for_function(
        "(boxes) => document.querySelector('.explorer-graph').dataset.drawn === String(boxes)", arg=WIDE * HIGH
    )
    page.evaluate("() => { window.calls = 0; }")
    k = graph.camera[2]
    page.mouse.move(400, 400)
    page.mouse.wheel(0, 20)
    page.wait_for_function(
        "(before) => !document.querySelector('.explorer-graph').dataset.camera.endsWith(before)", arg=f" {k}"
    )
    assert 0 < page.evaluate("window.calls") < 100
    assert k < 0.16  # far away indeed, where every box is some pixels
    box, gap = graph.at(80 + 30 * APART[0], 40 + 30 * APART[1]), graph.at(160 + 30 * APART[0], 40 + 30 * APART[1])
    assert graph.pixel(box["x"], box["y"]) != graph.pixel(gap["x"], gap["y"])


def test_a_picture_that_grows_by_a_pixel_takes_no_memory_of_its_own(blank: Page) -> None:
    kept, grown = blank.evaluate("""async () => {
      const { Raster } = await import("/raster.mjs");
      const raster = new Raster();
      const images = [[1000, 700], [1001, 699], [1100, 700]].map(([width, height]) => {
        raster.begin(width, height);
        const { image } = raster;
        return image.width >= width && image.height >= height ? image : null;
      });
      return [images[0] !== null && images[1] === images[0], images[2] !== null && images[2] !== images[0]];
    }""")
    assert kept
    assert grown


def test_what_lies_in_a_rectangle_is_found_whatever_its_size(open_graph: Open) -> None:
    nodes = (Node(id=0, name="SinBackward0", kind="operation"),)
    box = Box(id="n0", kind="operation", title="x.sin()", node=0, x=60, y=30, width=100, height=40)
    graph = open_graph(Run(status="ok", code="x", graph=Graph(nodes=nodes)), Layout(boxes=(box,), width=120, height=60))
    assert graph.page.evaluate(_SEARCHES) == []


def _damaged(page: str, how: str) -> str:
    """An exported page whose scene is cut off or begins wrongly, or that is itself cut off."""
    held = re.search(r"data-scene>([^<]+)<", page)
    assert held
    blob = bytearray(base64.b64decode(held[1]))
    if how == "page":
        return page[: held.start(1) + 100]
    if how == "cut":
        del blob[len(blob) // 2 :]
    else:
        blob = bytearray(zlib.compress(b"NOPE" + zlib.decompress(blob)[4:]))
    return page.replace(held[1], base64.b64encode(blob).decode())


@pytest.mark.parametrize(("how", "said"), [("cut", "손상"), ("magic", "손상"), ("page", "잘린")])
def test_a_broken_file_is_refused_with_a_sentence(chromium: Browser, tmp_path: Path, how: str, said: str) -> None:
    run, layout = _mesh()
    file = tmp_path / "graph.html"
    file.write_text(_damaged(html.write(run, layout, "ko"), how), encoding="utf-8")
    page = chromium.new_page()
    page.goto(file.as_uri())
    expect(page.locator("#opening")).to_contain_text(said)
    expect(page.locator(".explorer-graph")).to_have_count(0)
    page.close()
