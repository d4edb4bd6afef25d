"""Hooks by name: torch's own tables tell which are there, and a run with hooks leaves the gradients that torch leaves."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from samples import run
from torch.autograd.graph import GradientEdge

from explorer.capture.hooks import name_of
from explorer.capture.private import cheap_hooks_after, current_node
from explorer.capture.walk import walk
from explorer.ir import Node, Run

LEAF = "def clip(g):\n    return g * 2\nx = torch.ones(2, requires_grad=True)\n"


def node(seen: Run, variable: str) -> Node:
    return next(node for node in seen.graph.nodes if node.variable == variable)


@pytest.mark.parametrize(
    ("code", "variable", "hooks"),
    [
        (LEAF + "x.register_hook(clip)\nloss = x.sum()", "x", ("tensor hook: clip",)),
        (LEAF + "y = x * 2\ny.register_hook(clip)\nloss = y.sum()", "y", ("tensor hook: clip",)),
        (LEAF + "y = x * 2\ny.register_hook(hook=clip)\nloss = y.sum()", "y", ("tensor hook: clip",)),
        (LEAF + "y = x * 2\ny.register_hook(lambda g: None)\nloss = y.sum()", "y", ("tensor hook: <lambda>",)),
        (LEAF + "y = x * 2\ny.register_hook(clip).remove()\nloss = y.sum()", "y", ()),
        (LEAF + "y = x * 2\ny.grad_fn.register_hook(lambda sent, got: None).remove()\nloss = y.sum()", "y", ()),
        (
            LEAF + "def done(p):\n    pass\nx.register_post_accumulate_grad_hook(done)\nloss = x.sum()",
            "x",
            ("post accumulate grad hook: done",),
        ),
        (
            LEAF
            + "def after(sent, got):\n    pass\ny = x * 2\nh = y.grad_fn.register_hook(after)\ny.grad_fn.register_prehook(lambda got: None)\nloss = y.sum()",
            "y",
            ("post hook: after", "pre hook: <lambda>"),
        ),
        (
            LEAF
            + "class Clip:\n    def __call__(self, g):\n        return g\n    def method(self, g):\n        return g\ny = x * 2\ny.register_hook(Clip())\ny.register_hook(Clip().method)\nloss = y.sum()",
            "y",
            ("tensor hook: Clip", "tensor hook: Clip.method"),
        ),
        (
            LEAF
            + "from functools import partial\ny = x * 2\ny.register_hook(partial(torch.mul, other=2))\nloss = y.sum()",
            "y",
            ("tensor hook: partial(builtin_function_or_method)",),
        ),
        (
            LEAF + "y = x * 2\ntorch.autograd.graph.register_multi_grad_hook([y], lambda g: None)\nloss = y.sum()",
            "y",
            ("tensor hook: register_multi_grad_hook(<lambda>)",),
        ),
        (
            LEAF + "def make():\n    def inner(g):\n        return g\n    return inner\ny = x * 2\ny.register_hook(make())\nloss = y.sum()",
            "y",
            ("tensor hook: inner",),
        ),
        (LEAF + "y = x * 2\ny.register_hook(clip)\nz = y.mul_(3)\nloss = z.sum()", "y", ()),
    ],
)  # fmt: skip
def test_hooks_have_their_names(code: str, variable: str, hooks: tuple[str, ...]) -> None:
    seen = run(code)
    assert seen.status == "ok", seen.message
    assert node(seen, variable).hooks == hooks


def test_a_hook_stays_at_the_node_that_it_was_registered_on() -> None:
    seen = run(LEAF + "y = x * 2\ny.register_hook(clip)\ny.mul_(3)\nloss = y.sum()")
    hooks = {one.name + str(one.line): one.hooks for one in seen.graph.nodes if one.kind == "operation"}
    assert hooks == {"SumBackward07": (), "MulBackward06": (), "MulBackward04": ("tensor hook: clip",)}


def test_a_tensor_that_is_gone_still_tells_its_hooks() -> None:
    code = "def f(x):\n    h = x * 2\n    h.register_hook(lambda g: g * 10)\n    h.retain_grad()\n    return h.sum()\n"
    seen = run(code + "x = torch.ones(2, requires_grad=True)\nloss = f(x)")
    inner = next(one for one in seen.graph.nodes if one.name == "MulBackward0")
    assert (inner.hooks, inner.retains_grad) == (("tensor hook: <lambda>",), True)
    x = next(tensor for tensor in seen.tensors if tensor.name == "x")
    assert x.grad == [20.0, 20.0]


def test_full_backward_hooks_of_modules() -> None:
    code = """\
def after(module, sent, got):
    pass
def before(module, got):
    pass
lin = nn.Linear(2, 2)
lin.register_full_backward_hook(after)
lin.register_full_backward_pre_hook(before)
x = torch.ones(1, 2, {flag})
loss = lin(x).sum()
"""
    nodes = run(code.format(flag="requires_grad=True")).graph.nodes
    told = {one.id: one.hooks for one in nodes if one.name == "BackwardHookFunctionBackward"}
    assert list(told.values()) == [("module pre hook: before",), ("module hook: after",)]
    nodes = run(code.format(flag="")).graph.nodes
    told = {one.id: one.hooks for one in nodes if one.name == "BackwardHookFunctionBackward"}
    assert list(told.values()) == [("module pre hook: before", "module hook: after")]
    assert not any(one.hooks for one in nodes if one.name != "BackwardHookFunctionBackward")


def test_retained_gradients_are_shown() -> None:
    code = "x = torch.tensor([1.0, 2.0], requires_grad=True)\ny = x ** 2\ny.retain_grad()\nz = y * 3\nloss = z.sum()"
    seen = run(code)
    assert [one.variable for one in seen.graph.nodes if one.retains_grad] == ["y"]
    grads = {tensor.name: tensor.grad for tensor in seen.tensors}
    assert (grads["y"], grads["z"]) == ([3.0, 3.0], None)


def test_retained_tensors_that_no_variable_holds_have_the_name_that_they_had() -> None:
    code = """\
kept = []
class Net(nn.Module):
    def forward(self, v):
        h = v * 2
        h.retain_grad()
        self.seen = {'inner': [[[h]]]}
        kept.append([[[[h]]]])
        return h.exp()
net = Net()
h = torch.zeros(1, requires_grad=True)
loss = net(net(h)).sum()
"""
    seen = run(code)
    grads = {tensor.name: tensor.grad for tensor in seen.tensors}
    h = torch.zeros(1, requires_grad=True)
    first = h * 2
    second = first.exp() * 2
    expected = torch.autograd.grad(second.exp().sum(), [h, first, second])
    assert [grads[name] for name in ("h", "h (2)", "h (3)")] == [pytest.approx(one.tolist()) for one in expected]


def test_a_node_that_runs_in_a_loop_of_backward_calls_has_only_the_hooks_of_the_code() -> None:
    seen = run(
        LEAF
        + "y = x * 2\ny.grad_fn.register_hook(lambda s, g: None)\nfor _ in range(3):\n    y.sum().backward(retain_graph=True)"
    )
    assert node(seen, "y").hooks == ("post hook: <lambda>",)
    assert sum(len(one.hooks) for one in seen.graph.nodes) == 1


def test_a_name_never_calls_the_code() -> None:
    class Loud(type):
        def __repr__(cls) -> str:
            raise AssertionError

        def __getattribute__(cls, name: str) -> object:
            if name == "__name__":
                raise AssertionError
            return super().__getattribute__(name)

    class Hook(metaclass=Loud):
        def __getattr__(self, name: str) -> object:
            raise AssertionError

        def __repr__(self) -> str:
            raise AssertionError

        def __call__(self, gradient: torch.Tensor) -> None: ...

    class Text(str):
        __slots__ = ()

        def partition(self, _: str) -> tuple[str, str, str]:  # type: ignore[override]
            raise AssertionError

        rpartition = startswith = __str__ = partition  # type: ignore[assignment]

    def plain(gradient: torch.Tensor) -> None: ...

    plain.__qualname__ = Text("plain")
    assert name_of(Hook()) == "Hook"
    assert name_of(plain) == "plain"


def test_nothing_stays_registered() -> None:
    register = torch.autograd.Function._register_hook
    seen = run(LEAF + "y = x * 2\ny.register_hook(clip)\ny.grad_fn.register_hook(lambda s, g: None)\nraise ValueError")
    assert seen.status == "error"
    assert torch.autograd.Function._register_hook is register
    assert "_register_hook" not in vars(torch.autograd.Function)


def test_with_all_of_it_every_gradient_is_equal_bit_for_bit() -> None:
    code = """\
from torch.utils.checkpoint import checkpoint
torch.manual_seed(3)
lin = nn.Linear(4, 4)
lin.register_full_backward_hook(lambda module, sent, got: tuple(one * 0.5 for one in sent))
x = torch.randn(3, 4, requires_grad=True)
a = checkpoint(lambda v: lin(v).tanh(), x, use_reentrant=False)
a.register_hook(lambda g: g.clamp(-1, 1))
b = checkpoint(lambda v: lin(v).sin(), a, use_reentrant=True)
b.retain_grad()
b.pow(3).sum().backward()
(g,) = torch.autograd.grad((x.sin() ** 3).sum(), x, create_graph=True)
((g.norm() - 1) ** 2).backward()
"""
    seen = {tensor.name: tensor.grad for tensor in run(code).tensors}
    scope: dict[str, Any] = {"torch": torch, "nn": torch.nn}
    exec(code, scope)  # the same code in plain Python
    for name, tensor in (
        ("x", scope["x"]),
        ("b", scope["b"]),
        *((f"lin.{key}", one) for key, one in scope["lin"].named_parameters()),
    ):
        assert torch.equal(torch.tensor(seen[name]), tensor.grad), name


def test_the_code_can_give_hooks_to_nodes_of_which_a_backward_was_watched() -> None:
    code = LEAF + "loss = (x * 2).sum()\nloss.backward(retain_graph=True)\n"
    seen = run(code + "loss.grad_fn.register_hook(lambda sent, got: None)\nloss.backward()")
    assert seen.status == "ok", seen.message
    assert node(seen, "loss").hooks == ("post hook: <lambda>",)
    assert node(seen, "x").output is not None


@pytest.mark.parametrize("last", [False, True])
def test_cheap_hooks_are_called_once_a_node_and_are_gone_afterwards(last: bool) -> None:
    x = torch.ones(2, requires_grad=True)
    root = x.sin().cos().exp().sum().grad_fn
    (inner,) = (node for node, _ in root.next_functions)
    inner.register_hook(lambda sent, came: None).remove()  # leaves a table of its own
    nodes, heard = walk([root]).nodes, []
    with cheap_hooks_after(nodes, lambda sent, came: heard.append(current_node()), last=last):
        torch.autograd.backward([GradientEdge(root, 0)], [torch.ones(())], retain_graph=True)
    assert heard == nodes
    torch.autograd.backward([GradientEdge(root, 0)], [torch.ones(())], retain_graph=True)
    assert heard == nodes


def test_after_cheap_hooks_that_are_not_the_last_a_hook_is_of_one_node() -> None:
    x = torch.ones(2, requires_grad=True)
    root = x.sin().cos().sum().grad_fn
    with cheap_hooks_after(walk([root]).nodes, lambda sent, came: None):
        pass
    heard: list[Any] = []
    root.register_hook(lambda sent, came: heard.append(current_node()))
    torch.autograd.backward([GradientEdge(root, 0)], [torch.ones(())])
    assert heard == [root]
