"""The Tensors page on real runs: the numbers of the notes' chapter 3.8 on screen, a view's cells lit, failures in words."""

import json
import warnings

import pytest
import torch
from browsing import ROOT, settled
from streamlit.testing.v1 import AppTest

from explorer.app.tensors import EXAMPLES, TensorsState
from explorer.words import LANGUAGES, say
from tests.pages.app_test import kept

PAGE = str(ROOT / "pages" / "tensors.py")
POINTS = "points = torch.tensor([[4., 1.], [5., 3.], [2., 1.]])\n"


def started(code=None):
    """The page after its first run: of `code`, else of its own example."""
    page = AppTest.from_file(PAGE, default_timeout=60)
    if code is not None:
        kept(page)["tensors.state"] = TensorsState(code=code, draft=code)
    page.run()
    assert not page.exception
    return page


def mounted(page):
    """What each view of the page got, by component."""
    found = page.get("bidi_component")
    return {one.proto.component_name: json.loads(one.proto.json or one.proto.mixed.json) for one in found}


def tensors(page):
    """The table's tensors by name."""
    return {one["name"]: one for group in mounted(page)["explorer_tensors"]["groups"] for one in group["tensors"]}


def texts(page):
    return [text.value for text in page.text]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_number_of_every_example_is_that_of_torch(name):
    variables = {"torch": torch, "print": lambda *_: None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the notes' storage() is deprecated
        exec(EXAMPLES[name], variables)  # the product's own text
    shown = tensors(started(EXAMPLES[name]))
    expected = {key: value for key, value in variables.items() if isinstance(value, torch.Tensor)}
    assert shown.keys() == expected.keys()
    for key, tensor in expected.items():
        one = shown[key]
        assert one["shape"] == list(tensor.shape)
        assert (one["contiguous"], one["leaf"], one["view"]) == (
            one["strided"] and tensor.is_contiguous(),
            tensor.is_leaf,
            tensor._is_view(),
        )
        if tensor.layout is torch.strided:
            assert (one["stride"], one["offset"]) == (list(tensor.stride()), tensor.storage_offset())
            assert one["version"] == tensor._version
        if tensor.layout is torch.strided and not tensor.is_complex():
            assert one["values"] == (tensor.flatten().tolist() if tensor.numel() <= 64 else None)
    shared = {
        frozenset(key for key, other in expected.items() if same_storage(tensor, other)) for tensor in expected.values()
    }
    groups = mounted(started(EXAMPLES[name]))["explorer_tensors"]["groups"]
    assert {frozenset(one["name"] for one in group["tensors"]) for group in groups} == shared


def same_storage(one, other):
    if one is other:
        return True
    if torch.sparse_coo in (one.layout, other.layout):
        return False
    return one.numel() > 0 and one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


def test_a_failure_is_said_in_words_and_the_last_tensors_stay():
    page = started(POINTS)
    kept(page)["tensors.state"] = TensorsState(code="x = torch.zeros(2) + torch.zeros(3)")
    page.run()
    assert not page.exception
    assert tensors(page).keys() == {"points"}
    assert say("tensors.before") in texts(page)
    assert list(mounted(page)["explorer_editor"]["marks"]) == ["1"]
    assert not any("Traceback" in text for text in texts(page))


@pytest.mark.parametrize("code", ["", "x = (", "x = 1 / 0", "import os", "x = '😀'", "print('no tensors')"])
def test_code_without_tensors_leaves_a_sentence_and_never_a_trace(code):
    page = started(code)
    assert not page.exception
    assert say("storage.none") in texts(page)
    assert not any("Traceback" in text for text in texts(page))


def test_tensors_need_no_graph_so_nothing_is_said_about_one():
    page = started(POINTS)
    assert not any("requires_grad" in text for text in texts(page))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_both_languages(language):
    page = AppTest.from_file(PAGE, default_timeout=60)
    kept(page)["lang"] = language
    page.run()
    assert say("tensors.lead", language) in texts(page)
    assert mounted(page)["explorer_storage"]["words"]["not_contiguous"] == say("storage.not_contiguous", language)


@pytest.fixture
def screen(open_page):
    """The Tensors page in a browser."""
    page = open_page("tensors")
    page.locator(".card .cell").first.wait_for()
    settled(page)
    return page


def run(page, code):
    """Type `code` into the editor, run it, and wait: the button is itself again when Python has answered."""
    field = page.get_by_role("textbox", name=say("editor.label"))
    field.fill(code)
    field.press("Control+Enter")
    page.get_by_role("button", name=say("editor.run"), exact=True).wait_for()
    settled(page)


def row(page, name):
    """What the table says of a tensor, by column."""
    line = page.locator("tr", has=page.get_by_role("button", name=name, exact=True))
    return dict(zip(page.locator("thead th").all_inner_texts()[2:], line.locator("td").all_inner_texts(), strict=True))


def test_the_numbers_of_the_notes_are_on_screen(screen):
    run(screen, f"{POINTS}second_point = points[1]\npoints_t = points.t()\npoints_t_cont = points_t.contiguous()")
    assert row(screen, "points")["stride"] == "(2, 1)"
    assert (row(screen, "second_point")["storage_offset"], row(screen, "second_point")["shape"]) == ("2", "(2,)")
    assert (row(screen, "points_t")["stride"], row(screen, "points_t")["is_contiguous"]) == ("(1, 2)", "False")
    assert (row(screen, "points_t_cont")["stride"], row(screen, "points_t_cont")["is_contiguous"]) == ("(3, 1)", "True")
    run(screen, "some_t = torch.ones(3, 4, 5)\ntranspose_t = some_t.transpose(0, 2)")
    assert (row(screen, "some_t")["shape"], row(screen, "some_t")["stride"]) == ("(3, 4, 5)", "(20, 5, 1)")
    assert (row(screen, "transpose_t")["shape"], row(screen, "transpose_t")["stride"]) == ("(5, 4, 3)", "(1, 5, 20)")
    run(screen, "a = torch.tensor(list(range(9)))\nb = a.view(3, 3)\nc = b[1:, 1:]")
    assert (row(screen, "a")["storage_offset"], row(screen, "a")["stride"]) == ("0", "(1,)")
    assert (row(screen, "b")["storage_offset"], row(screen, "b")["stride"]) == ("0", "(3, 1)")
    c = row(screen, "c")
    assert (c["shape"], c["storage_offset"], c["stride"], c["values"]) == ("(2, 2)", "4", "(3, 1)", "[[4, 5], [7, 8]]")


def test_a_row_of_the_table_lights_its_cells_and_its_line(screen):
    screen.get_by_role("button", name="points_t", exact=True).click()
    assert screen.locator(".cell.lit").count() == 6
    screen.locator("tr", has=screen.get_by_role("button", name="second", exact=True)).locator("td").first.click()
    assert screen.locator(".cell.lit .value").all_inner_texts() == ["5", "3"]
    assert screen.locator(".cell.lit .at").all_inner_texts() == ["2", "3"]
    assert screen.locator(".row.selected").inner_text() == "second = points[1]"
    screen.locator(".layer", has_text="copy").click()
    assert screen.locator("tr.chosen button").all_inner_texts() == ["copy"]
    assert screen.locator(".cell.lit .value").all_inner_texts() == ["10", "3"]


def test_a_failing_run_keeps_the_cells_and_marks_its_line(screen):
    field = screen.get_by_role("textbox", name=say("editor.label"))
    field.fill("x = torch.zeros(2)\ny = x + torch.zeros(3)")
    field.press("Control+Enter")
    screen.locator(".row.marked").wait_for()
    assert screen.locator(".row.marked").inner_text() == "y = x + torch.zeros(3)"
    assert screen.locator(".cell").count() > 0


def test_a_draft_outlives_a_visit_to_another_page(screen):
    field = screen.get_by_role("textbox", name=say("editor.label"))
    field.fill("half = typed")
    screen.get_by_role("link", name=say("page.graph")).click()
    settled(screen)
    screen.get_by_role("link", name=say("page.tensors")).click()
    screen.locator(".card .cell").first.wait_for()
    assert field.input_value() == "half = typed"


def test_the_graph_pages_code_can_be_taken_over(open_page):
    page = open_page()
    page.get_by_role("link", name=say("page.tensors")).click()
    page.locator(".card .cell").first.wait_for()
    before = page.get_by_role("textbox", name=say("editor.label")).input_value()
    page.get_by_role("button", name=say("tensors.from_graph")).click()
    page.wait_for_function(
        "before => [...document.querySelectorAll('*')].some("
        "(one) => one.shadowRoot?.querySelector('textarea') && one.shadowRoot.querySelector('textarea').value !== before)",
        arg=before,
    )
    settled(page)
    for name in ("x", "y", "w"):
        page.locator("tr", has=page.get_by_role("button", name=name, exact=True)).wait_for()


def test_a_box_of_examples_that_tells_none_changes_nothing():
    page = started(POINTS)
    page.selectbox(key="tensors.example.0").set_value("stale").run()
    page.selectbox(key="tensors.example.0").set_value(None).run()  # as a browser that just put the box up may
    assert not page.exception
    assert kept(page)["tensors.state"].example == "stale"
    assert page.selectbox(key="tensors.example.1").value == "stale"
