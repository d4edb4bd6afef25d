"""The storage strip and the table of tensors in a real Chromium: choosing, pointing, following."""

import pytest
import torch

from explorer.ir import Tensor
from explorer.viewer.storages import ELEMENT_BYTES, facts, view_words
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
        leaf=value.is_leaf,
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
def show(blank):
    """Show data in the strip; the page is ``show.page``."""
    module_page.mount(blank, "storage_view.mjs", "storage.css")

    def shown(*arguments, **options):
        blank.evaluate("data => view.update(data)", data(*arguments, **options))

    shown.page = blank
    return shown


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


def test_the_storage_that_was_asked_for_is_in_sight(show):
    tensors = [tensor(POINTS + place, f"t{place}", storage=place) for place in range(30)]
    strips = [strip(POINTS + place, place) for place in range(30)]
    frame = show.page.locator("div.storages")
    for chosen in (25, 3, 29):
        show(strips, tensors, f"t{chosen}")
        card, window = frame.locator(".card.chosen").bounding_box(), frame.bounding_box()
        assert window["y"] <= card["y"] + 1
        assert card["y"] + card["height"] <= window["y"] + window["height"] + 1


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
    assert views.locator(".readout").inner_text() == (
        "cell 3 holds 3, read as points[1, 1], points_t[1, 1], second[1] · bytes 12–15: 00 00 40 40"
    )
    assert pointed(views, ".element") == ["→ 3"]


def test_the_arrow_keys_walk_over_cells_and_elements(views):
    views.locator("#before").focus()
    views.keyboard.press("Tab")
    assert views.locator(".readout").inner_text().startswith("cell 0 ")
    views.keyboard.press("ArrowRight")
    assert views.locator(".readout").inner_text().startswith("cell 1 ")
    assert pointed(views, ".element") == ["→ 1"]
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
    assert [int(at) for at in lit(page)] == list(range(3005, 3010))
    assert page.locator(".cell.lit .value").all_inner_texts() == ["3005", "3006", "3007", "3008", "3009"]
    assert page.locator(".cell.lit .byte").first.inner_text() == "12020 B"
    assert "first 256 cells" in page.locator(".card > .note").inner_text()
    page.get_by_role("button", name="big").click()
    page.locator(".stepper input").fill("4990")
    page.locator(".stepper input").press("Enter")
    assert page.locator(".element .at").all_inner_texts() == [f"→ {at}" for at in range(4984, 5000)]
    page.locator(".element").last.hover()
    assert pointed(page, ".cell") == ["4999"]
    assert int(page.locator(".cell .at").last.inner_text()) == 4999


def test_the_numbers_of_further_cells_are_asked_for_and_shown(show):
    big = torch.arange(5000.0)
    told = data([strip(big)], [tensor(big, "big")], "big") | {"readsOn": True, "windows": []}
    page = show.page
    page.evaluate("data => view.update(data)", told)
    page.locator(".strip").focus()
    page.keyboard.press("End")
    assert "holds ?" in page.locator(".readout").inner_text()
    page.get_by_role("button", name="Read the numbers in sight").click()
    (_, name, asked) = page.evaluate("sent.at(-1)")
    assert (name, asked["storage"], asked["cells"]) == ("window", 0, 5000)
    start = asked["start"]
    window = {"storage": 0, "start": start, "values": big[start : start + 256].tolist()}
    page.evaluate("data => view.update(data)", told | {"windows": [window]})
    cells = page.locator(".cell", has=page.locator(".at", has_text="4999"))
    assert cells.locator(".value").inner_text() == "4999"


CENSUS = """async (steps) => {
  const strip = document.querySelector("#host > div").shadowRoot.querySelector(".strip");
  let most = 0;
  for (let step = 0; step < steps; step += 1) {
    strip.scrollTop += 400;
    await new Promise(requestAnimationFrame);
    most = Math.max(most, strip.querySelectorAll(".cell").length);
  }
  return most;
}"""


@pytest.mark.parametrize("count", [10**6, 10**8])
def test_however_long_a_strip_is_only_what_is_in_sight_is_drawn(show, count):
    whole = tensor(torch.empty(count, device="meta").view(-1, 1000).t(), "whole")
    cells = {
        "id": 0,
        "dtype": "float32",
        "device": "cpu",
        "nbytes": 4 * count,
        "width": 4,
        "count": count,
        "cells": None,
    }
    show([cells], [whole], "whole")
    page = show.page
    assert page.evaluate(CENSUS, 30) <= 16 * 11
    page.locator(".strip").focus()
    page.keyboard.press("End")
    last = count - 1
    assert (
        page.locator(".readout")
        .inner_text()
        .startswith(f"cell {last} holds ?, read as whole[999, {count // 1000 - 1}]")
    )
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowUp")
    middle = int(page.locator(".cell.active .at").inner_text())
    assert middle % 1000 >= 0
    assert f"whole[{middle % 1000}, {middle // 1000}]" in page.locator(".readout").inner_text()
    before = int(page.locator(".cells").first.locator(".at").first.inner_text())
    page.locator(".strip").hover()
    page.mouse.wheel(0, -300)
    page.wait_for_function(
        "before => { const cells = [...document.querySelector('#host > div').shadowRoot.querySelectorAll('.cell')];"
        "const first = Math.min(...cells.map((cell) => Number(cell.dataset.at)));"
        "return first < before && first > before - 400; }",
        arg=before,
    )


def test_of_many_dimensions_two_are_drawn_and_the_others_are_steps(show):
    x = torch.arange(2 * 3 * 4 * 5.0).view(2, 3, 4, 5)
    show([strip(x)], [tensor(x.permute(3, 2, 1, 0), "p")], "p")
    page = show.page
    assert page.locator(".stepper").count() == 1
    assert page.locator(".outer").all_inner_texts() == [f"[0, {i}, :, :]" for i in range(4)]
    page.locator(".stepper button").last.click()
    assert page.locator(".outer").first.inner_text() == "[1, 0, :, :]"
    page.locator(".element").nth(7).hover()
    assert page.locator(".readout").inner_text() == "p[1, 1, 0, 1] lies in cell 66 = 0 + 1·1 + 1·5 + 0·20 + 1·60"
    assert x.permute(3, 2, 1, 0)[1, 1, 0, 1] == 66


def test_a_finger_reaches_what_pointing_shows(tabs):
    with module_page.blank_page(tabs, has_touch=True, viewport={"width": 420, "height": 900}) as page:
        module_page.mount(page, "storage_view.mjs", "storage.css")
        page.evaluate("data => view.update(data)", data([strip(POINTS)], [tensor(POINTS, "points")], "points"))
        page.locator(".cell").nth(2).tap()
        assert page.locator(".readout").inner_text().startswith("cell 2 holds 5")
        page.locator(".element").nth(5).tap()
        assert page.locator(".readout").inner_text().startswith("points[2, 1] lies in cell 5")


FINITE = {
    "float32": [0.1, -0.0, 3.0, float("inf")],
    "float64": [0.1, -2.5e300],
    "float16": [0.1, -65504.0, 2.0**-24, 6.1e-5, 0.0, float("inf")],
    "bfloat16": [0.1, -3.0e38, 1.5],
    "int64": [-1, 2**52],
    "int32": [-5],
    "int16": [-300],
    "int8": [-128],
    "uint8": [255],
    "bool": [True, False],
}


def test_the_bytes_of_a_cell_are_torchs(show):
    cases = []
    for name, numbers in FINITE.items():
        value = torch.tensor(numbers, dtype=getattr(torch, name))
        raw = value.view(torch.uint8).view(len(numbers), -1).tolist()
        cases += [
            (shown if abs(shown) != float("inf") else "Infinity", name, value.element_size(), one)
            for shown, one in zip(value.tolist(), raw, strict=True)
        ]
    told = show.page.evaluate(
        "async (cases) => { const { rawBytes } = await import('/raw.mjs'); return cases.map((one) => rawBytes(...one)); }",
        [case[:3] for case in cases],
    )
    assert told == [" ".join(f"{byte:02x}" for byte in case[3]) for case in cases]


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


def test_the_table_groups_by_storage_and_a_row_is_chosen_everywhere(blank):
    module_page.mount(blank, "tensor_table.mjs", "tensor_table.css")
    tensors = [tensor(POINTS, "points"), tensor(POINTS.t(), "points_t", line=2), tensor(torch.ones(2), "one", 1)]
    words = {word: say(f"tensors.{word}") for word in ("caption", "storage", "name", "values", "more")} | WORDS
    blank.evaluate(
        "data => view.update(data)", {"groups": groups(tensors), "more": 0, "tensor": "points", "words": words}
    )
    assert blank.locator("th.group").all_inner_texts() == ["storage 0", "storage 1"]
    assert blank.locator("tbody.shared th.group").count() == 1
    row = blank.locator("tr", has=blank.get_by_role("button", name="points_t", exact=True))
    cells = dict(zip(blank.locator("thead th").all_inner_texts()[2:], row.locator("td").all_inner_texts(), strict=True))
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
    told = blank.evaluate("heard.at(-1)")
    assert told == {"node": None, "line": 2, "storage": [0], "tensor": "points_t", "source": "tensors"}
    blank.get_by_role("button", name="points", exact=True).focus()
    blank.keyboard.press("ArrowDown")
    blank.keyboard.press("ArrowDown")
    blank.keyboard.press("Enter")
    assert blank.locator("tr.chosen button").all_inner_texts() == ["one"]
    module_page.say_selected(blank, tensor="points")
    assert blank.locator("tr.chosen button").all_inner_texts() == ["points"]
