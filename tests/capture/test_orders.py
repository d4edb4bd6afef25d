"""Double backward: each node's order, and the numbers of higher derivatives against torch's own checks and against algebra."""

from __future__ import annotations

import pytest
import torch
from samples import run

from explorer.ir import Run

X = "x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)\n"


def orders(seen: Run) -> set[int]:
    return {node.order for node in seen.graph.nodes if node.kind != "leaf"}


def test_what_forward_made_is_of_order_one() -> None:
    assert orders(run(X + "loss = (x ** 3).sum()")) == {1}


def test_without_create_graph_nothing_is_of_order_two() -> None:
    assert orders(run(X + "y = (x ** 3).sum()\ny.backward(retain_graph=True)\nloss = (y * 2)\nloss.backward()")) == {1}


def test_a_gradient_penalty() -> None:
    """The loss is made by forward, of a gradient made by a backward: both orders are in its graph."""
    code = "y = (x ** 3).sum()\n(g,) = torch.autograd.grad(y, x, create_graph=True)\nloss = (g.norm() - 1) ** 2 + y\nloss.backward()"
    seen = run(X + code)
    assert orders(seen) == {1, 2}
    line = {
        node.order: {one.line for one in seen.graph.nodes if one.order == node.order and one.kind != "leaf"}
        for node in seen.graph.nodes
    }
    assert line == {1: {2, 4}, 2: {3}}
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    penalty = ((3 * x**2).norm() - 1) ** 2 + (x**3).sum()
    (expected,) = torch.autograd.grad(penalty, x)
    assert next(one.grad for one in seen.tensors if one.name == "x") == pytest.approx(expected.tolist(), rel=1e-12)


def test_each_call_goes_one_order_further() -> None:
    code = "y = (x ** 5).sum()\n" + "".join(
        f"(g{n},) = torch.autograd.grad({'y' if n == 1 else f'g{n - 1}.sum()'}, x, create_graph=True)\n"
        for n in (1, 2, 3)
    )
    seen = run(X + code + "g3.sum().backward()")
    assert orders(seen) == {1, 4}  # the sum is forward's; g3 reaches x through its own nodes alone
    assert next(one.grad for one in seen.tensors if one.name == "x") == pytest.approx([120 * 1.0, 120 * 2.0])
    assert orders(run(X + code.replace("x ** 5", "x.sin() * x") + "g3.sum().backward()")) == {1, 2, 3, 4}


def test_the_last_expression_of_gradients_is_shown_though_the_code_called_grad() -> None:
    seen = run(X + "y = (x ** 3).sum()\n(g,) = torch.autograd.grad(y, x, create_graph=True)\ng")
    assert (seen.result, seen.backward, orders(seen)) == ("g", None, {2})
    assert next(one.grad for one in seen.tensors if one.name == "x") == [6.0, 12.0]
    shown = run(X + "y = (x ** 3).sum()\n(g,) = torch.autograd.grad(y, x, create_graph=True)\ny")
    assert (shown.backward, orders(shown)) == (0, {1})


@pytest.mark.parametrize(
    ("lines", "grad"),
    [
        ("(g,) = torch.autograd.grad((x ** 3).sum(), x, create_graph=True)\nloss = g.sum()\nprint(loss)", [6.0, 12.0]),
        ("g = torch.func.grad(lambda v: (v ** 3).sum())(x)\nloss = g.sum() + x.sum()", [7.0, 13.0]),
    ],
)
def test_a_loss_of_gradients_is_shown_as_well(lines: str, grad: list[float]) -> None:
    seen = run(X + lines)
    assert (seen.result, seen.backward, orders(seen)) == ("loss", None, {1, 2})
    assert next(one.grad for one in seen.tensors if one.name == "x") == grad
    again = run(X + lines, repeats=1)
    assert again.times is not None
    assert again.times.repeats == 1


def test_a_loss_that_the_code_has_differentiated_is_shown_as_it_did() -> None:
    seen = run(X + "loss = (x ** 3).sum()\n(g,) = torch.autograd.grad(loss, x, create_graph=True)")
    assert (seen.backward, orders(seen)) == (0, {1})


def test_a_custom_function_is_differentiated_twice() -> None:
    code = """\
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 3
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * x ** 2 * g
y = Cube.apply(x)
(g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
"""
    seen = run(X + code + "h = g.sum()\nh.backward()\ntorch.autograd.gradgradcheck(Cube.apply, x)")
    assert seen.status == "ok", seen.message
    shown = run(X + code + "h = g.sum()\nh.backward()")
    assert orders(shown) == {1, 2}
    assert {one.line for one in shown.graph.nodes if one.order == 2} == {12}
    assert next(one.grad for one in shown.tensors if one.name == "x") == [6.0, 12.0]


@pytest.mark.parametrize("function", ["torch.sin", "torch.exp", "torch.tanh", "torch.sigmoid", "torch.log"])
def test_second_derivatives_are_those_that_gradgradcheck_accepts(function: str) -> None:
    seen = run(X + f"(g,) = torch.autograd.grad({function}(x).sum(), x, create_graph=True)\nh = g.sum()\nh.backward()")
    call = getattr(torch, function.removeprefix("torch."))
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(call, x)
    expected = torch.autograd.functional.hessian(lambda v: call(v).sum(), x).diagonal()
    assert next(one.grad for one in seen.tensors if one.name == "x") == pytest.approx(expected.tolist(), rel=1e-12)
    assert 2 in orders(seen)
