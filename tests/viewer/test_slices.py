"""What the drawing of a large graph leaves out: the same as what that of a small one carries, asked for by names, and shown alike."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from browsing import until
from msgspec.structs import replace
from playwright.sync_api import Page, Route, expect
from samples import run
from starlette.applications import Starlette
from starlette.routing import Route as ServerRoute

from explorer.graph.folding import every_module
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Layout, Run
from explorer.viewer import details, known, nodes, scene, slices
from explorer.words import Language
from tests.graph import graphs
from tests.viewer import module_page
from tests.viewer.graph_page import drawn
from tests.viewer.test_scene import read, unpack

MODEL = """model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 2), nn.Tanh()))
data = torch.randn(5, 3)
loss = model(data).sum()
loss.backward()"""

OPEN = """async (text) => {
  const sheet = new CSSStyleSheet();
  await sheet.replace(await (await fetch("/viewer.css")).text());
  document.adoptedStyleSheets = [sheet];
  const [{ GraphView }, { receive }, { mount }] = await Promise.all(["graph_view", "channels", "scene_mount"].map((name) => import(`/${name}.mjs`)));
  window.view ??= new GraphView(document.getElementById("host"), { selected() {}, toggle() {}, shows() {}, command() {}, answers: () => false });
  window.published = [];
  window.addEventListener("explorer:selection", ({ detail }) => published.push(detail.node));
  window.carrier ??= mount();
  const shown = new Promise((heard) => { window.came = heard; });
  window.hears ??= receive("a", (scene) => { scene.lost ? view.lose(scene.lost) : view.show(scene); came(); });
  carrier.update(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  await shown;
}"""

TRY_ALL = """async () => {
  const { FACES } = await import("/faces.mjs");
  const { OVERLAYS } = await import("/overlays.mjs");
  const frame = () => new Promise(requestAnimationFrame);
  const { view: face, overlay } = view.settings;
  for (const name of [...OVERLAYS, overlay]) { view.set("overlay", name); await frame(); }
  for (const name of [...FACES, face]) { view.set("view", name); await frame(); }
  for (const name of ["shapes", "widths", "storages"]) for (const on of [true, false]) { view.set(name, on); await frame(); }
  const { width, height } = view.surface.canvas.getBoundingClientRect();
  for (let at = 0; at < 1; at += 0.1) view.surface.canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: width / 2, clientY: height * at, bubbles: true }));
}"""
"""Colours, faces and the pointer, as a person may try them at once."""

MIDDLE = """() => {
  const [left, top, width, height] = view.surface.area();
  return [left + width / 2, top + height / 2, view.camera.k];
}"""

SHOWN = """async () => {
  const { scene } = view;
  const told = [];
  const note = () => told.push([view.inspector.root.innerHTML, view.said.textContent, view.facts]);
  for (let box = 0; box < scene.count; box++) { await scene.askBoxDetail(box); view.drive({ select: null }); view.selecting.node(scene.nodesOf(box)[0], false); note(); }
  for (let frame = 0; frame < scene.frames; frame++) { await scene.askFrameDetail(frame); view.selecting.module(scene.text("frame_module", frame)); note(); }
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


def get(path: str) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON or bytes of one request."""
    routes = [ServerRoute("/details/{name}/{place:int}", slices.answer), ServerRoute("/known/{name}", known.answer)]
    app = Starlette(routes=routes)
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": []}
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, app(scope, receive, send)).result()
    headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], headers, json.loads(body) if "json" in headers["content-type"] else body


def test_a_small_graph_travels_whole_and_a_large_one_drawn_alone(captured: Run, layout: Layout, monkeypatch) -> None:
    whole = scene.encode(captured, layout)
    pieces, count = len(read(whole)[2]), len(captured.graph.nodes)
    for most, carried in ((count, True), (count - 1, False)):
        monkeypatch.setattr(scene, "MOST_CARRIED", most)
        blob, kept = scene.offer(captured, layout)
        assert len(kept) == pieces
        assert (blob == whole) is carried
        assert len(read(blob)[2]) == (pieces if carried else 0)
        assert ("node_name" in read(blob)[1]) is carried
    assert scene.encode(captured, layout) == whole  # what opens without a server carries all, however large


@pytest.mark.usefixtures("none_carried")
def test_the_server_answers_what_a_whole_scene_carries(captured: Run, layout: Layout) -> None:
    blob, kept = scene.offer(captured, layout)
    header, columns, _ = read(blob)
    whole, wholes, carried = read(scene.encode(captured, layout))
    assert columns["box_detail"] == wholes["box_detail"]
    name, about = header["asks"]["details"], header["asks"]["known"]
    for place, facts in enumerate(carried):
        status, headers, told = get(f"/details/{name}/{place}")
        assert (status, told) == (200, facts)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("sandbox")
    status, headers, told = get(f"/known/{about}")
    assert (status, headers["content-type"]) == (200, "application/octet-stream")
    assert headers["content-security-policy"].startswith("sandbox")
    first, nodes, _ = unpack(told, b"AXK1")
    assert first["texts"] + header["texts"] == whole["texts"]
    assert nodes["node_name"] == wholes["node_name"]
    nowhere = [
        f"details/{name}/{len(carried)}",
        "details/another/0",
        f"details/{about}/0",
        "known/another",
        f"known/{name}",
    ]
    for path in nowhere:
        status, _, told = get(f"/{path}")
        assert status == 404
        assert told["said"]
    assert get(f"/details/{name}/-1")[0] == 404
    del kept
    gc.collect()
    assert get(f"/details/{name}/0")[0] == 404
    assert get(f"/known/{about}")[0] == 200  # it is kept with its run


def name_of_known(captured: Run, opened: frozenset[str], language: Language) -> str:
    return str(read(scene.offer(captured, drawn(captured, opened), language)[0])[0]["asks"]["known"])


def test_what_is_known_is_the_same_for_every_drawing_of_a_run_and_goes_with_it(none_carried: None) -> None:
    captured = replace(run(MODEL))
    everything = every_module(captured.graph)
    names = [name_of_known(captured, *each) for each in ((frozenset(), "en"), (everything, "en"), (everything, "ko"))]
    assert names[0] == names[1] != names[2]
    assert get(f"/known/{names[0]}")[0] == 200
    del captured
    gc.collect()
    assert get(f"/known/{names[0]}")[0] == 404


def show(page: Page, blob: bytes) -> None:
    """As Python sends it: behind the address of its view."""
    address = (1).to_bytes(4, "little") + b"a\0\0\0"
    page.evaluate(OPEN, base64.b64encode(address + blob).decode())


def fulfil(route: Route) -> None:
    """Answer as the server does."""
    status, headers, told = get("/" + route.request.url.removeprefix(module_page.ADDRESS))
    body = told if isinstance(told, bytes) else json.dumps(told)
    route.fulfill(status=status, body=body, content_type=headers["content-type"])


def test_details_that_are_asked_for_are_shown_like_those_carried(
    blank: Page, captured: Run, layout: Layout, none_carried: None
) -> None:
    blob, kept = scene.offer(captured, layout)
    waiting: list[Route] = []
    held = True

    def answer(route: Route) -> None:
        waiting.append(route) if held else fulfil(route)

    blank.route("**/details/**", answer)
    blank.route("**/known/*", fulfil)
    show(blank, blob)
    inspector = blank.locator(".inspector")
    first, second = (node for node in captured.graph.nodes if node.name in ("TanhBackward0", "ReluBackward0"))
    for node in (first, second):
        blank.evaluate("(node) => view.selecting.node(node, true)", node.id)
        expect(inspector.get_by_role("status")).to_have_text("Getting the details…")
    until(lambda: blank.evaluate("true") and len(waiting) == 2, 10, lambda: f"{len(waiting)} requests came")
    held = False
    for route in reversed(waiting):  # the answer to the first selection comes last, when it is no longer wanted
        fulfil(route)
    expect(inspector.locator("h2")).to_have_text(second.name)
    expect(inspector.get_by_role("status")).to_have_count(0)
    blank.wait_for_function("(count) => view.scene.asked.size === count", arg=len(waiting))
    expect(inspector.locator("h2")).to_have_text(second.name)
    assert blank.evaluate("published") == [second.id]
    asked = blank.evaluate(SHOWN)
    show(blank, scene.encode(captured, layout))
    carried = blank.evaluate(SHOWN)
    assert len(carried) == len(layout.boxes) + len(layout.frames)
    assert asked == carried
    del kept
    gc.collect()
    show(blank, blob)
    blank.evaluate("(node) => view.selecting.node(node, true)", first.id)
    expect(inspector.get_by_role("status")).to_contain_text("did not come")


def test_a_fold_asks_for_nothing_that_is_known_and_a_lost_answer_is_said(blank: Page, none_carried: None) -> None:
    captured = run(MODEL)
    asked: list[str] = []
    lost = True

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=404) if lost else fulfil(route)

    blank.route("**/known/*", answer)
    layouts = [
        drawn(captured, opened) for opened in (frozenset[str](), frozenset({"model"}), every_module(captured.graph))
    ]
    blobs, keep = zip(*(scene.offer(captured, layout) for layout in layouts), strict=True)
    nothing = blank.locator(".nothing")
    show(blank, blobs[0])
    expect(nothing).to_have_text("Not all of the drawing came from the server. Reload the page.")
    lost = False
    for blob, layout in zip(blobs, layouts, strict=True):  # the first of them once more
        show(blank, blob)
        expect(nothing).to_be_hidden()
        assert blank.evaluate("view.scene.count") == len(layout.boxes)
        assert blank.evaluate("view.scene.boxesOfNode.size") == len(captured.graph.nodes)
        blank.wait_for_function("view.scene.complete")
    assert sorted(Counter(asked).values()) == [2, 2]  # what is known, and what is shown until then
    del keep


def test_a_large_graph_is_drawn_before_anything_is_known_of_it(
    blank: Page, captured: Run, layout: Layout, none_carried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what the person did with it meanwhile is kept."""
    seen, read_off = replace(captured), list[bool]()
    monkeypatch.setattr(
        known.nodes, "columns", lambda run, real=nodes.columns: read_off.append(run is seen) or real(run)
    )
    blob, kept = scene.offer(seen, layout)
    assert not any(read_off)  # until the page asks
    about = read(blob)[0]["asks"]["known"]
    waiting: list[Route] = []
    blank.route("**/details/**", fulfil)
    blank.route("**/known/*", lambda route: waiting.append(route) if about in route.request.url else fulfil(route))
    show(blank, blob)
    assert blank.evaluate("view.scene.complete") is False
    assert blank.evaluate("view.scene.count") == len(layout.boxes)
    titles = blank.evaluate("Array.from({ length: view.scene.count }, (_, box) => view.scene.title(box))")
    assert titles == [box.title for box in layout.boxes]
    tanh = next(node.id for node in captured.graph.nodes if node.name == "TanhBackward0")
    blank.evaluate("(node) => view.selecting.node(node, true)", tanh)
    search = blank.locator(".search input")
    search.fill("kind:leaf")
    expect(blank.locator(".search .count")).to_have_text("…")
    expect(blank.locator(".inspector h2")).to_have_text("TanhBackward0")
    blank.evaluate("view.surface.move((camera) => camera.zoom(1.25, 300, 200))")
    middle = blank.evaluate(MIDDLE)
    blank.evaluate(TRY_ALL)
    (route,) = waiting
    fulfil(route)
    blank.wait_for_function("view.scene.complete")
    assert sum(read_off) == 1
    leaves = sum(node.kind == "leaf" for node in captured.graph.nodes)
    expect(blank.locator(".search .count")).to_have_attribute("aria-label", f"{leaves} matches")
    expect(blank.locator(".inspector h2")).to_have_text("TanhBackward0")
    assert blank.evaluate(MIDDLE) == pytest.approx(middle)
    asked = blank.evaluate(SHOWN)
    show(blank, scene.encode(captured, layout))
    assert blank.evaluate(SHOWN) == asked  # as if all had been there at once
    del kept


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
