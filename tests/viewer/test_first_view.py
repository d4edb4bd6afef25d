"""What of a drawing is seen at first: all of it, or a piece that can be read."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from tabs import Tabs

from explorer.graph.folding import every_module
from explorer.ir import Layout, Run
from explorer.viewer import scene
from tests.graph import graphs
from tests.viewer import module_page
from tests.viewer.graph_page import drawn

SEEN = """async ([text, width, overview]) => {
  const [{ GraphView }, { decode }] = await Promise.all([import("/graph_view.mjs"), import("/scene.mjs")]);
  const sheet = new CSSStyleSheet();
  await sheet.replace(await (await fetch("/viewer.css")).text());
  document.adoptedStyleSheets = [sheet];
  const host = document.getElementById("host");
  host.style.width = `${width}px`;
  const view = new GraphView(host, { selected() {}, toggle() {}, shows() {}, command() {}, answers: () => false });
  view.setOverview(overview);
  view.setHeight(540);
  view.show(decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0))));
  const [left, top, right, bottom] = view.camera.seen();
  return { k: view.camera.k, left, top, right, bottom };
}"""


@pytest.fixture
def page(tabs: Tabs) -> Iterator[Page]:
    with module_page.blank_page(tabs, viewport={"width": 1300, "height": 900}) as page:
        yield page


@pytest.fixture(scope="module")
def resnet() -> tuple[Run, Layout]:
    graph, ops = graphs.resnet()
    run = Run(status="ok", graph=graph, ops=ops)
    return run, drawn(run, every_module(graph))


def test_what_can_be_read_is_seen_at_first_and_of_an_overview_most(page: Page, resnet: tuple[Run, Layout]) -> None:
    layout = resnet[1]
    text = base64.b64encode(scene.encode(*resnet)).decode()
    last = max(layout.boxes, key=lambda box: box.y)
    for width in (1200, 340):
        usual, overview = (page.evaluate(SEEN, [text, width, overview]) for overview in (False, True))
        for seen in (usual, overview):
            assert 0.6 <= seen["k"] <= 0.85
            assert seen["left"] <= last.x - last.width / 2
            assert last.x + last.width / 2 <= seen["right"]
            assert seen["top"] <= last.y - last.height / 2
            assert last.y + last.height / 2 <= seen["bottom"]
        assert overview["k"] == 0.6


def test_an_overview_that_can_be_read_is_seen_whole(page: Page) -> None:
    graph, ops = graphs.diamond()
    layout = drawn(run := Run(status="ok", graph=graph, ops=ops))
    seen = page.evaluate(SEEN, [base64.b64encode(scene.encode(run, layout)).decode(), 1200, True])
    assert seen["k"] >= 0.6
    assert max(seen["left"], seen["top"]) <= 0
    assert seen["right"] >= layout.width
    assert seen["bottom"] >= layout.height
