"""Inputs that need no gradient: which are drawn, where, and what is said of them."""

from __future__ import annotations

import torch

from explorer.graph.picture import FEW_BOXES, Picture, compose
from explorer.ir import Box, Run
from tests.samples import run

FROZEN = """model = nn.Linear(2, 1)
model.weight.requires_grad_(False)
x = torch.ones(3, 2)
scale = torch.tensor(2.5)
loss = (model(x) * scale).sum()"""


def picture(captured: Run, **choices: frozenset[str]) -> Picture:
    return compose(captured.graph, captured.ops, captured.tensors, **choices)


def inputs(drawn: Picture) -> dict[str, Box]:
    return {box.title: box for box in drawn.boxes if box.kind == "input"}


def test_data_and_frozen_parameters_are_drawn_with_what_they_are() -> None:
    captured = run(FROZEN)
    drawn = picture(captured)
    found = inputs(drawn)
    assert {title: box.subtitle for title, box in found.items()} == {
        "x": "(3, 2)", "weight": "frozen · (1, 2)", "scale": "2.5",
    }  # fmt: skip
    assert len({box.id for box in drawn.boxes}) == len(drawn.boxes)
    for box in found.values():
        assert (box.node, box.input) != (None, None)
        name = captured.ops[captured.graph.nodes[box.node or 0].op or 0].input_names[box.input or 0]
        assert str(name).endswith(box.title)


def test_they_are_what_torch_leaves_out_of_the_graph() -> None:
    captured = run(FROZEN)
    weight, bias = torch.ones(1, 2), torch.ones(1, requires_grad=True)
    node = torch.nn.functional.linear(torch.ones(3, 2), weight, bias).grad_fn
    led_to = [function is not None for function, _ in node.next_functions]
    assert led_to == [True, False, False]  # bias, x, weight
    drawn = picture(captured)
    linear = next(index for index, box in enumerate(drawn.boxes) if box.subtitle == node.name())
    sources = [drawn.boxes[wire.source] for wire in drawn.wires if wire.target == linear]
    assert sorted((box.title, box.kind) for box in sources) == [("bias", "leaf"), ("weight", "input"), ("x", "input")]
    assert all(not wire.edges for wire in drawn.wires if drawn.boxes[wire.source].kind == "input")


def test_a_parameter_lies_in_its_module_and_data_outside_of_it() -> None:
    captured = run(FROZEN)
    drawn = picture(captured)
    homes = {box.title: home for box, home in zip(drawn.boxes, drawn.homes, strict=True)}
    assert homes["weight"] is not None
    assert homes["x"] is None
    folded = inputs(picture(captured, open_modules=frozenset()))
    assert set(folded) == {"x", "scale"}


def test_a_number_that_was_written_since_is_not_shown() -> None:
    found = inputs(
        picture(
            run("w = torch.tensor(1.0, requires_grad=True)\ns = torch.tensor(2.0)\ny = w + s\ns.add_(1)\ny.backward()")
        )
    )
    assert found["s"].subtitle == "()"


def test_an_input_that_needs_its_gradient_is_a_leaf() -> None:
    assert not inputs(
        picture(run("x = torch.tensor(2.0, requires_grad=True)\ny = torch.tensor(3.0, requires_grad=True)\nx * y"))
    )


def test_a_large_drawing_leaves_them_out() -> None:
    few, many = (
        run(
            f"w = torch.tensor(1.0, requires_grad=True)\ns = torch.tensor(1.0)\nfor i in range({steps}):\n    w = w * s\nw"
        )
        for steps in (5, FEW_BOXES + 1)
    )
    assert len([box for box in picture(few).boxes if box.kind == "input"]) == 5
    assert not inputs(picture(many))
