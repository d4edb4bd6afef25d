"""The time line of writes on real runs: versions, who changed, and what backward would refuse, against torch."""

import json
import re
import warnings

import pytest
import torch
from browsing import ROOT, settled
from streamlit.testing.v1 import AppTest

from explorer.app.tensors import EXAMPLES, TensorsState
from explorer.ir import RunRequest
from explorer.runner import shared_engine
from explorer.strides.history import histories
from explorer.viewer.versions import COMPARED
from explorer.words import say
from tests.pages.app_test import kept, mounted

PAGE = str(ROOT / "pages" / "tensors.py")
POINTS = "points = torch.tensor([[4., 1.], [5., 3.], [2., 1.]])\n"


def events(code, kind="write"):
    """Each write of a run as (line, name, before, after, counted, changed)."""
    run = shared_engine().run(RunRequest(code=code, verify="never"))
    return [event for history in histories(run) for event in history.events if event.kind == kind]


def by_hand(code):
    """Version of every tensor after each line, by torch."""
    variables, after = {"torch": torch}, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # storage() is deprecated
        for line in code.split("\n"):
            exec(line, variables)  # a text of this file
            after.append({name: one._version for name, one in variables.items() if isinstance(one, torch.Tensor)})
    return after


@pytest.mark.parametrize(
    ("code", "line", "versions", "changed"),
    [
        (POINTS + "second_point = points[1]\nsecond_point[0] = 10.", 3, (0, 1), ("points", "second_point")),
        (POINTS + "second_point = points[1].clone()\nsecond_point[0] = 10.", 3, (0, 1), ("second_point",)),
        (POINTS + "first = points[0]\npoints[1][0] = 10.", 3, (0, 1), ("points",)),
        (
            POINTS + "points_t = points.t()\ncolumn = points[:, 1]\npoints[:, 0].zero_()",
            4,
            (0, 1),
            ("points", "points_t"),
        ),
        ("a = torch.ones(3, 2)\na.zero_()", 2, (0, 1), ("a",)),
        ("q = torch.empty(5)\nq.fill_(3.0)\nq += 1", 3, (1, 2), ("q",)),
        ("x = torch.zeros(9000)\ny = x[:10]\nz = x[5000:]\nz.add_(1)", 4, (0, 1), ("x", "z")),
    ],
)
def test_a_write_has_its_line_its_versions_and_all_that_changed(code, line, versions, changed):
    event = events(code)[-1]
    assert (event.line, (event.before, event.after), event.changed) == (line, versions, changed)
    assert event.counted
    hand = by_hand(code)
    assert all((hand[line - 2][name], hand[line - 1][name]) == versions for name in changed)


@pytest.mark.parametrize(
    "write",
    ["points.storage()[0] = 2.0", "points.data[0] = 2.0", "points.data.zero_()", "same = points.data; same.mul_(2)"],
)
def test_a_write_that_autograd_does_not_count_is_told_from_one_that_it_does(write):
    code = f"{POINTS}points.add_(1)\n{write}\npoints.add_(1)"
    assert by_hand(code)[-1]["points"] == 2
    told = [event for event in events(code) if "points" in event.changed]
    assert [(event.line, event.counted) for event in told] == [(2, True), (3, False), (4, True)]


def test_a_write_through_storage_shows_in_the_values_of_the_notes():
    """Chapter 3.7: points_storage[0] = 2.0 changes points."""
    run = shared_engine().run(RunRequest(code=f"{POINTS}points_storage = points.storage()\npoints_storage[0] = 2.0"))
    assert run.tensors[0].value == [[2.0, 1.0], [5.0, 3.0], [2.0, 1.0]]


STALE = {
    "x = torch.ones(2, requires_grad=True)\ny = x.exp()\ny.add_(1)\nz = y.sum()": (3, "ExpBackward0", "result", 2),
    "x = torch.ones(2, requires_grad=True)\nw = torch.ones(2)\ny = x * w\nw.mul_(2)\nz = y.sum()": (
        4,
        "MulBackward0",
        "other",
        3,
    ),
    "w = torch.ones(2, requires_grad=True)\nx = torch.ones(2)\nv = x[:1]\ny = (x * w).sum()\nv.zero_()\nx.zero_()": (
        5,
        "MulBackward0",
        "self",
        4,
    ),
    "x = torch.ones(2, requires_grad=True)\ny = x.sigmoid()\ny[0] = 3.\nloss = y.sum()": (
        3,
        "SigmoidBackward0",
        "result",
        2,
    ),
}


@pytest.mark.parametrize("code", STALE)
def test_the_error_of_backward_is_named_on_the_line_that_causes_it(code):
    line, node, saved, at = STALE[code]
    blamed = [(event, one) for event in events(code) for one in event.stale]
    assert [(event.line, one.node_name, one.saved, one.line) for event, one in blamed] == [(line, node, saved, at)]
    variables = {"torch": torch}
    exec(code, variables)  # a text of this file
    result = next(
        one for one in reversed(variables.values()) if isinstance(one, torch.Tensor) and one.grad_fn is not None
    )
    with pytest.raises(RuntimeError, match="modified by an inplace operation") as raised:
        result.backward()
    now, expected = re.search(r"is at version (\d+); expected version (\d+)", str(raised.value)).groups()
    assert (blamed[0][1].now, blamed[0][1].expected) == (int(now), int(expected))
    assert blamed[0][1].said in str(raised.value)


@pytest.mark.parametrize(
    "code",
    [
        "x = torch.ones(2, requires_grad=True)\ny = x * 2\ny.add_(1)",
        "x = torch.ones(2, requires_grad=True)\ny = x.exp() + 1\ny.add_(1)",
    ],
)
def test_a_write_that_backward_does_not_mind_is_not_blamed(code):
    assert [event.stale for event in events(code)] == [()]


def test_what_autograd_saved_stands_in_the_line_of_its_storage():
    run = shared_engine().run(
        RunRequest(code="x = torch.ones(2, requires_grad=True)\nw = torch.ones(2)\ny = (x * w).exp()")
    )
    told = {event.name: event.line for history in histories(run) for event in history.events if event.kind == "saved"}
    assert told == {"MulBackward0._saved_other": 3, "ExpBackward0._saved_result": 3}


def page_of(code):
    page = AppTest.from_file(PAGE, default_timeout=60)
    kept(page)["tensors.state"] = TensorsState(section="versions", code=code, draft=code)
    page.run()
    assert not page.exception
    return mounted(page, "explorer_versions")


def test_clone_and_detach_are_compared_by_what_torch_does():
    rows = {row["name"]: row for row in page_of("x = (")["compared"]["rows"]}
    variables = {"torch": torch}
    exec(COMPARED, variables)  # the product's own text
    x = variables["x"]
    assert rows.keys() == {name for name in variables if name.startswith("x_")}
    for name, row in rows.items():
        one = variables[name]
        assert row["storage"] == (one.untyped_storage()._cdata == x.untyped_storage()._cdata)
        assert row["graph"] == (one.grad_fn is not None)
        assert row["counter"] == (one._version == x._version == 1)
        assert row["first"] == one[0].item()


@pytest.mark.parametrize(
    "code", ["", "x = 1 / 0", "import os", "print(1)", "x = torch.zeros(2)\nfor _ in range(200): x.add_(1)"]
)
def test_any_run_is_told_in_words(code):
    told = page_of(code)
    assert "Traceback" not in json.dumps(told)
    assert all(len(one["events"]) <= 61 for one in told["storages"])


def test_the_time_line_in_a_browser(open_page):
    page = open_page("tensors", locale="ko-KR")
    said = lambda key, **values: say(key, "ko", **values)  # noqa: E731
    page.get_by_text(said("tensors.section.versions"), exact=True).click()
    page.locator(".event.write").first.wait_for()
    field = page.get_by_role("textbox", name=said("editor.label"))
    field.fill(EXAMPLES["stale"])
    field.press("Control+Enter")
    page.locator(".event.bad").wait_for()
    settled(page)
    bad = page.locator(".event.bad")
    assert bad.locator(".version").inner_text() == "0 → 1"
    assert said("versions.stale", node_name="ExpBackward0") in bad.inner_text()
    bad.locator("button").click()
    assert page.locator(".row.selected").inner_text() == "z.add_(1)"
    assert page.locator(".compared td.yes").count() == 4
    page.go_back()
    page.locator(".cell").first.wait_for()
    page.go_forward()
    page.locator(".event").first.wait_for()
