"""The cost tables in a real Chromium: a row says what it stands for, and follows what others select."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.viewer.module_page import mount, say_selected

ROWS = [
    {"name": "the whole run", "select": None, "cells": [{"text": "4 kB", "bar": 1}]},
    {"name": "model.0", "select": {"module": "model.0"}, "cells": [{"text": "1 kB", "bar": 0.25}]},
    {"name": "<b>w</b>", "select": {"node": 7, "tensor": "w"}, "cells": [{"text": "12 B", "bar": 0}]},
]
DATA = {"tables": [{"title": "Kept", "headings": ["module", "saved"], "rows": ROWS, "more": "and 3 more"}]}


@pytest.fixture
def table(blank: Page) -> Page:
    mount(blank, "cost_table.mjs", "cost_table.css")
    blank.evaluate("data => view.update(data)", DATA)
    return blank


def test_a_row_tells_the_others_what_it_stands_for(table: Page) -> None:
    table.get_by_role("button", name="model.0").click()
    heard = table.evaluate("heard.at(-1)")
    assert (heard["module"], heard["node"]) == ("model.0", None)
    table.get_by_role("button", name="<b>w</b>").press("Enter")
    heard = table.evaluate("heard.at(-1)")
    assert (heard.get("module"), heard["node"], heard["tensor"]) == (None, 7, "w")
    before = table.evaluate("heard.length")
    table.get_by_text("the whole run").click()
    assert table.evaluate("heard.length") == before


def test_a_row_is_chosen_with_its_node_or_module(table: Page) -> None:
    say_selected(table, node=7)
    expect(table.get_by_role("button", name="<b>w</b>")).to_have_attribute("aria-pressed", "true")
    say_selected(table, module="model.0")
    expect(table.get_by_role("button", name="model.0")).to_have_attribute("aria-pressed", "true")
    expect(table.get_by_role("button", name="<b>w</b>")).to_have_attribute("aria-pressed", "false")
    say_selected(table)
    expect(table.locator(".chosen")).to_have_count(0)


def test_a_bar_is_as_long_as_its_part(table: Page) -> None:
    parts = table.locator("td.barred").evaluate_all(
        "cells => cells.map((cell) => cell.style.getPropertyValue('--part'))"
    )
    assert parts == ["100%", "25%", "0%"]
    expect(table.locator(".note")).to_have_text("and 3 more")
