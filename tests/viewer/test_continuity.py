"""Where the camera holds on from one drawing to the next."""

from __future__ import annotations

from playwright.sync_api import Page

from explorer.ir import Run
from tests.graph import graphs
from tests.viewer import scene_page
from tests.viewer.graph_page import drawn

HOLD = """async (opened) => {
  const { anchor } = await import("/continuity.mjs");
  return anchor(before, scene, { boxes: [], frame: null }, opened);
}"""


def test_of_a_loop_that_opens_the_first_step_comes_to_where_its_box_was(blank: Page) -> None:
    graph, ops = graphs.loop(200)
    captured = Run(status="ok", graph=graph, ops=ops)
    folded, unfolded = (drawn(captured, frozenset(names)) for names in (["@5-6"], ["@5-6", "@5-6[1-10]"]))
    scene_page.load(blank, captured, folded)
    blank.evaluate("window.before = scene")
    scene_page.load(blank, captured, unfolded)
    held = blank.evaluate(HOLD, "m:@5-6[1-10]#0")
    box = next(box for box in folded.boxes if box.fold == "@5-6[1-10]")
    step = next(box for box in unfolded.boxes if box.title == "step 1 of 200")
    frame = next(frame for frame in unfolded.frames if frame.module == "@5-6[1-10]")
    assert held["from"] == [round(box.x * 4) / 4, round((box.y - box.height / 2) * 4) / 4]
    assert held["to"] == [round(step.x * 4) / 4, round((frame.y - frame.height / 2) * 4) / 4]
    assert step.x != frame.x
