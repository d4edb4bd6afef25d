"""The gradients that are computed by hand are those of `torch.autograd.grad`, bit for bit, on every leaf and edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

import explorer
from explorer import TraceOptions
from explorer.ir import Gradient


class Scaled(torch.autograd.Function):
    """Arguments that are no tensors, a tensor without grad, and an output that nobody uses."""

    @staticmethod
    def forward(ctx: Any, name: str, x: torch.Tensor, fixed: torch.Tensor, factor: float, y: torch.Tensor) -> Any:
        ctx.save_for_backward(x, y)
        ctx.factor = factor
        return x * y * factor, x + y

    @staticmethod
    def backward(ctx: Any, first: torch.Tensor, second: torch.Tensor) -> Any:
        x, y = ctx.saved_tensors
        return None, first * y * ctx.factor + second, None, None, first * x * ctx.factor + second


def leaf(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).requires_grad_()


def same(shown: Gradient, gradient: torch.Tensor) -> bool:
    """Whether a record tells exactly this tensor."""
    return (
        shown.shape == tuple(gradient.shape)
        and shown.dtype == str(gradient.dtype).removeprefix("torch.")
        and (shown.value is None or shown.value == gradient.tolist())
        and float(shown.stats.norm) == pytest.approx(gradient.double().norm().item(), rel=1e-12)
    )


def written_in_place(x: torch.Tensor) -> torch.Tensor:
    y = x * 2
    y[:, 0].mul_(3)
    y[1] = x[0]
    y.relu_()
    return y.sum(0)


CASES: dict[str, tuple[Callable[..., torch.Tensor], list[torch.Tensor]]] = {
    "broadcast and fan-in": (lambda x, w: (x * w + w).tanh().sum() + x.mean(), [leaf(3, 4), leaf(4, seed=1)]),
    "a leaf itself": (lambda x: x, [leaf(2)]),
    "unbind": (lambda x: torch.stack(x.unbind()[:2]).prod(), [leaf(3, 2)]),
    "in place": (written_in_place, [leaf(3, 4)]),
    "custom": (lambda x, y: Scaled.apply("a", x, torch.ones(2), 3.0, y)[0].sum(), [leaf(2), leaf(2, seed=1)]),
    "types": (lambda x: (x.double() ** 2).sum().float() + x.half().sum(), [leaf(5)]),
    "complex": (lambda x: torch.view_as_real(torch.fft.fft(x)).pow(2).sum() + (x * 1j).abs().sum(), [leaf(4)]),
    "attention": (lambda q: F.scaled_dot_product_attention(q, q, q).sum(), [leaf(1, 2, 4, 8)]),
    "embedding": (lambda w: F.embedding(torch.tensor([0, 1, 0]), w).pow(2).sum(), [leaf(3, 2)]),
    "checkpoint": (lambda x: checkpoint(lambda a: (a * a).sin(), x, use_reentrant=False).sum(), [leaf(4)]),
    "expand and index": (lambda x: x.expand(4, 3).index_select(0, torch.tensor([0, 2])).cumsum(1).sum(), [leaf(3)]),
    "norms": (lambda x: F.layer_norm(F.group_norm(x, 2), (3,)).pow(3).sum(), [leaf(2, 4, 3)]),
    "svd": (lambda x: torch.linalg.svd(x)[1].sum(), [leaf(3, 3)]),
    "not a scalar": (lambda x: x.exp() * torch.arange(3.0), [leaf(2, 3)]),
    "pooling": (lambda x: F.max_pool2d(x, 2).sum() * F.avg_pool2d(x, 2).sum(), [leaf(1, 1, 4, 4)]),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("hooks", [False, True])
def test_every_leaf_has_the_gradient_of_autograd(name: str, hooks: bool) -> None:
    function, leaves = CASES[name]
    output = function(*leaves)
    expected = torch.autograd.grad(output, leaves, torch.ones_like(output))
    run = explorer.trace(function, *leaves, trace_options=TraceOptions(hooks=hooks))
    assert run.status == "ok"
    assert [note.key for note in run.notes] == ["limits.checkpoint"] * (name == "checkpoint")
    found = {node.variable: node.incoming[0] for node in run.graph.nodes if node.kind == "leaf"}
    assert found.keys() == {f"leaves[{at}]" for at in range(len(leaves))}
    for at, one in enumerate(expected):
        assert same(found[f"leaves[{at}]"], one)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("checkpoint",)])
def test_a_finished_output_has_the_same_edges_as_the_engine_and_stays_usable(name: str) -> None:
    function, leaves = CASES[name]
    output = function(*leaves)
    by_hand = explorer.trace(output)
    engine = explorer.trace(output, trace_options=TraceOptions(hooks=True))
    assert not by_hand.notes
    assert [edge.gradient for edge in by_hand.graph.edges] == [edge.gradient for edge in engine.graph.edges]
    for mine, theirs in zip(by_hand.graph.nodes, engine.graph.nodes, strict=True):
        assert mine.incoming == theirs.incoming
    assert all(one.grad is None for one in leaves)
    output.backward(torch.ones_like(output))
    for one in leaves:
        assert one.grad is not None
        one.grad = None


class Agent:
    """No module itself, as trainers and agents often are."""

    __module__ = "__main__"

    def __init__(self) -> None:
        self.actor, self.critic = nn.Linear(3, 2), nn.Linear(3, 2)

    def loss(self, x: torch.Tensor) -> torch.Tensor:
        return (self.actor(x) * self.critic(x)).sum()


def test_modules_that_an_object_holds_are_called_as_it_calls_them() -> None:
    agent = Agent()
    run = explorer.trace(agent.loss, leaf(1, 3))
    assert {node.module for node in run.graph.nodes} == {None, "agent.actor", "agent.critic"}
    finished = explorer.trace(agent.loss(leaf(1, 3)))
    for each in (run, finished):
        names = {node.variable for node in each.graph.nodes if node.kind == "leaf"}
        assert names >= {"agent.actor.weight", "agent.actor.bias", "agent.critic.weight", "agent.critic.bias"}


class Imported:
    """An object of a class that the notebook has from elsewhere, called itself."""

    def __init__(self) -> None:
        self.layers = [nn.Linear(3, 3), nn.Linear(3, 3)]
        self.scale = leaf(3)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return (x * self.scale).sum()


@pytest.mark.parametrize("called", [Imported(), Imported().__call__], ids=["object", "method"])
def test_what_an_imported_class_holds_is_called_as_its_method_calls_it(called: Callable[..., torch.Tensor]) -> None:
    run = explorer.trace(called, torch.ones(1, 3))
    assert {node.module for node in run.graph.nodes} == {None, "self.layers[0]", "self.layers[1]"}
    names = {node.variable for node in run.graph.nodes if node.kind == "leaf"}
    assert names == {f"self.layers[{at}].{key}" for at in (0, 1) for key in ("weight", "bias")} | {"self.scale"}


def test_modules_of_a_list_are_called_as_its_elements_though_a_loop_has_a_variable_for_them() -> None:
    x, layers = torch.ones(1, 3), [nn.Linear(3, 3), nn.Linear(3, 3)]
    for layer in layers:
        x = layer(x)
    names = {node.variable for node in explorer.trace(x.sum()).graph.nodes if node.kind == "leaf"}
    assert names == {f"layers[{at}].{key}" for at in (0, 1) for key in ("weight", "bias")}


def test_nodes_of_a_finished_output_have_the_tensors_of_variables() -> None:
    x = leaf(3, 4)
    h = x.exp()
    run = explorer.trace(h[1:].sum())
    held = next(node for node in run.graph.nodes if node.variable == "h")
    assert held.output is not None
    assert (held.output.shape, held.output.storage_nbytes) == ((3, 4), 48)
    assert held.output.storage_id == held.saved[0].tensor.storage_id


@pytest.mark.parametrize(
    "module",
    [
        nn.LSTM(3, 4, num_layers=2, bidirectional=True),
        nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True),
        nn.Bilinear(3, 3, 2),
    ],
    ids=lambda module: type(module).__name__,
)
def test_modules(module: nn.Module) -> None:
    inputs = {
        "LSTM": (torch.randn(5, 2, 3),),
        "TransformerEncoderLayer": (torch.randn(2, 3, 4),),
        "Bilinear": (torch.randn(2, 3), torch.randn(2, 3)),
    }
    given = inputs[type(module).__name__]
    run = explorer.trace(lambda *xs: next(iter(out)) if isinstance(out := module(*xs), tuple) else out, *given)
    output = module(*given)
    output = output[0] if isinstance(output, tuple) else output
    expected = dict(
        zip(
            dict(module.named_parameters()),
            torch.autograd.grad(output, list(module.parameters()), torch.ones_like(output)),
            strict=True,
        )
    )
    leaves = {node.variable: node.incoming[0] for node in run.graph.nodes if node.kind == "leaf"}
    assert leaves.keys() == {f"module.{name}" for name in expected}
    for name, gradient in expected.items():
        assert leaves[f"module.{name}"].stats.norm == pytest.approx(gradient.double().norm().item(), rel=1e-6, abs=1e-6)


def test_the_gradient_to_start_from_can_be_given() -> None:
    x, start = leaf(3), torch.tensor([1.0, 10.0, 100.0])
    run = explorer.trace(lambda a: a * 2, x, trace_options=TraceOptions(gradient=start))
    leaves = [node for node in run.graph.nodes if node.kind == "leaf"]
    assert leaves[0].incoming[0].value == [2.0, 20.0, 200.0]


def test_several_outputs_start_with_one_gradient_each() -> None:
    x = leaf(2)
    output = {"a": x * 2, "b": [x * 3, torch.ones(2)]}
    run = explorer.trace(output, trace_options=TraceOptions(gradient=[1.0, 10.0]))
    assert [root.name for root in run.graph.roots] == ["output['a']", "output['b'][0]"]
    leaves = [node for node in run.graph.nodes if node.kind == "leaf"]
    assert [(node.variable, node.incoming[0].value) for node in leaves] == [("x", [32.0, 32.0])]


def test_without_gradients_only_the_structure_comes() -> None:
    run = explorer.trace(lambda a: a * 2, leaf(3), trace_options=TraceOptions(gradients=False))
    assert [node.name for node in run.graph.nodes] == ["MulBackward0", "AccumulateGrad"]
    assert not any(node.incoming for node in run.graph.nodes)


def penalty(x: torch.Tensor) -> torch.Tensor:
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    return (g.norm() - 1) ** 2


def gradient_of_func(x: torch.Tensor) -> torch.Tensor:
    return torch.func.grad(lambda v: (v**3).sum())(x).prod()


def value_and_penalty(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    y = (x**3).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    return y, g.prod()


@pytest.mark.parametrize("function", [penalty, gradient_of_func, value_and_penalty])
@pytest.mark.parametrize("verify", [False, True])
def test_an_output_made_of_gradients_is_shown_rather_than_the_call_that_made_them(
    function: Callable[..., Any], verify: bool
) -> None:
    x = leaf(3)
    run = explorer.trace(function, x, trace_options=TraceOptions(verify=verify))
    assert run.backward is None
    assert {node.order for node in run.graph.nodes} == {1, 2}
    outputs = function(x)
    (expected,) = torch.autograd.grad(outputs, x, [torch.ones(())] * 2 if isinstance(outputs, tuple) else None)
    shown = next(node.incoming[0] for node in run.graph.nodes if node.kind == "leaf")
    assert same(shown, expected)
    assert x.grad is None
