"""What a leaf is called that no variable holds at the end: as the code calls it, wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
import torch
from samples import run

from explorer.capture import variables
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Run
from explorer.viewer import scene
from explorer.viewer.details import Details
from tests.viewer.test_scene import read

HELD = """
class Held:
    def __init__(self):
        self.w = torch.tensor([1.0, 2.0], requires_grad=True)
        self.layers = [torch.tensor([3.0, 4.0], requires_grad=True)]
    def mul(self, x):
        return x
held = Held()
"""
LOCAL = "def f():\n    w, n = torch.tensor([1.0, 2.0], requires_grad=True), 3\n    xs = [torch.tensor([float(k), 0.5], requires_grad=True) for k in range(2)]\n    return {}\nloss = f().sum()"

CASES = {
    "a variable of a function": (LOCAL.format("w * 2"), {"w": [1, 2]}),
    "elements of a list": (LOCAL.format("xs[0] * xs[1]"), {"xs[0]": [0, 0.5], "xs[1]": [1, 0.5]}),
    "beside a result": (LOCAL.format("w.sin() + xs[1]"), {"w": [1, 2], "xs[1]": [1, 0.5]}),
    "beside a number": (LOCAL.format("3 * xs[1]"), {"xs[1]": [1, 0.5]}),
    "of a method": (LOCAL.format("xs[0].add(xs[1], alpha=2)"), {"xs[0]": [0, 0.5], "xs[1]": [1, 0.5]}),
    "of a function of torch": (LOCAL.format("torch.add(xs[0], xs[1])"), {"xs[0]": [0, 0.5], "xs[1]": [1, 0.5]}),
    "attributes": (HELD + "loss = (held.w * held.layers[0]).sum()", {"held.w": [1, 2], "held.layers[0]": [3, 4]}),
    "a key that is no text": ("d = {(1, 2): torch.ones(2, requires_grad=True)}\nloss = d[1, 2].sum()", {"d[1, 2]": [1, 1]}),
    "one name for two": (
        "loss = sum((x * 2).sum() for x in [torch.tensor([float(k)], requires_grad=True) for k in range(2)])",
        {"x": [0], "x (2)": [1]},
    ),
}  # fmt: skip

NAMELESS = {
    "nowhere": "loss = (torch.ones(2, requires_grad=True) * 3).sum()",
    "it or the number beside it": LOCAL.format("xs[0].mul(n)"),
}


def leaves(captured: Run) -> dict[str | None, object]:
    """By name: the value that the run tells of the leaf."""
    values = {tensor.grad_fn: tensor.value for tensor in captured.tensors}
    return {node.variable: values[node.id] for node in captured.graph.nodes if node.kind == "leaf"}


@pytest.mark.parametrize("case", CASES)
def test_a_leaf_is_called_what_the_code_calls_it(case: str) -> None:
    code, wanted = CASES[case]
    captured = run(code + "\nloss.backward()")
    assert captured.status == "ok", captured.message
    assert leaves(captured) == wanted


@pytest.mark.parametrize("case", NAMELESS)
def test_what_is_not_known_is_not_guessed(case: str) -> None:
    captured = run(NAMELESS[case] + "\nloss.backward()")
    assert captured.status == "ok", captured.message
    assert list(leaves(captured)) == [None]


def test_many_of_one_name_are_numbered_without_counting_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []

    def counting(start: int) -> Iterator[int]:
        for number in count(start):
            counted.append(number)
            yield number

    monkeypatch.setattr(variables, "count_from", counting)
    taken = [variables.Named("w (3)", torch.zeros(()))]
    named = variables.joined(taken, [variables.Named("w", torch.zeros(()), "leaf") for _ in range(300)])
    assert [one.name for one in named] == ["w (3)", "w", "w (2)", *(f"w ({number})" for number in range(4, 302))]
    assert len(counted) == 300  # 45,000 if each began at 2


def test_the_name_holds_in_drawing_search_and_inspector() -> None:
    captured = run(CASES["elements of a list"][0] + "\nloss.backward()")
    picture = compose(captured.graph, captured.ops, captured.tensors)
    shown = {box.node: box.title for box in picture.boxes if box.kind == "leaf"}
    header, columns, _ = read(scene.encode(captured, lay_out(picture)))
    assert sorted(shown.values()) == ["xs[0]", "xs[1]"]
    for node, title in shown.items():
        assert node is not None
        assert header["texts"][int(columns["node_variable"][node])] == title
        assert Details(captured).node(captured.graph.nodes[node])["variable"] == title
