"""Every gradient that a run shows, against torch computing it another way: ``autograd.grad`` for each tensor of the graph.

The oracle takes the same code, keeps every intermediate tensor of the graph as the product of a fresh run in plain Python,
and asks torch for d(sum of result) / d(tensor). A run's node is the grad_fn of that tensor, so its incoming gradient must be
equal; the contributions of the edges into one output must add up to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import run
from torch import nn, optim
from torch.nn import functional as F

from explorer.ir import Gradient, Run

PRESETS = {"torch": torch, "nn": nn, "F": F, "optim": optim, "np": np}

CODE = {
    "cube": "x = torch.tensor(2.0, requires_grad=True)\ny = x ** 3",
    "chain": "x = torch.randn(3, requires_grad=True)\na = x.sin()\nb = a.exp()\nc = b.tanh()\nloss = c.sum()",
    "diamond": "x = torch.randn(3, requires_grad=True)\na = x * 2\nb = a.sin()\nc = a.cos()\nloss = (b * c + a).sum()",
    "unbind": "x = torch.randn(3, 2, requires_grad=True)\na, b, c = x.unbind()\nd = a * b\nloss = (d + c * a).sum()",
    "split": "x = torch.randn(7, requires_grad=True)\na, b, c = x.split(3)\nd = a * b\nloss = d.sum() * c.sum()",
    "chunk": "x = torch.randn(4, 4, requires_grad=True)\na, b = (x * 2).chunk(2, dim=1)\nc = a @ b.T\nloss = c.sum()",
    "views": "x = torch.randn(4, 3, requires_grad=True)\na = x.T\nb = a[1:]\nc = b.reshape(-1)\nd = c.view(2, 4)\nloss = (d * d).sum()",
    "matmul": "a = torch.randn(3, 4, requires_grad=True)\nb = torch.randn(4, 2, requires_grad=True)\nc = a @ b\nd = c.relu()\nloss = d.mean()",
    "broadcast": "a = torch.randn(3, 1, requires_grad=True)\nb = torch.randn(4, requires_grad=True)\nc = a + b\nd = c * b\nloss = d.sum()",
    "not_scalar": "x = torch.randn(3, requires_grad=True)\na = x ** 2\ny = a * 3",
    "topk": "x = torch.randn(9, requires_grad=True)\nv, i = x.topk(3)\ny = v * v\nloss = y.sum()",
    "custom": """\
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a ** 3

    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return 3 * a ** 2 * g

x = torch.randn(3, requires_grad=True)
a = x * 2
b = Cube.apply(a)
loss = b.sum()
""",
    "shared_module": """\
lin = nn.Linear(3, 3)
x = torch.randn(2, 3)
a = lin(x)
b = lin(a.relu())
loss = b.pow(2).mean()
""",
    "lstm": "m = nn.LSTM(3, 4)\nx = torch.randn(5, 2, 3, requires_grad=True)\no, (h, c) = m(x)\nloss = (o ** 2).sum() + h.sum()",
    "conv": """\
net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten())
x = torch.randn(2, 1, 5, 5, requires_grad=True)
a = net(x)
loss = a.square().mean()
""",
    "tied": """\
emb = nn.Embedding(5, 3)
head = nn.Linear(3, 5, bias=False)
head.weight = emb.weight
a = emb(torch.tensor([0, 3]))
b = head(a)
loss = F.cross_entropy(b, torch.tensor([1, 2]))
""",
    "double_backward": """\
x = torch.randn(3, requires_grad=True)
y = (x ** 3).sum()
(g,) = torch.autograd.grad(y, x, create_graph=True)
loss = (g * g).sum()
""",
    "complex": "x = torch.randn(3, dtype=torch.complex64, requires_grad=True)\na = x * x\nloss = a.abs().sum()",
}


def plain(code: str) -> dict[str, Any]:
    """The same code without any capture."""
    names: dict[str, Any] = {**PRESETS, "__name__": "__main__"}
    torch.manual_seed(0)
    exec(code, names)
    return names


def assert_close(gradient: Gradient | None, expected: torch.Tensor | None, where: str) -> None:
    if expected is None:
        assert gradient is None, where
        return
    assert gradient is not None, where
    assert gradient.shape == tuple(expected.shape), where
    assert gradient.dtype == str(expected.dtype).removeprefix("torch."), where
    assert float(gradient.stats.norm) == pytest.approx(float(expected.abs().double().norm()), rel=1e-5, abs=1e-9), where
    if gradient.value is not None and not expected.is_complex():
        torch.testing.assert_close(torch.tensor(gradient.value, dtype=expected.dtype), expected)


def assert_equal_to_torch(seen: Run, names: dict[str, Any], result: torch.Tensor) -> int:
    """Compare each node that belongs to a variable; return how many were compared."""
    compared = 0
    for tensor in seen.tensors:
        if tensor.grad_fn is None or "." in tensor.name or tensor.name not in names:
            continue
        variable = names[tensor.name]
        (expected,) = torch.autograd.grad(
            result, variable, torch.ones_like(result), retain_graph=True, allow_unused=True
        )
        incoming = seen.graph.nodes[tensor.grad_fn].incoming
        output_nr = torch.autograd.graph.get_gradient_edge(variable).output_nr
        if expected is not None and output_nr < len(incoming):
            assert_close(incoming[output_nr], expected, tensor.name)
            compared += 1
    return compared


def assert_edges_add_up(seen: Run) -> None:
    """What the edges bring to one output is what comes in there (a root brings its own)."""
    roots = {(root.node, root.output_nr) for root in seen.graph.roots}
    for node in seen.graph.nodes:
        for output_nr, incoming in enumerate(node.incoming):
            edges = [e for e in seen.graph.edges if (e.target, e.output_nr) == (node.id, output_nr) and e.gradient]
            values = [edge.gradient.value for edge in edges if edge.gradient is not None]
            if incoming is None or (node.id, output_nr) in roots or incoming.dtype.startswith("complex"):
                continue
            assert values, f"{node.name} got a gradient from nowhere"
            if incoming.value is not None and all(value is not None for value in values):
                total = sum(torch.tensor(value, dtype=torch.float64) for value in values)
                torch.testing.assert_close(
                    total, torch.tensor(incoming.value, dtype=torch.float64), rtol=1e-4, atol=1e-6
                )


@pytest.mark.parametrize("name", CODE)
def test_every_gradient_equals_torch(name: str) -> None:
    code = CODE[name]
    seen = run(code, backward=0) if name == "double_backward" else run(code)
    assert seen.status == "ok", seen.message
    if name == "double_backward":
        assert seen.backwards[0].kind == "grad"
        return
    names = plain(code)
    result = names[seen.result]
    compared = assert_equal_to_torch(seen, names, result)
    assert compared >= 1 or name in {"shared_module", "tied"}
    assert_edges_add_up(seen)
    _assert_parameters(seen, names, result)


def _assert_parameters(seen: Run, names: dict[str, Any], result: torch.Tensor) -> None:
    parameters = {
        f"{name}.{path}": parameter
        for name, module in names.items()
        if isinstance(module, nn.Module)
        for path, parameter in module.named_parameters()
    }
    for tensor in seen.tensors:
        if tensor.name in parameters and tensor.grad is not None:
            (expected,) = torch.autograd.grad(result, parameters[tensor.name], retain_graph=True)
            torch.testing.assert_close(torch.tensor(tensor.grad), expected)


def test_bare_expression() -> None:
    seen = run("(x + y) * w")
    x, y, w = (torch.tensor(value, requires_grad=True) for value in (2.0, 3.0, 4.0))
    expected = torch.autograd.grad((x + y) * w, (x, y, w))
    grads = {tensor.name: tensor.grad for tensor in seen.tensors}
    assert [grads["x"], grads["y"], grads["w"]] == [float(gradient) for gradient in expected]
    assert [node.name for node in seen.graph.nodes] == ["MulBackward0", "AddBackward0", *["AccumulateGrad"] * 3]
    assert seen.graph.nodes[0].local == (4.0, 5.0)


@pytest.mark.parametrize(("x", "slope"), [(2.0, 4.0), (-2.0, -1.0)])
def test_branching_example(x: float, slope: float) -> None:
    code = f"""\
def dynamic_graph_example(x):
    if x > 0:
        y = x ** 2
    else:
        y = -x
    return y
x = torch.tensor({x}, requires_grad=True)
y = dynamic_graph_example(x)
y.backward()
"""
    seen = run(code)
    assert [tensor.grad for tensor in seen.tensors if tensor.name == "x"] == [slope]
    assert seen.graph.nodes[0].name == ("PowBackward0" if x > 0 else "NegBackward0")
    assert seen.graph.nodes[0].line == (3 if x > 0 else 5)


def test_each_backward_of_a_training_loop_can_be_chosen() -> None:
    code = """\
model = nn.Linear(2, 1)
optimizer = optim.SGD(model.parameters(), lr=0.1)
x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
losses = []
for epoch in range(10):
    loss = (model(x) - 1).pow(2).mean()
    losses.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
    losses = plain(code)["losses"]
    last = run(code)
    assert last.backward == 9
    assert [call.value for call in last.backwards] == pytest.approx(losses)
    assert {call.line for call in last.backwards} == {9}
    for index in (0, 4):
        chosen = run(code, backward=index)
        assert chosen.backward == index
        assert chosen.graph.roots[0].value == pytest.approx(losses[index])


def test_gradients_of_autograd_grad_reach_the_leaf_that_it_does_not_accumulate_into() -> None:
    seen = run("x = torch.ones(3, requires_grad=True)\ny = (x ** 2).sum()\ng = torch.autograd.grad(y, x)")
    leaf = next(node for node in seen.graph.nodes if node.kind == "leaf")
    assert leaf.incoming[0] is not None
    assert leaf.incoming[0].value == [2.0, 2.0, 2.0]
    assert next(tensor for tensor in seen.tensors if tensor.name == "x").grad is None


TWICE = """\
x = torch.randn(3, requires_grad=True)
w = torch.randn(3, requires_grad=True)
a = x.sin() * w
y = (a ** 3).sum()
(g,) = torch.autograd.grad(y, x, create_graph=True)
b = g * w
z = (b * b).sum() + y
"""


@pytest.mark.parametrize("last", ["h = torch.autograd.grad(z, [x, w])", "z.backward()"])
@pytest.mark.parametrize(("shown", "result"), [(0, "y"), (1, "z")])
def test_both_orders_of_a_double_backward(last: str, shown: int, result: str) -> None:
    seen = run(TWICE + last, backward=shown)
    assert (seen.status, seen.backward, seen.result) == ("ok", shown, result), seen.message
    names = plain(TWICE)
    assert [call.value for call in seen.backwards] == pytest.approx([names["y"].item(), names["z"].item()])
    known = {tensor.name for tensor in seen.tensors if tensor.grad_fn is not None}
    assert known >= ({"x", "w", "a", "y"} if shown == 0 else {"x", "w", "a", "y", "g", "b", "z"})
    compared = assert_equal_to_torch(seen, names, names[result])
    assert compared >= len(known) - (1 if shown == 0 else 0)  # the first call asks for x alone: nothing flows into w
    assert_edges_add_up(seen)
    _assert_accumulated(seen, names, last)


def _assert_accumulated(seen: Run, names: dict[str, Any], last: str) -> None:
    grads = {tensor.name: tensor.grad for tensor in seen.tensors}
    expected = torch.autograd.grad(names["z"], [names["x"], names["w"]])
    for name, gradient in zip(("x", "w"), expected, strict=True):
        if last == "z.backward()":
            torch.testing.assert_close(torch.tensor(grads[name]), gradient)
        else:
            assert grads[name] is None


EXPRESSIONS = st.recursive(
    st.sampled_from(["x", "y", "w"]),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("({} * {})".format, inner, inner),
        st.builds("({} - {})".format, inner, inner),
        st.builds("{}.sin()".format, inner),
        st.builds("torch.tanh({})".format, inner),
        st.builds("({} ** 2)".format, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(EXPRESSIONS.filter(lambda text: len(text) > 1))
def test_any_expression(text: str) -> None:
    seen = run(text)
    assert seen.status == "ok", seen.message
    names = {given.name: torch.tensor(float(given.value), requires_grad=True) for given in seen.inputs}
    result = eval(text, {"torch": torch}, names)
    expected = torch.autograd.grad(result, list(names.values()))
    grads = {tensor.name: tensor.grad for tensor in seen.tensors}
    for name, gradient in zip(names, expected, strict=True):
        assert grads[name] == pytest.approx(float(gradient), rel=1e-6, abs=1e-6, nan_ok=True)
    assert_edges_add_up(seen)


LOOPS = {
    "mlp": "m = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 1))\nx = torch.randn(6, 3)\n",
    "conv": "m = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(18, 1))\nx = torch.randn(4, 1, 5, 5)\n",
}


@pytest.mark.parametrize("name", LOOPS)
def test_capture_changes_no_bit(name: str) -> None:
    code = (
        LOOPS[name]
        + """\
optimizer = optim.Adam(m.parameters(), lr=0.01)
for step in range(5):
    loss = m(x).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
weights = [p.detach().clone() for p in m.parameters()]
"""
    )
    expected = plain(code)
    seen = run(code)
    assert seen.status == "ok", seen.message
    parameters = dict(expected["m"].named_parameters())
    compared = 0
    for tensor in seen.tensors:
        parameter = parameters.get(tensor.name.removeprefix("m."))
        if parameter is not None and tensor.value is not None and parameter.grad is not None:
            assert torch.equal(torch.tensor(tensor.value), parameter)
            assert torch.equal(torch.tensor(tensor.grad), parameter.grad)
            compared += 1
    assert compared >= 3
