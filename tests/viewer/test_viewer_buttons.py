"""Buttons of the viewer that need Python, mounted as Streamlit mounts it: what is told, and what happens until the answer comes."""

from __future__ import annotations

import base64

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from explorer.ir import Check, Layout, Run, Times, Verification
from explorer.viewer import scene
from tests.samples import run
from tests.viewer.graph_page import GraphPage, drawn
from tests.viewer.module_page import mount

OFFER = """async (text) => {
  const { offer } = await import("/channels.mjs");
  const { decode } = await import("/scene.mjs");
  offer("test", decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))));
}"""


@pytest.fixture(scope="module")
def captured() -> Run:
    found = run("x = torch.tensor(3.0, requires_grad=True)\ny = x ** 2\ny.backward()")
    times = Times(forward=(0.1,) * len(found.ops), backward=(0.1,) * len(found.graph.nodes))
    return replace(found, times=times, verification=Verification(status="skipped", reason="large"))


@pytest.fixture
def page(blank: Page) -> Page:
    mount(blank, "graph_mount.mjs", "viewer.css")
    blank.evaluate("view.update({ channel: 'test', height: 600, selected: null })")
    return blank


def show(page: Page, captured: Run) -> GraphPage:
    layout: Layout = drawn(captured)
    page.evaluate(OFFER, base64.b64encode(scene.encode(captured, layout)).decode())
    page.locator(".explorer-graph[data-camera]").wait_for()
    return GraphPage(page, [layout])


def commands(page: Page) -> list[str]:
    return page.evaluate(
        "sent.filter(([kind, name]) => kind === 'trigger' && name === 'command').map((told) => told[2])"
    )


def test_a_check_is_asked_for_once_and_its_answer_takes_the_button_s_place(page: Page, captured: Run) -> None:
    graph = show(page, captured)
    graph.click("x ** 2")
    node = next(node for node in captured.graph.nodes if node.name == "PowBackward0")
    page.get_by_role("button", name="Check against finite differences").click()
    waiting = page.get_by_role("button", name="Checking …")
    expect(waiting).to_be_disabled()
    assert commands(page) == [f"check:{node.op}"]
    show(page, replace(captured, check=Check(op=node.op, status="agrees", step=1e-6, tolerance=1e-6)))
    expect(graph.section("local").locator(".verdict")).to_have_text("Agrees with finite differences")
    expect(waiting).to_have_count(0)
    expect(graph.inspector.locator("h2")).to_have_text("PowBackward0")


def test_a_run_that_brought_no_answer_gives_the_button_back(page: Page, captured: Run) -> None:
    graph = show(page, captured)
    graph.click("x ** 2")
    page.get_by_role("button", name="Check against finite differences").click()
    show(page, replace(captured, check=None))
    expect(page.get_by_role("button", name="Check against finite differences")).to_be_enabled()


def test_times_are_measured_again_and_the_section_stays_open(page: Page, captured: Run) -> None:
    graph = show(page, captured)
    graph.click("x ** 2")
    graph.section("time").locator("summary").click()
    page.get_by_role("button", name="Measure again, 5 times").click()
    expect(page.get_by_role("button", name="Measuring …")).to_be_disabled()
    assert commands(page) == ["repeats:5"]
    show(page, replace(captured, times=replace(captured.times, repeats=5)))
    expect(graph.section("time")).to_contain_text("Median of 5 further runs")


def test_verify_now_is_told_and_the_badge_answers(page: Page, captured: Run) -> None:
    show(page, captured)
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_role("button", name="Verifying …")).to_be_disabled()
    assert commands(page) == ["verify"]
    show(
        page, replace(captured, verification=Verification(status="failed", leaves=1, largest_difference=1.0, worst="x"))
    )
    expect(page.get_by_role("status")).to_contain_text("differs: largest difference 1 at x")
    expect(page.locator(".badge button")).to_have_count(0)
