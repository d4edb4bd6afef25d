"""The record of the Graph page: what it asks for, and what is derived from a run for the screen."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from explorer.app.drawing import MOST_REPEATS, commanded
from explorer.app.numbers import NumberError
from explorer.app.remarks import marks, remarks
from explorer.app.sliders import reach
from explorer.app.state import GraphState, fingerprint
from explorer.ir import Graph, Input, Run, RunRequest, Sentence, encode


def test_the_state_survives_being_written_and_read():
    state = GraphState(code="x * 2", inputs=(Input(name="x", value=[1.0, 2.0]),), shape=(3, 8, 8), selected=4)
    assert msgspec.json.decode(encode(state), type=GraphState) == state


def test_the_state_says_what_to_run():
    state = GraphState(code="x * 2", gradient="[1, 0]", result="y", backward=2, seed=7)
    asked = RunRequest(code="x * 2", inputs_may_miss=True, gradient=[1.0, 0.0], result="y", backward=2, seed=7)
    assert state.request() == asked
    assert GraphState(gradient="  ").request().gradient is None


def test_a_gradient_that_is_no_number_is_said_before_anything_runs():
    with pytest.raises(NumberError):
        GraphState(gradient="two").request()


def test_what_only_concerns_the_picture_asks_for_no_new_run():
    before = fingerprint(GraphState(code="x").request())
    assert fingerprint(GraphState(code="x", selected=3, open_modules=("a",), draft="xy").request()) == before
    assert fingerprint(GraphState(code="y").request()) != before


@given(st.floats(min_value=-1e12, max_value=1e12))
def test_a_slider_reaches_its_value(value):
    end = reach(value)
    assert end >= max(5.0, abs(value))
    assert end == 5.0 or end / 5 < abs(value)
    assert reach(end) == end


def test_a_failure_is_said_first_with_its_line():
    run = Run(status="error", message="x is missing", line=3, code="x", notes=(Sentence(key="remark.note"),))
    first, second = remarks(run, "en")
    assert (first.kind, first.title, first.text) == ("error", "Error, line 3", "x is missing")
    assert (second.kind, second.text) == ("note", "Note")
    assert remarks(run, "ko")[0].title == "오류, 3번째 줄"
    assert marks(run, "x", "en") == {3: "x is missing"}
    assert marks(run, "other code", "en") == {}


def test_a_run_with_nothing_to_say_says_nothing():
    assert remarks(Run(status="ok"), "en") == ()
    assert marks(None, "x", "en") == {}


def test_what_is_asked_of_one_run_goes_with_that_run():
    state = GraphState(code="x * 2").asking(check=3).asking(verify="always")
    assert state.request() == replace(GraphState(code="x * 2").request(), check=3, verify="always")
    assert replace(state, selected=1).request() == state.request()
    moved = replace(state, inputs=(Input(name="x", value=2.0),))
    assert moved.request() == replace(GraphState(code="x * 2").request(), inputs=moved.inputs)
    again = moved.asking(repeats=5).request()
    assert (again.check, again.repeats, again.verify) == (None, 5, "auto")
    assert replace(moved, inputs=()).request() == state.request()


def test_nothing_more_is_asked_of_a_run_that_cannot_be():
    state = GraphState(gradient="two")
    assert state.asking(check=1) == state


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        ("check:4", {"check": 4}),
        ("repeats:5", {"repeats": 5}),
        ("repeats:999999", {"repeats": MOST_REPEATS}),
        ("verify", {"verify": "always"}),
        ("check:-1", {}),
        ("check:x", {}),
        ("check", {}),
        ("repeats:1e9", {}),
    ],
)
def test_the_viewer_s_buttons_ask_for_more_of_the_run(command, asked):
    state = GraphState(code="x")
    assert commanded(state, Graph(), command).request() == replace(state.request(), **asked)
