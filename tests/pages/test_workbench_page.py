"""The view workbench on real runs: every fact is torch's, the reason for it holds, and a failing view is explained."""

import json

import pytest
import torch
from browsing import ROOT, settled
from streamlit.testing.v1 import AppTest

from explorer.app.state import GraphState
from explorer.app.tensors import TensorsState
from explorer.app.workbench import WorkbenchState
from explorer.words import LANGUAGES, say
from tests.pages.app_test import kept, mounted

PAGE = str(ROOT / "pages" / "tensors.py")

CHAINS = {
    "x = torch.arange(24.).view(2, 3, 4)": [".transpose(0, 2)", "[1:]", ".permute(2, 0, 1)", ".reshape(6, 3)", ".t()", ".flatten()"],
    "x = torch.arange(12.)": [".view(3, 4)", ".unfold(1, 2, 1)", "[:, ::2]", ".diagonal()", ".contiguous()", ".contiguous()", ".clone()"],
    "x = torch.rand(2, 3, 4, 4)": [".contiguous(memory_format=torch.channels_last)", ".chunk(2, 1)", "[1]", ".squeeze()", "[0, 0]"],
    "x = torch.tensor([[1.], [2.]], requires_grad=True)": [".expand(2, 3)", ".detach()", ".repeat(2, 1)", "[None]", "torch.flip(x4, [1])"],
    "x = torch.arange(6.)": [".as_strided((2, 2), (1, 1), 1)", "[[1, 0]]", ".unsqueeze(-1)", ".mT", "x4 * 2"],
    "x = torch.rand(1, 2, 2, 2, 2)": [".contiguous(memory_format=torch.channels_last_3d)", ".movedim(1, 4)", "[0:0]", ".view(0, 3)"],
}  # fmt: skip


def started(state):
    page = AppTest.from_file(PAGE, default_timeout=60)
    kept(page)["tensors.state"] = TensorsState(section="workbench")
    kept(page)["workbench.state"] = state
    page.run()
    assert not page.exception
    return page


def shown(state):
    """What the browser got of a state."""
    return mounted(started(state), "explorer_workbench")


@pytest.mark.parametrize("start", CHAINS)
def test_every_fact_of_a_chain_is_torchs(start):
    state = WorkbenchState(start=start, tensor="x", steps=tuple(CHAINS[start]))
    steps = shown(state)["steps"]
    variables = {"torch": torch}
    exec(state.code(), variables)  # a text of this file
    before = None
    for name, step in zip(state.names(), steps, strict=True):
        value = variables[name]
        first = value[0] if isinstance(value, tuple) else value
        assert (step["shape"], step["stride"], step["offset"]) == (
            list(first.shape),
            list(first.stride()),
            first.storage_offset(),
        )
        formats = [
            name
            for name in ("contiguous_format", "channels_last", "channels_last_3d")
            if first.is_contiguous(memory_format=getattr(torch, name))
        ]
        assert step["formats"] == [one.removesuffix("_format") for one in formats]
        assert step["kind"] == kind(before, value, first)
        assert step["why"] or before is None
        before = value if isinstance(value, tuple) else (value,)


def kind(before, value, first):
    if before is None:
        return "start"
    if isinstance(value, tuple):
        return "parts"
    if any(first is one for one in before):
        return "same"
    return "view" if first.untyped_storage()._cdata == before[0].untyped_storage()._cdata else "copy"


def test_the_notes_failing_view_names_the_numbers_and_a_way_out():
    """Chapter 3.8.4: points_t is not contiguous, and view works on nothing else."""
    steps = shown(WorkbenchState())["steps"]
    assert [step["kind"] for step in steps] == ["start", "view", "fails"]
    failed = steps[-1]
    assert failed["pairs"] == [{"outer": 0, "inner": 1, "stride": 1, "needed": 6, "merges": False}]
    assert failed["why"] == say(
        "strides.why.view.blocked", size=6, outer=0, inner=1, stride=1, needed=6, inner_stride=2, inner_size=3
    )
    assert "view size is not compatible" in failed["problem"]
    for remedy in failed["remedies"]:
        good = shown(WorkbenchState(steps=(".t()", *remedy)))["steps"]
        assert good[-1]["kind"] in ("view", "copy")
        assert good[-1]["shape"] == [6]


@pytest.mark.parametrize(
    "state",
    [
        WorkbenchState(),
        WorkbenchState(start="x = torch.rand(2, 3, 9, 9)", tensor="x", steps=(".permute(0, 2, 3, 1)", ".view(2, -1)")),
        WorkbenchState(start="x = torch.rand(4, 50)", tensor="x", steps=("[:, :40]", ".view(-1)")),
    ],
)
def test_the_walk_shows_the_step_that_is_odd(state):
    """The first step that differs from the one before it in the walk over a tensor that cannot be viewed."""
    failed = shown(state)["steps"][-1]
    cells = torch.arange(2000).as_strided(failed["shape"], failed["stride"], failed["offset"]).flatten()
    steps = cells[1:] - cells[:-1]
    first = int((steps != steps[0]).nonzero()[0]) + 1
    assert failed["wrap"] == first


@pytest.mark.parametrize(
    ("step", "kinds"),
    [
        (".size()", ["start", "fails"]),
        ("import os", ["start", "fails"]),
        (".view(", ["start", "fails"]),
        (".nope()", ["start", "fails"]),
        (".to_sparse()", ["start", "copy"]),
    ],
)
def test_a_step_that_gives_no_tensor_says_so_and_the_chain_before_it_stays(step, kinds):
    told = shown(WorkbenchState(steps=(step, ".t()")))["steps"]
    assert [one["kind"] for one in told][:2] == kinds
    assert told[-1]["kind"] != "fails" or told[-1]["problem"]
    assert "Traceback" not in json.dumps(told)


@pytest.mark.parametrize("start", ["", "x = (", "print(1)", "x = torch.zeros(2) + torch.zeros(3)", "a = 1\nimport os"])
def test_a_start_without_tensors_is_answered_in_words(start):
    page = started(WorkbenchState(start=start, tensor=None, steps=()))
    assert say("workbench.no_start") in [text.value for text in page.text]


def test_a_typed_expression_and_a_run_of_the_page_can_be_started_from():
    assert shown(WorkbenchState(start="torch.arange(4.)", tensor=None, steps=()))["code"] == "x = torch.arange(4.)"
    page = started(WorkbenchState())
    next(button for button in page.button if button.label == say("workbench.from_tensors")).click().run()
    assert kept(page)["workbench.state"].start == kept(page)["tensors.state"].code
    assert kept(page)["workbench.state"].tensor == "points_t_cont"
    kept(page)["graph.state"] = GraphState(code="w = torch.ones(3)", gradient="not a number")
    next(button for button in page.button if button.label == say("workbench.from_graph")).click().run()
    assert not page.exception
    assert kept(page)["workbench.state"].tensor == "w"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_path_to_the_failing_view_and_out_of_it_by_hand(open_page, language):
    """What a learner does: see why it fails, take the way out, go back and forth, type, slide, send it to the graph."""
    page = open_page(
        "tensors", locale="ko-KR" if language == "ko" else "en-US", viewport={"width": 1100, "height": 1400}
    )
    said = lambda key, **values: say(key, language, **values)  # noqa: E731
    page.get_by_text(said("tensors.section.workbench"), exact=True).click()
    page.locator(".link.fails").wait_for()
    assert page.url.endswith("section=workbench") or "section=workbench&" in page.url
    assert page.locator(".hop").all_inner_texts() == ["+2", "+2", "−3", "+2", "+2"]
    assert page.locator(".hop.odd").all_inner_texts() == ["−3"]
    assert "1  ≠" in page.locator(".pair code").inner_text()
    page.locator(".remedy", has_text=".contiguous()").click()
    page.locator(".link", has_text=".contiguous()").wait_for()
    assert page.locator(".link .kind").all_inner_texts()[-1].endswith(said("workbench.kind.view"))
    assert page.locator(".layout td:last-child").all_inner_texts()[:3] == ["(6,)", "(1,)", "0"]
    assert page.locator(".cell.lit .value").all_inner_texts() == ["4", "5", "2", "1", "3", "1"]
    page.get_by_role("button", name=said("workbench.back")).click()
    page.get_by_role("button", name=said("workbench.back")).click()
    assert page.locator(".link[aria-current='step'] code").inner_text() == ".t()"
    assert page.locator(".layout .changed").all_inner_texts()[:2] == ["(2, 3)", "(1, 2)"]
    page.locator(".choice", has_text="[:, 0]").hover()
    assert "(2,)" in page.locator(".next > .foreseen").inner_text()
    page.locator("input.typed").fill(".flip(0)")
    page.locator("input.typed").press("Enter")
    page.locator(".link", has_text=".flip(0)").wait_for()
    assert page.locator(".link code").all_inner_texts() == ["points", ".t()", ".flip(0)"]
    assert page.locator("input.typed").evaluate("(box) => box.getRootNode().activeElement === box")
    page.get_by_role("button", name=said("workbench.cut")).click()
    page.locator(".link", has_text=".flip(0)").wait_for(state="detached")
    page.get_by_text(said("workbench.sliders")).click()
    slider = page.locator(".slider", has_text="stride[1]").locator("input")
    slider.fill("1")
    assert page.locator(".sliders code", has_text=".as_strided((2, 3), (1, 1), 0)").count() == 1
    assert page.locator(".cell.lit .at").all_inner_texts() == ["0", "1", "2", "3"]
    slider.fill("12")
    assert page.locator(".sliders .tool", has_text=said("workbench.add.button")).is_disabled()
    slider.fill("1")
    page.locator(".sliders .tool", has_text=said("workbench.add.button")).click()
    page.locator(".link", has_text="as_strided").wait_for()
    page.get_by_role("button", name=said("workbench.send")).click()
    page.locator(".st-key-source").wait_for()
    settled(page)
    assert ".as_strided(" in page.get_by_role("textbox", name=said("editor.label")).input_value()
