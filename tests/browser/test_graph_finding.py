"""Finding and looking on the Graph page: what the viewer does by itself outlives reruns, and a storage chosen in it opens its strip."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.app_page import GraphPage

CODE = """a = torch.tensor([1., 2., 3.], requires_grad=True)
b = a.view(3, 1)
c = (b * b).sum()
c.backward()"""


def test_an_overlay_outlives_a_run_and_a_storage_opens_its_strip(open_page: Callable[..., Page]) -> None:
    graph = GraphPage(open_page())
    page = graph.page
    graph.run(CODE)
    graph.expect_leaf("a", [1, 2, 3], [2, 4, 6])
    page.get_by_label("Colour by", exact=True).select_option("grad")
    page.get_by_role("button", name="Both", exact=True).click()
    expect(page.locator(".scale-legend")).to_contain_text("Gradient norm")

    # Chosen in the table, by keys in the drawing, by search: one selection.
    graph.leaves.get_by_role("button", name="a", exact=True).click()
    expect(graph.heading).to_have_text("AccumulateGrad")
    page.get_by_role("searchbox").fill("line:3 kind:op name:mul*")
    page.get_by_role("searchbox").press("Enter")
    expect(graph.heading).to_have_text("MulBackward0")
    graph.canvas.press("[")
    expect(graph.heading).to_have_text("AccumulateGrad")

    # Its storage: the alias lights up, and the strip is opened below.
    section = graph.inspector.locator(".about-shared")
    expect(section).to_contain_text("a.view(3, 1)")
    section.get_by_role("button", name="storage").click()
    strip = page.locator(".storages .card.chosen")
    expect(strip).to_contain_text("12 B")
    expect(page.locator(".chips")).to_contain_text("3 boxes")

    # Another run, another language: the look stays as it was.
    graph.run(CODE.replace("b * b", "b * b * b"))
    expect(page.locator(".search .count")).to_have_text("1/2")
    expect(page.get_by_label("Colour by", exact=True)).to_have_value("grad")
    page.get_by_role("radio", name="한국어").click()
    expect(page.get_by_label("색으로 보기", exact=True)).to_have_value("grad")
    expect(page.get_by_role("button", name="둘 다", exact=True)).to_have_attribute("aria-pressed", "true")
