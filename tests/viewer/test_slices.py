"""Details that a large scene leaves out: the same as those that a small one carries, asked for one by one, and shown alike."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, Route, expect
from samples import run
from starlette.applications import Starlette
from starlette.routing import Route as ServerRoute

from explorer.graph.folding import every_module
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Layout, Run
from explorer.viewer import details, nodes, scene, slices
from tests.graph import graphs
from tests.viewer import module_page
from tests.viewer.graph_page import drawn
from tests.viewer.test_scene import read

MODEL = """model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 2), nn.Tanh()))
data = torch.randn(5, 3)
loss = model(data).sum()
loss.backward()"""

OPEN = """async (text) => {
  const sheet = new CSSStyleSheet();
  await sheet.replace(await (await fetch("/viewer.css")).text());
  document.adoptedStyleSheets = [sheet];
  const [{ GraphView }, { decode }] = await Promise.all([import("/graph_view.mjs"), import("/scene.mjs")]);
  window.view ??= new GraphView(document.getElementById("host"), { selected() {}, toggle() {}, shows() {}, command() {}, answers: () => false });
  window.published = [];
  window.addEventListener("explorer:selection", ({ detail }) => published.push(detail.node));
  view.show(decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0))));
}"""

SHOWN = """async () => {
  const { scene } = view;
  const told = [];
  const note = () => told.push([view.inspector.root.innerHTML, view.said.textContent, view.facts]);
  for (let box = 0; box < scene.count; box++) { await scene.askBoxDetail(box); view.drive({ select: null }); view.selectNode(scene.nodesOf(box)[0], false); note(); }
  for (let frame = 0; frame < scene.frames; frame++) { await scene.askFrameDetail(frame); view.selectModule(scene.text("frame_module", frame)); note(); }
  return told;
}"""


@pytest.fixture(scope="module")
def captured() -> Run:
    return run(MODEL)


@pytest.fixture(scope="module")
def layout(captured: Run) -> Layout:
    opened = frozenset({"model", "model.2"})
    return lay_out(compose(captured.graph, captured.ops, captured.tensors, open_modules=opened, show_saved=True))


@pytest.fixture
def none_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "MOST_CARRIED", 0)


def get(name: str, place: object) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of one request."""
    app = Starlette(routes=[ServerRoute("/details/{name}/{place:int}", slices.answer)])
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    path = f"/details/{name}/{place}"
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": []}
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, app(scope, receive, send)).result()
    headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], headers, json.loads(body) if "json" in headers["content-type"] else body


def test_a_small_scene_carries_its_details_and_a_large_one_none(captured: Run, layout: Layout, monkeypatch) -> None:
    whole = scene.encode(captured, layout)
    count = len(read(whole)[2])
    for most, carried in ((count, True), (count - 1, False)):
        monkeypatch.setattr(scene, "MOST_CARRIED", most)
        blob, kept = scene.offer(captured, layout)
        assert len(kept) == count
        assert (blob == whole) is carried
        assert len(read(blob)[2]) == (count if carried else 0)
    assert scene.encode(captured, layout) == whole  # what opens without a server carries all, however large


@pytest.mark.usefixtures("none_carried")
def test_the_server_answers_what_a_whole_scene_carries(captured: Run, layout: Layout) -> None:
    blob, kept = scene.offer(captured, layout)
    header, columns, _ = read(blob)
    _, wholes, carried = read(scene.encode(captured, layout))
    assert columns["box_detail"] == wholes["box_detail"]
    for place, facts in enumerate(carried):
        status, headers, told = get(header["ask"], place)
        assert (status, told) == (200, facts)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("sandbox")
    for name, place in ((header["ask"], len(carried)), ("another", 0)):
        status, _, told = get(name, place)
        assert status == 404
        assert told["said"]
    assert get(header["ask"], "-1")[0] == 404
    del kept
    gc.collect()
    assert get(header["ask"], 0)[0] == 404


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = module_page.blank_page(chromium)
    yield page
    module_page.close(page)


def show(page: Page, blob: bytes) -> None:
    page.evaluate(OPEN, base64.b64encode(blob).decode())


def test_details_that_are_asked_for_are_shown_like_those_carried(
    page: Page, captured: Run, layout: Layout, none_carried: None
) -> None:
    blob, kept = scene.offer(captured, layout)
    waiting: list[Route] = []
    held = True

    def answer(route: Route) -> None:
        waiting.append(route) if held else fulfil(route)

    def fulfil(route: Route) -> None:
        status, _, told = get(*route.request.url.split("/")[-2:])
        route.fulfill(status=status, json=told)

    page.route("**/details/**", answer)
    show(page, blob)
    inspector = page.locator(".inspector")
    first, second = (node for node in captured.graph.nodes if node.name in ("TanhBackward0", "ReluBackward0"))
    for node in (first, second):
        page.evaluate("(node) => view.selectNode(node, true)", node.id)
        expect(inspector.get_by_role("status")).to_have_text("Getting the details…")
    held = False
    for route in reversed(waiting):  # the answer to the first selection comes last, when it is no longer wanted
        fulfil(route)
    expect(inspector.locator("h2")).to_have_text(second.name)
    expect(inspector.get_by_role("status")).to_have_count(0)
    page.wait_for_function("(count) => view.scene.asked.size === count", arg=len(waiting))
    expect(inspector.locator("h2")).to_have_text(second.name)
    assert page.evaluate("published") == [second.id]
    asked = page.evaluate(SHOWN)
    show(page, scene.encode(captured, layout))
    carried = page.evaluate(SHOWN)
    assert len(carried) == len(layout.boxes) + len(layout.frames)
    assert asked == carried
    del kept
    gc.collect()
    show(page, blob)
    page.evaluate("(node) => view.selectNode(node, true)", first.id)
    expect(inspector.get_by_role("status")).to_contain_text("did not come")


def test_folding_reads_no_node_again(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, ops = graphs.resnet()
    seen, again = (Run(status="ok", graph=graph, ops=ops) for _ in range(2))
    read_off: list[int] = []
    for module, name in ((nodes, "backward_steps"), (details, "given")):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *what, real=real: read_off.append(1) or real(*what))
    folded, opened = drawn(seen, frozenset()), drawn(seen, every_module(graph))
    once = scene.encode(seen, folded)
    assert len(read_off) == 2
    scene.encode(seen, opened)
    assert scene.encode(seen, folded) == once  # and what opened added to the texts is gone
    assert len(read_off) == 2
    scene.encode(again, folded)
    scene.encode(replace(seen), folded)
    assert len(read_off) == 6  # of another run nothing is known
