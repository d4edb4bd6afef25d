"""The Cost section on a real run: times of this machine, cache lines counted anew by torch."""

import pytest
import torch
from browsing import ROOT
from streamlit.testing.v1 import AppTest

from explorer.app.tensors import TensorsState
from explorer.ir import Run
from explorer.strides.costs import SIZES, code, costs
from explorer.words import say
from tests.pages.app_test import kept, mounted

PAGE = str(ROOT / "pages" / "tensors.py")
SIZE = SIZES[0]


@pytest.fixture(scope="module")
def shown():
    """What the browser gets of one measurement."""
    page = AppTest.from_file(PAGE, default_timeout=60)
    kept(page)["tensors.state"] = TensorsState(section="cost")
    kept(page)["cost.size"] = SIZE
    page.run()
    assert not page.exception
    return {one["name"]: one for one in mounted(page, "explorer_line_costs")["costs"]}


def walked(cells):
    """Different lines of 64 bytes under float32 cells, and how often the line changes in their order."""
    line = cells.flatten() * 4 // 64
    return line.unique().numel(), 1 + int((line[1:] != line[:-1]).sum())


def test_the_lines_of_each_sum_are_those_that_torch_counts(shown):
    cells = torch.arange(SIZE * SIZE).view(SIZE, SIZE)
    sides = {one["code"]: one for pair in shown.values() for one in (pair["near"], pair["far"])}
    read = {
        "m.cumsum(1)": cells,
        "m_t.cumsum(1)": cells.t(),
        "m.sum()": cells,
        "m_t.sum()": cells.t(),
        "row.sum()": cells[0],
        "column.sum()": cells[:, 0],
    }
    assert sides.keys() == read.keys()
    for name, side in sides.items():
        assert (side["touched"], side["fetched"]) == walked(read[name])
        assert side["seconds"] > 0
    for pair in shown.values():
        assert pair["ratio"] == pair["far"]["seconds"] / pair["near"]["seconds"]


def test_a_run_without_times_gives_no_costs():
    assert costs(Run(status="stopped", code=code(SIZE))) == ()


def test_the_walk_is_drawn_and_another_can_be_chosen(open_page):
    page = open_page("tensors")
    page.get_by_text(say("tensors.section.cost"), exact=True).click()
    page.locator(".lines").first.wait_for()
    near, far = (page.locator(".lines").nth(at) for at in range(2))
    assert (near.locator("li").count(), far.locator("li").count()) == (1, 16)
    assert near.locator(".read").all_inner_texts() == [str(step) for step in range(1, 17)]
    page.locator(".pair > button").last.click()
    assert page.locator("figcaption").last.inner_text().startswith("column.sum()")
