"""What the inspector says, against torch's own numbers."""

from __future__ import annotations

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from samples import run

from explorer.ir import Run
from explorer.viewer.details import Details
from explorer.viewer.evidence import Facts
from explorer.viewer.statistics import rounded

CODE = """
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w = torch.tensor(2.0, requires_grad=True)
y = x * w
loss = (y ** 2).sum()
loss.backward()
"""


@pytest.fixture(scope="module")
def captured() -> Run:
    return run(CODE)


def facts(captured: Run, name: str) -> Facts:
    node = next(node for node in captured.graph.nodes if name in (node.name, node.variable))
    return Details(captured).node(node)


def test_gradients_are_those_of_torch(captured: Run) -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    w = torch.tensor(2.0, requires_grad=True)
    y = x * w
    loss = (y**2).sum()
    into_y, into_x, into_w = torch.autograd.grad(loss, [y, x, w])
    multiplication = facts(captured, "MulBackward0")
    assert multiplication["incoming"][0]["value"] == into_y.tolist()
    assert multiplication["incoming"][0]["stats"]["norm"] == pytest.approx(into_y.norm().item())
    assert multiplication["incoming"][0]["stats"]["min"] == into_y.min().item()
    sent = {edge["to"]: edge for edge in multiplication["outgoing"]}
    assert sent["x"]["value"] == into_x.tolist()
    assert sent["w"]["value"] == into_w.item()
    assert facts(captured, "x")["tensors"][0]["grad"] == into_x.tolist()


def test_the_call_its_line_and_its_tensors_are_told(captured: Run) -> None:
    multiplication = facts(captured, "MulBackward0")
    assert multiplication["text"] == "x * w"
    assert multiplication["line"] == 4
    assert multiplication["source"] == "y = x * w"
    assert [(tensor["name"], tensor["shape"]) for tensor in multiplication["inputs"]] == [("x", "(3,)"), ("w", "()")]
    assert (
        multiplication["outputs"][0]
        | {"name": "y", "shape": "(3,)", "stride": "(1,)", "dtype": "float32", "device": "cpu"}
        == (multiplication["outputs"][0])
    )


def test_saved_tensors_carry_name_numbers_and_the_tensor_whose_memory_they_are(captured: Run) -> None:
    saved = {saved["name"]: saved for saved in facts(captured, "MulBackward0")["saved"]}
    assert saved["self"]["value"] == [1.0, 2.0, 3.0]
    assert saved["self"]["alias"] == "x"
    assert saved["self"]["bytes"] == 12
    assert saved["other"]["value"] == 2.0


def test_zeros_are_told_and_only_what_is_unknown_is_left_out() -> None:
    captured = run("x = torch.zeros(2, requires_grad=True)\n(x * 0).sum().backward()")
    told = facts(captured, "MulBackward0")
    assert told["incoming"][0]["stats"]["norm"] == 1.41421356
    assert told["outgoing"][0]["value"] == [0.0, 0.0]
    assert told["outgoing"][0]["stats"] | {"norm": 0, "min": 0, "max": 0} == told["outgoing"][0]["stats"]


def test_a_module_counts_shared_memory_once_and_all_its_parameters() -> None:
    captured = run("m = nn.Linear(3, 2)\nx = torch.ones(4, 3)\nh = m(x)\n(h.exp() * h.exp()).sum().backward()")
    everything = Details(captured).module("m", range(len(captured.graph.nodes)))
    weights = [node for node in captured.graph.nodes if node.kind == "leaf"]
    assert everything["parameters"] == 3 * 2 + 2
    assert everything["nodes"] == len(captured.graph.nodes)
    assert len(weights) == 2
    places = {
        saved.tensor.storage_id: saved.tensor.storage_nbytes
        for node in captured.graph.nodes
        for saved in node.saved
        if saved.tensor
    }
    every_one = sum(saved.nbytes for node in captured.graph.nodes for saved in node.saved)
    assert everything["saved_bytes"] == sum(places.values()) < every_one


def test_a_norm_that_is_not_a_number_is_the_largest() -> None:
    captured = run("x = torch.tensor([1.0, float('nan')], requires_grad=True)\n(x * x).sum().backward()")
    assert Details(captured).module("", range(len(captured.graph.nodes)))["largest_norm"] == "NaN"


@given(
    st.recursive(st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers() | st.just("NaN"), st.lists)
)
def test_rounding_keeps_every_float32(value: object) -> None:
    def same(one: object, other: object) -> bool:
        if isinstance(one, list):
            return len(one) == len(other) and all(map(same, one, other))
        if isinstance(one, float):
            return torch.tensor(one).item() == torch.tensor(other).item() and math.isfinite(other)
        return one == other

    assert same(value, rounded(value))
    json.dumps(rounded(value), allow_nan=False)


def test_calls_are_counted_within_the_graph_and_told_only_where_there_are_several() -> None:
    loop = run(
        "model = nn.Sequential(nn.Linear(2, 1))\nfor epoch in range(3):\n"
        "    loss = model(torch.ones(1, 2)).sum()\n    loss.backward()"
    )
    made = next(node for node in loop.graph.nodes if node.name == "AddmmBackward0")
    assert made.call == 2
    assert "call" not in Details(loop).node(made)
    twice = run("model = nn.Linear(2, 2)\ny = model(torch.sin(model(torch.ones(1, 2)))).sum()")
    facts = [Details(twice).node(node) for node in twice.graph.nodes if node.name == "AddmmBackward0"]
    assert sorted((fact["call"], fact["calls"]) for fact in facts) == [(1, 2), (2, 2)]
