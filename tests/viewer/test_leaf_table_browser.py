"""The table of leaves in a real Chromium: what a cell says where the numbers are few, and where they would not fit."""

from __future__ import annotations

import pytest
import torch
from playwright.sync_api import Page, expect

from explorer.viewer.leaf_table import leaf_rows
from explorer.words import say
from tests.samples import run
from tests.viewer.module_page import mount

WORDS = {word: say(f"leaves.{word}") for word in ("caption", "name", "value", "none", "statistics", "more")}


@pytest.fixture
def table(blank: Page) -> Page:
    mount(blank, "leaf_table.mjs", "tensor_table.css")
    return blank


def test_long_lists_of_numbers_give_way_to_their_statistics(table: Page) -> None:
    captured = run(
        "few = torch.tensor([1., 2.], requires_grad=True)\n"
        "many = torch.linspace(0, 1, 60, requires_grad=True)\n"
        "(few.sum() * many ** 2).sum()"
    )
    table.evaluate("data => view.update(data)", {"rows": leaf_rows(captured), "more": 0, "words": WORDS})
    few = table.get_by_role("row", name="few").locator("td")
    many = table.get_by_role("row", name="many").locator("td")
    values = torch.linspace(0, 1, 60, requires_grad=True)
    (gradient,) = torch.autograd.grad((3 * values**2).sum(), values)
    expect(few.nth(2)).to_have_text("[1, 2]")
    expect(many.nth(2)).to_have_text(f"norm {values.norm():.4g}, from 0 to 1")
    expect(many.nth(3)).to_have_text(f"norm {gradient.norm():.4g}, from 0 to {gradient.max():.4g}")
