"""The workbench's state: what program it is, and what it starts from."""

import pytest

from explorer.app.workbench import LONGEST_STEP, MOST_STEPS, WorkbenchState, settle, startable
from explorer.ir import Run, Tensor


def run_with(*tensors):
    return Run(status="ok", tensors=tuple(Tensor(storage_id=0, storage_nbytes=8, **one) for one in tensors))


def test_the_program_has_a_line_for_each_step_and_the_notes_names():
    state = WorkbenchState(start="points = torch.zeros(2)\n", tensor="points", steps=(".t()", "[0]", "torch.cos(x2)"))
    assert state.code().split("\n")[1:] == ["x1 = points.t()", "x2 = x1[0]", "x3 = torch.cos(x2)"]
    assert state.code(1).split("\n") == ["points = torch.zeros(2)", "x1 = points.t()"]
    assert [state.code().split("\n")[state.line_of(at) - 1] for at in range(3)] == state.lines()
    assert state.request(0).code == "points = torch.zeros(2)"


def test_names_do_not_meet_those_of_the_start():
    assert WorkbenchState(start="x1 = 1\ny2 = torch.zeros(2)", tensor="y2", steps=(".t()",)).lines() == ["z1 = y2.t()"]


def test_steps_are_one_line_each_none_empty_none_without_end():
    state = WorkbenchState().with_steps([" .view(\n6) ", "", "  ", "x" * 999, *[".t()"] * 99])
    assert state.steps[0] == ".view( 6)"
    assert len(state.steps[1]) == LONGEST_STEP
    assert len(state.steps) <= MOST_STEPS
    assert all(step and "\n" not in step for step in state.steps)


def test_the_chain_starts_from_the_tensor_that_was_bound_last():
    run = run_with({"name": "a", "line": 3}, {"name": "b", "line": 1}, {"name": "h (2)", "line": 9}, {"name": "m.w"})
    assert startable(run) == ("a", "b", "m.w")
    assert settle(WorkbenchState(start="?", tensor=None), run).tensor == "a"
    assert settle(WorkbenchState(start="?", tensor="b"), run).tensor == "b"


def test_a_bare_expression_gets_a_name():
    run = run_with({"name": "torch.zeros(2)", "origin": "result"})
    settled = settle(WorkbenchState(start=" torch.zeros(2) ", tensor=None, steps=()), run)
    assert (settled.code(), settled.tensor) == ("x = torch.zeros(2)", "x")


@pytest.mark.parametrize("run", [Run(status="error"), run_with({"name": "f(\n)", "origin": "result"})])
def test_without_a_tensor_there_is_no_chain(run):
    assert settle(WorkbenchState(start="a\nb", tensor=None), run) is None
