"""When the code fails there is still a graph: as far as it came, with the line, and with what is missing marked."""

from __future__ import annotations

import pytest
from samples import run

from explorer.ir import Run

X = "x = torch.tensor([1.0, 2.0], requires_grad=True)\n"
CUSTOM = """\
class Odd(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * 2
    @staticmethod
    def backward(ctx, g):
        raise ValueError('inside backward')
"""

CASES: dict[str, tuple[str, int, set[str], int]] = {
    "twice": (X + "loss = (x ** 2).sum()\nloss.backward()\nloss.backward()", 4, {"PowBackward0.self"}, 3),
    "grad twice": (
        X + "y = x.exp()\nloss = y.sum()\ntorch.autograd.grad(loss, x)\ntorch.autograd.grad(loss, x)",
        5, {"ExpBackward0.result"}, 3,
    ),
    "custom function twice": (
        CUSTOM.replace("raise ValueError('inside backward')", "return ctx.saved_tensors[0] * g")
        + X + "loss = Odd.apply(x).sum()\nloss.backward()\nloss.backward()",
        8, {"OddBackward.saved_tensors"}, 3,
    ),
    "changed in place": (X + "y = x.exp()\ny += 1\nloss = y.sum()\nloss.backward()", 5, {"ExpBackward0.result"}, 4),
    "changed in place, no backward": (X + "y = x.exp()\ny += 1\nloss = y.sum()", 2, {"ExpBackward0.result"}, 4),
    "in the middle": (X + "y = x * 2\nz = y @ torch.ones(3)\nloss = z.sum()", 3, set(), 2),
    "in a forward": (
        X + "class Net(nn.Module):\n    def forward(self, v):\n        h = v * 2\n        k = h.exp()\n        return k.view(7)\nloss = Net()(x).sum()",
        6, set(), 3,
    ),
    "between the layers of a module": (
        "m = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(5, 2))\nloss = m(torch.ones(2, 3)).sum()", 2, set(), 5,
    ),
    "in the middle of an expression": (X + "y = x * 2\nz = (y.exp() + 1) @ torch.ones(3)", 3, set(), 4),
    "after what was given": (X + "y = x * 2\nz = y.exp()\nw = y.view(7)", 4, set(), 3),
    "raised anew for what torch raised": (
        X + "try:\n    x.exp() @ torch.ones(3)\nexcept RuntimeError as problem:\n    raise ValueError('shapes') from problem", 5, set(), 2,
    ),
    "on two ways": (X + "z = torch.cat([x.exp(), x[:, None] * torch.ones(3)])", 2, set(), 4),
    "in a custom backward": (CUSTOM + X + "loss = (Odd.apply(x) * 3).sum()\nloss.backward()", 8, set(), 4),
    "in a custom backward of ours": (CUSTOM + X + "loss = (Odd.apply(x) * 3).sum()", 8, set(), 4),
    "in a tensor hook": (
        "def hook(g):\n    raise KeyError('in a hook')\n" + X + "y = x * 2\ny.register_hook(hook)\nloss = y.sum()\nloss.backward()",
        2, set(), 3,
    ),
    "in a node hook": (
        "def hook(sent, got):\n    raise KeyError('in a hook')\n" + X + "y = x * 2\ny.grad_fn.register_hook(hook)\nloss = y.sum()",
        2, set(), 3,
    ),
    "wrong gradient of a custom backward": (
        CUSTOM.replace("raise ValueError('inside backward')", "return g[:1].repeat(7)") + X + "loss = Odd.apply(x).sum()\nloss.backward()",
        11, set(), 3,
    ),
}  # fmt: skip


def missing(seen: Run) -> set[str]:
    return {f"{node.name}.{one.name}" for node in seen.graph.nodes for one in node.saved if one.error is not None}


@pytest.mark.parametrize("name", CASES)
def test_there_is_a_graph_with_the_line_and_what_is_missing(name: str) -> None:
    code, line, gone, nodes = CASES[name]
    seen = run(code)
    assert (seen.status, seen.line) == ("error", line), seen.message
    assert len(seen.graph.nodes) == nodes
    assert missing(seen) == gone
    assert all(node.line is not None for node in seen.graph.nodes if node.kind != "leaf")
    for node in seen.graph.nodes:
        for one in node.saved:
            assert (one.error is None) == (one.tensor is not None or one.text is not None)
            assert one.error is None or one.error.endswith(".")


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (X + "y = x * 2\nbig = torch.empty(2**60)\nloss = y.sum()", 3),
        (X + "y = x[:1].expand(2**58)[:1] * 2\nloss = y.sum()\nloss.backward()", 4),
    ],
)
def test_out_of_memory(code: str, line: int) -> None:
    seen = run(code)
    assert (seen.status, seen.line) == ("stopped", line)
    assert seen.sentence is not None
    assert seen.sentence.key == "session.stopped.memory"
    assert "MulBackward0" in {node.name for node in seen.graph.nodes}


def test_what_came_before_the_failure_keeps_its_gradients() -> None:
    seen = run(CUSTOM + X + "a = Odd.apply(x)\nb = a * 3\nloss = b.sum()\nloss.backward()")
    shown = {node.variable or node.name: node.incoming for node in seen.graph.nodes}
    assert shown["b"][0].value == [1.0, 1.0]
    assert shown["a"][0].value == [3.0, 3.0]
    assert shown["x"] == ()
    assert {tensor.name: tensor.grad for tensor in seen.tensors}["x"] is None


def test_after_a_failure_nothing_is_left_on_the_nodes() -> None:
    """The same code goes on by itself: the second backward, after a hook raised in the first, gives plain gradients."""
    code = """\
fail = [True]
def hook(g):
    if fail:
        raise KeyError
y = x * 2
y.register_hook(hook)
loss = y.sum()
try:
    loss.backward(retain_graph=True)
except KeyError:
    fail.clear()
loss.backward()
"""
    seen = run(X + code)
    assert seen.status == "ok", seen.message
    assert {tensor.name: tensor.grad for tensor in seen.tensors}["x"] == [2.0, 2.0]
    assert [call.line for call in seen.backwards] == [10, 13]


@pytest.mark.parametrize("before", range(0, 64, 4))
def test_code_that_calls_itself_without_an_end(before: int) -> None:
    """Wherever the stack ends, in the code or in what writes it down, and also where the code goes on afterwards."""
    code = """\
def f(x):
    return f(torch.relu(x).mul(2))
def g(n, x):
    return g(n - 1, x) if n else f(x)
y = x * 2
"""
    seen = run(X + code + f"loss = g({before}, y)")
    assert (seen.status, seen.line) == ("error", 3), seen.message
    assert {node.name for node in seen.graph.nodes} == {"MulBackward0", "ReluBackward0", "AccumulateGrad"}
    assert len(seen.graph.nodes) > 500
    caught = run(X + code + f"try:\n    g({before}, y)\nexcept RecursionError:\n    z = y.sin()\nloss = z.sum()")
    assert caught.status == "ok", caught.message
    told = [(node.name, node.line, node.variable) for node in caught.graph.nodes]
    assert told[:3] == [("SumBackward0", 11, "loss"), ("SinBackward0", 10, "z"), ("MulBackward0", 6, "y")]
