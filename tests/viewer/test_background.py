"""A page in the background: it gets no animation frames, and has to show what came meanwhile with the first one after it returned.

A browser without a window never hides a page, so the test holds its frames back.
"""

from __future__ import annotations

import base64

from tabs import Tabs

from explorer.graph.folding import every_module
from explorer.ir import Run
from explorer.viewer import scene
from tests.graph import graphs
from tests.viewer import module_page
from tests.viewer.graph_page import drawn

HIDE = """() => {
  const wait = window.requestAnimationFrame.bind(window);
  window.held = [];
  window.hidden = false;
  window.requestAnimationFrame = (draw) => (hidden ? held.push(draw) : wait(draw));
  window.comeBack = () => new Promise((shown) => {
    hidden = false;
    for (const draw of held.splice(0)) wait(draw);
    wait(() => wait(shown));
  });
}"""

SHOW = """async (texts) => {
  const [{ GraphView }, { decode }] = await Promise.all([import("/graph_view.mjs"), import("/scene.mjs")]);
  const sheet = new CSSStyleSheet();
  await sheet.replace(await (await fetch("/viewer.css")).text());
  document.adoptedStyleSheets = [sheet];
  const scenes = texts.map((text) => decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0))));
  const view = new GraphView(document.getElementById("host"), { selected() {}, toggle() {}, shows() {}, command() {}, answers: () => false });
  view.setHeight(600);
  view.show(scenes[0]);
  await comeBack();
  const before = [view.root.dataset.boxes, view.root.dataset.camera];
  hidden = true;
  view.show(scenes[1]);
  view.surface.fit();
  view.show(scenes[2]);
  view.redraw([0, 0, 10, 10]); // a part, of what will be drawn in full
  view.selecting.node(0, true);
  const waiting = held.length;
  const meanwhile = [view.root.dataset.boxes, view.root.dataset.camera];
  await comeBack();
  const root = scenes[2].boxesOfNode.get(0)[0];
  const [x, y] = view.camera.toScreen(scenes[2].x[root] - scenes[2].w[root] / 2 + 4, scenes[2].y[root]);
  const pixel = (px, py) => Array.from(view.surface.context.getImageData(px * devicePixelRatio, py * devicePixelRatio, 1, 1).data);
  return { before, meanwhile, waiting, boxes: Number(view.root.dataset.boxes), camera: view.root.dataset.camera, box: pixel(x, y), ground: pixel(2, 598) };
}"""


def test_what_came_while_a_page_was_hidden_is_drawn_once_it_returns(tabs: Tabs) -> None:
    graph, ops = graphs.resnet()
    run = Run(status="ok", graph=graph, ops=ops)
    layouts = [drawn(run, opened) for opened in (frozenset[str](), every_module(graph), frozenset({"layer1"}))]
    with module_page.blank_page(tabs, reduced_motion="reduce") as page:
        page.evaluate(HIDE)
        told = page.evaluate(SHOW, [base64.b64encode(scene.encode(run, layout)).decode() for layout in layouts])
    assert told["meanwhile"] == told["before"]
    assert told["waiting"] == 1  # however much came
    assert told["boxes"] == len(layouts[2].boxes)
    assert told["camera"] != told["before"][1]
    assert told["box"] != told["ground"]
