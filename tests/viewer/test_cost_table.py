"""Rows of the Memory and the Time tab against the records that they come from."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from samples import run

from explorer.ir import Memory, Run, Saving, Times, Weight
from explorer.viewer.cost_table import MOST_ROWS, MOST_SAVINGS, memory_tables, seconds_text, time_tables

CODE = "model = nn.Sequential(nn.Linear(3, 2), nn.Tanh())\nloss = model(torch.ones(4, 3)).sum()\nloss.backward()"


@pytest.fixture(scope="module")
def captured() -> Run:
    return run(CODE)


def test_modules_that_keep_most_come_first_below_the_whole_run(captured: Run) -> None:
    memory = Memory(
        run=Weight(path="", saved=4000, own=3000, parameters=32),
        modules=(Weight(path="model.0", saved=1000), Weight(path="model", saved=4000, own=3000)),
    )
    (table,) = memory_tables(replace(captured, memory=memory), "en")
    assert [row["name"] for row in table["rows"]] == ["the whole run", "model", "model.0"]
    assert [row["cells"][0]["text"] for row in table["rows"]] == ["4 kB", "4 kB", "1 kB"]
    assert [row["cells"][0]["bar"] for row in table["rows"]] == [1, 1, 0.25]
    assert table["rows"][0]["select"] is None
    assert table["rows"][2]["select"] == {"module": "model.0"}


def test_savings_are_the_largest_and_lead_to_leaf_or_module(captured: Run) -> None:
    leaf = next(tensor for tensor in captured.tensors if tensor.name == "model.0.weight")
    many = tuple(Saving(name=f"p{at}", nbytes=at) for at in range(1, 40))
    memory = Memory(
        freezing=(*many, Saving(name="model.0.weight", nbytes=500, nodes=3), Saving(name="useless", nbytes=0)),
        checkpointing=(Saving(name="model", nbytes=96, exact=False),),
    )
    _, freezing, checkpointing = memory_tables(replace(captured, memory=memory), "en")
    assert len(freezing["rows"]) == MOST_SAVINGS
    assert freezing["more"] == f"and {40 - MOST_SAVINGS} more"
    assert freezing["rows"][0]["select"] == {"node": leaf.grad_fn, "tensor": "model.0.weight"}
    assert [cell["text"] for cell in freezing["rows"][0]["cells"]] == ["500 B", "3"]
    assert checkpointing["rows"][0]["cells"][0]["text"] == "at least 96 B"
    assert checkpointing["rows"][0]["select"] == {"module": "model"}


def test_the_slowest_nodes_come_first_and_a_call_counts_once(captured: Run) -> None:
    forward = tuple(0.001 * (at + 1) for at in range(len(captured.ops)))
    backward = tuple(None if node.kind == "leaf" else 0.002 for node in captured.graph.nodes)
    (table,) = time_tables(replace(captured, times=Times(forward=forward, backward=backward)), "en")
    ran = [node for node in captured.graph.nodes if node.kind != "leaf"]
    assert {row["select"]["node"] for row in table["rows"]} == {node.id for node in ran}
    by_node = {op.grad_fn: forward[op.index] for op in captured.ops if op.grad_fn is not None}
    expected = sorted(ran, key=lambda node: -by_node.get(node.id, 0))
    assert table["rows"][0]["select"]["node"] == expected[0].id
    told = [row["cells"][2]["text"] for row in table["rows"] if row["cells"][2]["text"] != "–"]
    assert sorted(told) == sorted(
        seconds_text(seconds) for node, seconds in by_node.items() if node in {n.id for n in ran}
    )


def test_what_was_not_measured_makes_no_table(captured: Run) -> None:
    bare = replace(captured, memory=None, times=None)
    assert memory_tables(bare, "en") == time_tables(bare, "en") == []
    assert time_tables(replace(bare, times=Times()), "en") == []


def test_many_nodes_are_cut_and_counted() -> None:
    captured = run("x = torch.tensor(1.0, requires_grad=True)\nfor i in range(100):\n    x = x * 1.01\nx.backward()")
    times = Times(backward=tuple(0.001 for _ in captured.graph.nodes))
    (table,) = time_tables(replace(captured, times=times), "ko")
    assert len(table["rows"]) == MOST_ROWS
    assert str(len(captured.graph.nodes) - MOST_ROWS) in table["more"]


@pytest.mark.parametrize(("seconds", "text"), [(1.25e-6, "1.25 µs"), (0.0123, "12.3 ms"), (2.5, "2.5 s")])
def test_durations_read_well(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
