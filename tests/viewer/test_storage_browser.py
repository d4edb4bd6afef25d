"""The storage strip and the table of tensors in a real Chromium: choosing, pointing, following."""

import pytest
import torch

from explorer.ir import Tensor
from explorer.viewer.storage import ELEMENT_BYTES, facts, view_words
from explorer.viewer.tensor_table import groups
from explorer.words import say
from tests.viewer import module_page

POINTS = torch.tensor([[4.0, 1.0], [5.0, 3.0], [2.0, 1.0]])
WORDS = view_words("storage.", "en")


def tensor(value, name, storage=0, line=1):
    small = value.numel() <= 64
    return Tensor(
        name=name,
        shape=tuple(value.shape),
        stride=value.stride(),
        storage_offset=value.storage_offset(),
        storage_id=storage,
        storage_nbytes=value.untyped_storage().nbytes(),
        dtype=str(value.dtype).removeprefix("torch."),
        device="cpu",
        version=value._version,
        requires_grad=value.requires_grad,
        is_leaf=value.is_leaf,
        is_view=value._is_view(),
        is_contiguous=value.is_contiguous(),
        line=line,
        value=value.tolist() if small and not value.is_complex() else None,
    )


def strip(value, identity=0, shown=None):
    dtype = str(value.dtype).removeprefix("torch.")
    width = ELEMENT_BYTES[dtype]
    nbytes = value.untyped_storage().nbytes()
    flat = torch.empty(0, dtype=value.dtype).set_(value.untyped_storage(), 0, (nbytes // width,)).tolist()[:256]
    cells = [str(cell) for cell in flat] if value.is_complex() else flat
    return {
        "id": identity,
        "dtype": dtype,
        "device": "cpu",
        "nbytes": nbytes,
        "width": width,
        "count": nbytes // width,
    } | {"cells": shown or cells}


def data(strips, tensors, chosen=None, more=0):
    return {
        "storages": strips,
        "more": more,
        "tensors": [facts(one) for one in tensors],
        "tensor": chosen,
        "words": WORDS,
    }


@pytest.fixture
def show(chromium):
    """Show data in the strip; the page is ``show.page``."""
    page = module_page.blank_page(chromium)
    module_page.mount(page, "storage_view.mjs", "storage.css")

    def shown(*arguments, **options):
        page.evaluate("data => view.update(data)", data(*arguments, **options))

    shown.page = page
    yield shown
    module_page.close(page)


@pytest.fixture
def views(show):
    """The notes' points, its transpose and its second row, with the transpose chosen."""
    tensors = [tensor(POINTS, "points"), tensor(POINTS.t(), "points_t", line=2), tensor(POINTS[1], "second", line=3)]
    show([strip(POINTS)], tensors, "points_t")
    return show.page


def lit(page):
    """Index of each lit cell, and the element that it says lies there."""
    return {
        int(cell.locator(".at").inner_text()): cell.locator(".index").inner_text()
        for cell in page.locator(".cell.lit").all()
    }


def pointed(page, part):
    return page.locator(f"{part}.pointed .at").all_inner_texts()


def test_cells_show_the_storage_and_which_element_lies_in_each(views):
    assert views.locator(".cell .value").all_inner_texts() == ["4", "1", "5", "3", "2", "1"]
    assert lit(views) == {POINTS.t()[i, j].storage_offset(): f"[{i}, {j}]" for i in range(2) for j in range(3)}
    assert views.locator("header").inner_text().split("\n")[-1] == "shared by 3 tensors"


def test_choosing_a_tensor_lights_its_cells_and_tells_every_view(views):
    views.get_by_role("button", name="second").click()
    assert lit(views) == {2: "[0]", 3: "[1]"}
    assert views.get_by_role("button", name="second").get_attribute("aria-pressed") == "true"
    assert views.locator(".element .value").all_inner_texts() == ["5", "3"]
    told = views.evaluate("heard.at(-1)")
    assert told == {"node": None, "line": 3, "storage": [0], "tensor": "second", "source": "storage"}


def test_pointing_at_an_element_lights_its_cell_and_says_the_sum(views):
    for k, address in enumerate(POINTS.t().flatten().tolist()):
        i, j = divmod(k, 3)
        views.locator(".element").nth(k).hover()
        cell = POINTS.t()[i, j].storage_offset()
        assert pointed(views, ".cell") == [str(cell)]
        said = views.locator(".readout").inner_text()
        assert said == f"points_t[{i}, {j}] lies in cell {cell} = 0 + {i}·1 + {j}·2"
        assert float(views.locator(".cell").nth(cell).locator(".value").inner_text()) == address
    views.locator("h3").hover()
    assert pointed(views, ".cell") == []


def test_pointing_at_a_cell_names_everyone_who_reads_it(views):
    views.locator(".cell").nth(3).hover()
    assert views.locator(".readout").inner_text() == "cell 3 holds 3, read as points[1, 1], points_t[1, 1], second[1]"
    assert pointed(views, ".element") == ["→ 3"]


def test_the_arrow_keys_walk_over_cells_and_elements(views):
    views.locator(".cell").first.focus()
    views.keyboard.press("ArrowRight")
    assert views.locator(".readout").inner_text().startswith("cell 1 ")
    views.keyboard.press("End")
    assert views.locator(".readout").inner_text().startswith("cell 5 ")
    views.locator(".element").nth(1).focus()
    views.keyboard.press("ArrowDown")
    assert views.locator(".readout").inner_text().startswith("points_t[1, 1]")
    assert views.locator(".element[tabindex='0']").count() == 1


def test_it_follows_what_is_chosen_elsewhere(views):
    module_page.say_selected(views, tensor="second")
    assert lit(views) == {2: "[0]", 3: "[1]"}
    module_page.say_selected(views, storage=[0], node=4)
    assert views.locator(".layer[aria-pressed='true'] .name").all_inner_texts() == ["points"]
    module_page.say_selected(views, line=3)
    assert views.locator(".layer[aria-pressed='true'] .name").all_inner_texts() == ["points"]


def test_a_choice_outlives_a_rerun_and_a_new_one_from_python_counts(views, show):
    tensors = [tensor(POINTS, "points"), tensor(POINTS[1], "second"), tensor(POINTS.t(), "points_t")]
    views.get_by_role("button", name="second").click()
    show([strip(POINTS)], tensors, "points_t", more=2)
    assert lit(views) == {2: "[0]", 3: "[1]"}
    assert "2 more storages" in views.locator("p.note").inner_text()
    show([strip(POINTS)], tensors, "points")
    assert len(lit(views)) == 6


def test_an_expanded_tensor_reads_a_cell_many_times(show):
    row = torch.tensor([1.0, 2.0, 3.0])
    show([strip(row)], [tensor(row.expand(4, 3), "wide")], "wide")
    assert lit(show.page) == {0: "[0, 0]…", 1: "[0, 1]…", 2: "[0, 2]…"}
    show.page.locator(".cell").nth(1).hover()
    assert pointed(show.page, ".element") == ["→ 1"] * 4


def test_parts_of_a_complex_number_lie_in_one_cell(show):
    z = torch.tensor([1 + 2j, 3 - 1j])
    show([strip(z)], [tensor(z, "z"), tensor(torch.view_as_real(z), "parts")], "parts")
    show.page.locator(".element").nth(3).hover()
    assert pointed(show.page, ".cell") == ["1"]
    said = show.page.locator(".readout").inner_text()
    assert said == "parts[1, 1] lies at 0 + 1·2 + 1·1, counted in float32: cell 1"


def test_scalars_booleans_and_empty_tensors(show):
    scalar, mask, empty = torch.tensor(3.5), torch.tensor([True, False]), torch.zeros(0, 3)
    strips = [strip(scalar, 0), strip(mask, 1), strip(empty, 2)]
    tensors = [tensor(scalar, "scalar"), tensor(mask, "mask", 1), tensor(empty, "empty", 2)]
    show(strips, tensors, "scalar")
    show.page.locator(".element").hover()
    assert show.page.locator(".card.chosen .readout").inner_text() == "scalar lies in cell 0 = 0"
    show.page.get_by_role("button", name="mask").click()
    assert show.page.locator(".element .value").all_inner_texts() == ["True", "False"]
    show.page.get_by_role("button", name="empty").click()
    assert show.page.locator(".card.chosen .elements").inner_text() == "empty has no elements: one of its sizes is 0."


def test_a_large_storage_is_shown_where_the_chosen_tensor_lies(show):
    big = torch.arange(5000.0)
    far = big[3005:3010]
    show([strip(big)], [tensor(big, "big"), tensor(far, "far")], "far")
    page = show.page
    assert page.locator(".cell").count() == 256
    assert [int(at) for at in lit(page)] == list(range(3005, 3010))
    assert page.locator(".cell.lit .value").all_inner_texts() == ["3005", "3006", "3007", "3008", "3009"]
    assert page.locator(".more").all_inner_texts() == ["2,992 cells before …", "… 1,752 more cells"]
    page.get_by_role("button", name="big").click()
    assert page.locator(".element").count() == 512
    assert page.locator(".elements .note").inner_text() == "… 4,488 more elements"


def test_a_tensor_whose_storage_shrank_is_said_to_lie_outside(show):
    x = torch.zeros(6)
    whole = tensor(x, "x")
    x.untyped_storage().resize_(8)
    shrunk = Tensor(
        **{field: getattr(whole, field) for field in whole.__struct_fields__} | {"storage_nbytes": 8, "value": None}
    )
    show([strip(x)], [shrunk], "x")
    assert lit(show.page) == {}
    assert "reaches beyond its storage" in show.page.locator(".elements").inner_text()


def test_a_sparse_tensor_has_no_cells_and_says_why(show):
    dense = tensor(POINTS, "points")
    fields = {field: getattr(dense, field) for field in dense.__struct_fields__}
    sparse = Tensor(**fields | {"name": "s", "stride": (), "storage_id": -1, "layout": "sparse_coo", "value": None})
    show([strip(POINTS)], [dense, sparse], "points")
    module_page.say_selected(show.page, tensor="s")
    assert "A tensor of layout sparse_coo has no strides" in show.page.locator(".aside").inner_text()
    assert lit(show.page) == {}
    module_page.say_selected(show.page, tensor="points")
    assert show.page.locator(".aside").is_hidden()


def test_names_are_text_and_never_markup(show):
    show([strip(POINTS)], [tensor(POINTS, "d['<img src=x>']")], None)
    assert show.page.locator("img").count() == 0
    assert show.page.locator(".name").inner_text() == "d['<img src=x>']"


def test_the_table_groups_by_storage_and_a_row_is_chosen_everywhere(chromium):
    page = module_page.blank_page(chromium)
    module_page.mount(page, "tensor_table.mjs", "tensor_table.css")
    tensors = [tensor(POINTS, "points"), tensor(POINTS.t(), "points_t", line=2), tensor(torch.ones(2), "one", 1)]
    words = {word: say(f"tensors.{word}") for word in ("caption", "storage", "name", "values", "more")} | WORDS
    page.evaluate(
        "data => view.update(data)", {"groups": groups(tensors), "more": 0, "tensor": "points", "words": words}
    )
    assert page.locator("th.group").all_inner_texts() == ["storage 0", "storage 1"]
    assert page.locator("tbody.shared th.group").count() == 1
    row = page.locator("tr", has=page.get_by_role("button", name="points_t", exact=True))
    cells = dict(zip(page.locator("thead th").all_inner_texts()[2:], row.locator("td").all_inner_texts(), strict=True))
    assert cells == {
        "shape": "(2, 3)",
        "stride": "(1, 2)",
        "storage_offset": "0",
        "values": "[[4, 5, 2], [1, 3, 1]]",
        "dtype": "float32",
        "device": "cpu",
        "_version": "0",
        "is_leaf": "True",
        "requires_grad": "False",
        "is_contiguous": "False",
        "is_view": "True",
    }
    row.locator("td").first.click()
    told = page.evaluate("heard.at(-1)")
    assert told == {"node": None, "line": 2, "storage": [0], "tensor": "points_t", "source": "tensors"}
    page.get_by_role("button", name="points", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("tr.chosen button").all_inner_texts() == ["one"]
    module_page.say_selected(page, tensor="points")
    assert page.locator("tr.chosen button").all_inner_texts() == ["points"]
    module_page.close(page)
