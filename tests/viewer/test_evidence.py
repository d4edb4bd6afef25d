"""What the inspector is told of time, memory, layers and marks, against records made by hand and against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from msgspec.structs import replace
from samples import run

from explorer.ir import Memory, Node, Op, Operator, Run, Saving, Times, View, Weight
from explorer.viewer.details import Details
from explorer.viewer.evidence import HIGHER, HOOKS, MISSING, RETAINS, SEGMENT, Evidence, Facts
from explorer.viewer.statistics import bars, statistics

CODE = """
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w = torch.tensor(2.0, requires_grad=True)
y = x * w
loss = (y ** 2 + y.exp()).sum()
loss.backward()
"""


@pytest.fixture(scope="module")
def captured() -> Run:
    return run(CODE)


def node(captured: Run, name: str) -> Node:
    return next(node for node in captured.graph.nodes if name in (node.name, node.variable))


def facts(captured: Run, name: str) -> Facts:
    return Details(captured).node(node(captured, name))


def with_node(captured: Run, name: str, **fields: Any) -> Run:
    """`captured` with other fields in one node."""
    nodes = [replace(each, **fields) if each.name == name else each for each in captured.graph.nodes]
    return replace(captured, graph=replace(captured.graph, nodes=tuple(nodes)))


def test_at_a_fan_in_each_use_is_told_and_their_sum_is_what_came_in(captured: Run) -> None:
    y = torch.tensor([2.0, 4.0, 6.0], requires_grad=True)
    by_power, by_exponential = (torch.autograd.grad(part.sum(), y)[0] for part in (y**2, y.exp()))
    told = facts(captured, "MulBackward0")
    sent = {each["from"]: torch.tensor(each["value"]) for each in told["contributions"]}
    assert torch.allclose(sent["y ** 2"], by_power)
    assert torch.allclose(sent["y.exp()"], by_exponential)
    assert torch.allclose(sum(sent.values()), torch.tensor(told["incoming"][0]["value"]))
    assert "contributions" not in facts(captured, "PowBackward0")


def test_uses_by_several_calls_of_a_module_say_which_call() -> None:
    captured = run("m = nn.Linear(2, 2)\nm(m(torch.ones(1, 2))).sum().backward()")
    told = facts(captured, "m.weight")["contributions"]
    assert [(each["from"], each["call"], each["calls"]) for each in told] == [
        ("m · TBackward0", 2, 2),
        ("m · TBackward0", 1, 2),
    ]


def test_many_uses_are_counted_and_some_are_listed() -> None:
    captured = run("w = torch.tensor(1.5, requires_grad=True)\nh = w\nfor i in range(20):\n    h = h * w\nh.backward()")
    told = facts(captured, "w")
    uses = sum(edge.target == node(captured, "w").id for edge in captured.graph.edges)
    assert len(told["contributions"]) + told["contributions_more"] == uses == 21


def test_of_a_call_that_takes_many_tensors_some_are_listed() -> None:
    captured = run(
        "w = torch.ones(2, requires_grad=True)\ns = torch.stack([torch.ones(2), *[w * i for i in range(90)]])"
    )
    told = facts(captured, "StackBackward0")
    assert len(told["outgoing"]) + told["more"]["outgoing"] == 90
    assert told["empty_slots"] == [0]


def test_a_saved_tensor_tells_who_else_holds_its_storage(captured: Run) -> None:
    power = {each["name"]: each for each in facts(captured, "PowBackward0")["saved"]}["self"]
    assert (power["alias"], power["holder"]) == ("y", node(captured, "MulBackward0").id)
    product = {each["name"]: each for each in facts(captured, "MulBackward0")["saved"]}
    assert product["self"]["holder"] == node(captured, "x").id
    assert product["other"]["holder"] == node(captured, "w").id


def test_other_nodes_that_saved_the_same_memory_are_named() -> None:
    captured = run("x = torch.ones(3, requires_grad=True)\ny = x * 2\n((y ** 2).sum() + (y ** 3).sum()).backward()")
    square, cube = (each for each in captured.graph.nodes if each.name == "PowBackward0")
    for one, other in ((square, cube), (cube, square)):
        saved = next(each for each in Details(captured).node(one)["saved"] if each["name"] == "self")
        assert [each["node"] for each in saved["shared"]] == [other.id]


def test_bytes_that_a_node_keeps_alone_leave_out_leaves_and_what_others_keep(captured: Run) -> None:
    exponential = next(saved for saved in node(captured, "ExpBackward0").saved if saved.tensor)
    assert facts(captured, "ExpBackward0")["memory"] == {"saved": exponential.nbytes, "own": exponential.nbytes}
    assert facts(captured, "MulBackward0")["memory"] == {"saved": 12 + 4, "own": 0}


def test_times_are_those_of_the_call_and_of_the_node(captured: Run) -> None:
    forward = tuple(0.001 * (at + 1) for at in range(len(captured.ops)))
    backward = tuple(None if each.kind == "leaf" else 0.01 * (each.id + 1) for each in captured.graph.nodes)
    timed = replace(captured, times=Times(forward=forward, backward=backward, repeats=5))
    product = node(timed, "MulBackward0")
    assert facts(timed, "MulBackward0")["time"] == {
        "forward": pytest.approx(forward[product.op]),
        "backward": pytest.approx(backward[product.id]),
    }
    whole = Details(timed).module("", range(len(timed.graph.nodes)))["time"]
    made = {each.op for each in timed.graph.nodes if each.op is not None}
    assert whole["forward"] == pytest.approx(sum(forward[op] for op in made), rel=1e-3)
    assert whole["backward"] == pytest.approx(sum(filter(None, backward)), rel=1e-3)
    told = Evidence(timed).header()["times"]
    assert (told["repeats"], told["forward"]) == (5, pytest.approx(sum(forward), rel=1e-3))


def test_a_node_names_the_operators_that_it_was_made_of(captured: Run) -> None:
    operators = (Operator(name="aten::a"), Operator(name="aten::mul.Tensor", kernel="CPU"), Operator(name="aten::c"))
    ops = tuple(
        replace(op, operators=(1,) if op.grad_fn == node(captured, "MulBackward0").id else (0, 7))
        for op in captured.ops
    )
    details = Details(replace(captured, operators=operators, ops=ops))
    sent = details.evidence.header()["operators"]
    for name, told in (("MulBackward0", "aten::mul.Tensor"), ("ExpBackward0", "aten::a")):
        assert [sent[at].name for at in details.node(node(captured, name))["operators"]] == [told]


def test_a_module_tells_what_would_be_saved() -> None:
    captured = run("model = nn.Sequential(nn.Linear(3, 2), nn.Tanh())\nmodel(torch.ones(4, 3)).sum().backward()")
    memory = Memory(
        modules=(Weight(path="model", saved=80, own=32),),
        freezing=(Saving(name="model.0.weight", nbytes=48, nodes=2), Saving(name="modelling.w", nbytes=99)),
        checkpointing=(Saving(name="model", nbytes=32, exact=False), Saving(name="model.0", nbytes=8)),
    )
    told = Details(replace(captured, memory=memory)).module("model", range(len(captured.graph.nodes)))
    assert told["own_bytes"] == 32
    assert [(each["name"], each["bytes"]) for each in told["freezing"]] == [("model.0.weight", 48)]
    assert told["checkpointing"] == {"name": "model", "bytes": 32, "nodes": 0, "exact": False}


def test_marks_of_a_node_are_told_and_shown(captured: Run) -> None:
    marked = with_node(captured, "MulBackward0", hooks=("tensor hook: clip",), retains_grad=True, order=2, segment=0)
    told = facts(marked, "MulBackward0")
    assert (told["hooks"], told["retains"], told["order"], told["segment"]) == (["tensor hook: clip"], True, 2, 0)
    evidence = Evidence(marked)
    product = node(marked, "MulBackward0")
    assert evidence.mark(product.id) == HOOKS | RETAINS | HIGHER | SEGMENT
    assert evidence.marks([product.id]) == 0
    plain = facts(captured, "MulBackward0")
    assert not {"hooks", "retains", "order", "segment", "views"} & plain.keys()
    assert not any(Evidence(captured).mark(each.id) for each in captured.graph.nodes)


def test_a_missing_saved_tensor_marks_its_node_and_the_module_around_it(captured: Run) -> None:
    freed = tuple(replace(saved, tensor=None, error="freed") for saved in node(captured, "MulBackward0").saved)
    marked = with_node(captured, "MulBackward0", saved=freed)
    assert Evidence(marked).mark(node(marked, "MulBackward0").id) == MISSING
    assert Evidence(marked).marks(range(len(marked.graph.nodes))) == MISSING
    assert Details(marked).module("", range(len(marked.graph.nodes)))["missing"] == len(freed)


def test_views_and_versions_come_with_their_call() -> None:
    captured = run("x = torch.ones(2, 3, requires_grad=True)\ny = x * 1\ny.add_(2)\ny.t().sum().backward()")
    ops = tuple(
        replace(op, views=(View(output=0, shape=(2, 3), input=0),))
        if op.name == "t"
        else replace(op, versions_after=(1,))
        if op.name == "add_"
        else op
        for op in captured.ops
    )
    told = replace(captured, ops=ops)
    view = facts(told, "TBackward0")["views"][0]
    assert view == {"output": 0, "shape": "(2, 3)", "name": "y", "input": 0}
    changed = next(Details(told).node(each) for each in told.graph.nodes if each.name == "AddBackward0")["inputs"][0]
    assert (changed["version"], changed["version_after"]) == (0, 1)


def test_gradient_times_input_is_sent(captured: Run) -> None:
    gradient = node(captured, "MulBackward0").incoming[0]
    told = facts(with_node(captured, "MulBackward0", gradient_x_input=gradient), "MulBackward0")
    assert told["gradient_x_input"]["value"] == told["incoming"][0]["value"]


def test_a_histogram_is_a_character_a_bin() -> None:
    assert bars((0, 1, 70, 35)) == "01zi"
    assert bars(()) == bars((0, 0)) == ""
    assert all(int(level, 36) > 0 for level in bars((1, 10**9))), "a bin that is not empty shows"


def test_statistics_leave_out_what_is_not_there() -> None:
    stats = next(edge.gradient.stats for edge in run(CODE).graph.edges if edge.gradient)
    told = statistics(replace(stats, zeros=0, nans=2, histogram=(1, 2), counted=3))
    assert (told["nans"], told["bars"], told["counted"]) == (2, "iz", 3)
    assert "zeros" not in told


def test_an_op_that_no_record_numbers_breaks_nothing() -> None:
    lone = Node(id=0, name="AddBackward0", kind="operation", op=0)
    captured = Run(status="ok", ops=(Op(index=0, name="add", text="a + b"),), times=Times())
    told = Details(replace(captured, graph=replace(captured.graph, nodes=(lone,)))).node(lone)
    assert not {"memory", "time"} & told.keys()
