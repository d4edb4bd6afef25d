"""What a run knows beside its graph, as a person asks for it: the badge, a check, times, memory. Numbers against torch."""

import pytest
import torch
from playwright.sync_api import expect

from tests.browser.app_page import GraphPage

CODE = """x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x ** 3
loss = y.sum()
loss.backward()"""


@pytest.fixture
def graph(page):
    return GraphPage(page)


@pytest.fixture
def shown(graph):
    graph.run(CODE)
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x**3).sum().backward()
    graph.expect_leaf("x", x.tolist(), x.grad.tolist())
    return graph


def test_the_badge_says_that_the_graph_is_what_happened(shown):
    badge = shown.page.locator(".badge")
    expect(badge.get_by_role("status")).to_contain_text("verified: largest difference 0 over 1 leaves")
    badge.get_by_role("status").hover()
    expect(badge.get_by_role("tooltip")).to_be_visible()


def test_a_call_is_checked_against_finite_differences(shown):
    shown.click(CODE, "x ** 3")
    expect(shown.heading).to_have_text("PowBackward0")
    shown.page.get_by_role("button", name="Check against finite differences").click()
    expect(shown.inspector.locator(".verdict")).to_have_text("Agrees with finite differences")
    expect(shown.heading).to_have_text("PowBackward0")
    sides = shown.inspector.locator(".check table.numbers").all()
    autograd, numeric = (torch.tensor([float(text) for text in side.locator("td").all_inner_texts()]) for side in sides)
    assert torch.allclose(autograd, numeric, rtol=1e-3)
    assert autograd.abs().min() > 0


def test_times_are_measured_again_on_demand(shown):
    shown.click(CODE, "x ** 3")
    time = shown.inspector.locator(".about-time")
    time.locator("summary").click()
    expect(time).to_contain_text("Measured once")
    time.get_by_role("button", name="Measure again, 5 times").click()
    expect(time).to_contain_text("Median of 5 further runs")


def test_the_memory_tab_leads_to_the_module_that_keeps_most(graph):
    graph.run("model = nn.Sequential(nn.Linear(4, 64), nn.Tanh())\nmodel(torch.ones(8, 4)).sum().backward()")
    expect(graph.leaf("model.0.weight").nth(0)).to_have_text("(64, 4)")
    graph.page.get_by_role("tab", name="Memory").click()
    row = graph.page.get_by_role("row").filter(has=graph.page.get_by_role("button", name="model.1", exact=True)).first
    # What tanh keeps: its result, 8 x 64 numbers of 4 bytes.
    expect(row).to_contain_text("2.05 kB")
    row.click()
    expect(graph.heading).to_have_text("TanhBackward0")
    graph.page.get_by_role("button", name="model", exact=True).first.click()
    expect(graph.heading).to_have_text("model")
