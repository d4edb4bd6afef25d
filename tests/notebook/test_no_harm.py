"""After a trace everything is as it was: what torch itself says of gradients, buffers, hooks, random numbers and switches."""

from __future__ import annotations

import copy
import functools
import random
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules import module as torch_modules

import explorer
from explorer import TraceError, TraceOptions
from explorer.notebook import kept

HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks_with_kwargs",
)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.ReLU())
        self.head = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))


class Holder:
    """An object of the user's that is no module and can be called."""

    def __init__(self, net: nn.Module) -> None:
        self.net = net

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)

    def step(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x).sum()


def state(net: nn.Module) -> dict[str, Any]:
    return {
        "values": {name: value.clone() for name, value in net.state_dict().items()},
        "objects": {name: id(value) for name, value in [*net.named_parameters(), *net.named_buffers()]},
        "versions": {name: value._version for name, value in [*net.named_parameters(), *net.named_buffers()]},
        "training": [one.training for one in net.modules()],
        "hooks": [copy.copy(getattr(one, name)) for one in net.modules() for name in HOOKS],
        "keys": [sorted(vars(one)) for one in net.modules()],
        "grads": [
            (id(one.grad), None if one.grad is None else (one.grad.clone(), one.grad._version))
            for one in net.parameters()
        ],
        "rng": (torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tobytes()),
        "switches": (
            torch.is_grad_enabled(),
            torch.get_default_dtype(),
            torch.is_anomaly_enabled(),
            torch.are_deterministic_algorithms_enabled(),
        ),
        "torch": (
            torch.autograd.backward,
            torch.autograd.grad,
            torch.autograd.Function.__dict__["apply"],
            torch.Tensor.backward,
            torch.overrides._get_current_function_mode_stack(),
        ),
        "global hooks": [
            len(value)
            for name, value in vars(torch_modules).items()
            if name.startswith("_global_") and isinstance(value, OrderedDict)
        ],
    }


def equal(left: Any, right: Any) -> bool:
    if isinstance(left, torch.Tensor):
        return isinstance(right, torch.Tensor) and torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def by_closure(net: nn.Module) -> Callable[..., Any]:
    return lambda x: F.mse_loss(net(x), torch.zeros(3, 2))


def hidden(net: nn.Module) -> Callable[..., Any]:
    """Nothing can be seen through an iterator without taking from it."""
    modules = iter([net])
    return lambda x: next(modules)(x) * 2


CALLABLES: dict[str, Callable[[nn.Module], Callable[..., Any]]] = {
    "module": lambda net: net,
    "closure": by_closure,
    "bound method": lambda net: Holder(net).step,
    "object": Holder,
    "partial": lambda net: functools.partial(lambda module, x: module(x), net),
    "forward": lambda net: net.forward,
    "found only when it runs": hidden,
}


@pytest.mark.parametrize("name", CALLABLES)
@pytest.mark.parametrize("hooks", [False, True])
def test_everything_is_as_it_was(name: str, hooks: bool) -> None:
    net = Net()
    net(torch.randn(3, 4)).sum().backward()
    net.body[2].eval()
    called, x = CALLABLES[name](net), torch.randn(3, 4, requires_grad=True)
    before = state(net)
    run = explorer.trace(called, x, trace_options=TraceOptions(hooks=hooks))
    after = state(net)
    assert run.status == "ok"
    assert len(run.graph.nodes) > 10
    for key in before:
        assert equal(before[key], after[key]), key
    assert x.grad is None


def test_the_same_random_numbers_come_again() -> None:
    dropout, x = nn.Dropout(0.5), torch.ones(64, requires_grad=True)
    first, second = explorer.trace(dropout, x), explorer.trace(dropout, x)
    assert first.graph.roots[0].value == second.graph.roots[0].value == dropout(x).tolist()


def test_an_earlier_graph_stays_usable() -> None:
    """In eval mode BatchNorm saves its running statistics: had their version changed, this backward would raise."""
    net = nn.BatchNorm1d(4).eval()
    x = torch.randn(3, 4, requires_grad=True)
    loss = net(x).sum()
    net.train()
    explorer.trace(net, x)
    loss.backward()
    assert x.grad is not None


def test_a_finished_loss_can_go_back_afterwards_with_the_same_bits() -> None:
    net, x = Net().eval(), torch.randn(3, 4)
    loss = net(x).sum()
    expected = torch.autograd.grad(net(x).sum(), list(net.parameters()))
    run = explorer.trace(loss)
    assert run.graph.roots[0].name == "loss"
    assert all(one.grad is None for one in net.parameters())
    loss.backward()
    assert all(torch.equal(one.grad, gradient) for one, gradient in zip(net.parameters(), expected, strict=True))


def test_no_hook_of_the_user_runs_unless_asked() -> None:
    ran: list[str] = []
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda gradient: ran.append("leaf"))
    y = x * 2
    y.register_hook(lambda gradient: ran.append("tensor") or gradient * 10)
    y.retain_grad()
    loss = y.sum()
    loss.grad_fn.register_prehook(lambda gradients: ran.append("node"))
    run = explorer.trace(loss)
    assert not ran
    assert y.grad is None
    assert "notebook.note.hooks" in [note.key for note in run.notes]
    assert next(node for node in run.graph.nodes if node.kind == "leaf").incoming[0].value == [2.0, 2.0]
    run = explorer.trace(loss, trace_options=TraceOptions(hooks=True))
    assert {"leaf", "tensor"} <= set(ran)
    assert next(node for node in run.graph.nodes if node.kind == "leaf").incoming[0].value == [20.0, 20.0]


def test_a_backward_inside_is_shown_and_its_gradients_are_taken_back() -> None:
    net, x = nn.Linear(2, 1), torch.ones(3, 2)
    net(x).sum().backward()
    held, numbers = net.weight.grad, net.weight.grad.clone()
    version = held._version

    def step() -> None:
        for factor in (1, 2):
            loss = (net(x) * factor).sum()
            loss.backward()

    run = explorer.trace(step)
    assert [(call.name, call.kind) for call in run.backwards] == [("loss", "backward")] * 2
    assert run.backward == 1
    leaves = {node.variable: node.incoming[0].value for node in run.graph.nodes if node.kind == "leaf"}
    assert leaves["net.weight"] == [[6.0, 6.0]]
    assert net.weight.grad is held
    assert torch.equal(held, numbers)
    assert held._version == version


@pytest.mark.parametrize("call", ["torch.autograd.backward(loss)", "torch.autograd.grad(loss, [x])", "loss.backward()"])
def test_every_way_of_calling_backward_is_seen(call: str) -> None:
    x = torch.ones(2, requires_grad=True)
    code = compile(call, "<call>", "exec")

    def step() -> None:
        exec(code, {"torch": torch, "loss": (x * 2).sum(), "x": x})

    run = explorer.trace(step)
    assert len(run.backwards) == 1
    assert x.grad is None


def test_torchs_switches_are_put_back() -> None:
    def callable_that_changes_all(x: torch.Tensor) -> torch.Tensor:
        torch.set_default_dtype(torch.float64)
        torch.use_deterministic_algorithms(True)
        torch.set_grad_enabled(True)
        y = x * 2
        torch.autograd.set_detect_anomaly(True)
        torch.set_grad_enabled(False)
        return y

    before = (torch.get_default_dtype(), torch.are_deterministic_algorithms_enabled(), torch.is_anomaly_enabled())
    explorer.trace(callable_that_changes_all, torch.ones(2, requires_grad=True))
    assert before == (
        torch.get_default_dtype(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_anomaly_enabled(),
    )
    assert torch.is_grad_enabled()


def test_training_flags_that_the_callable_changes_are_put_back() -> None:
    net = Net()
    explorer.trace(lambda x: net.eval()(x) * 2, torch.ones(3, 4))
    assert all(one.training for one in net.modules())


def test_everything_is_as_it_was_after_the_users_exception() -> None:
    net, x = Net(), torch.randn(3, 4)

    def breaks(x: torch.Tensor) -> torch.Tensor:
        y = net(x)
        raise KeyError("mine" * y.ndim)

    before = state(net)
    run = explorer.trace(breaks, x)
    assert equal(before, state(net))
    assert run.status == "error"
    assert isinstance(run.exception, KeyError)
    assert "mine" in run.message
    assert run.code.splitlines()[run.line - 1].strip() == 'raise KeyError("mine" * y.ndim)'
    assert run.graph.roots[0].name == "y"


@pytest.mark.parametrize(
    ("breaks", "name", "nodes"),
    [
        (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(5, 2)), "input", 6),
        (lambda x: (x * 2).exp() @ torch.ones(7), "(x * 2).exp()", 3),
        (lambda x: x.exp().view(7) if x.ndim else x, "x.exp()", 2),
    ],
)
def test_what_the_call_was_given_that_raised_is_shown(breaks: Callable[..., Any], name: str, nodes: int) -> None:
    run = explorer.trace(breaks, torch.randn(2, 3, requires_grad=True))
    assert (run.status, run.graph.roots[0].name, len(run.graph.nodes)) == ("error", name, nodes)
    assert "as far as it came" in run.message


def test_a_graph_that_is_not_there_is_not_promised() -> None:
    run = explorer.trace(lambda x: torch.ones(2) @ torch.ones(3), torch.ones(1, requires_grad=True))
    assert run.graph.nodes == ()
    assert run.message.endswith("By then nothing had a grad_fn, so there is no graph.")


def test_an_interrupt_is_raised_again_and_all_is_put_back() -> None:
    net, x = Net(), torch.randn(3, 4)

    def interrupted(x: torch.Tensor) -> None:
        net(x)
        raise KeyboardInterrupt

    before = state(net)
    with pytest.raises(KeyboardInterrupt):
        explorer.trace(interrupted, x)
    assert equal(before, state(net))


def test_a_lazy_module_is_what_its_first_call_made_of_it() -> None:
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    run = explorer.trace(net, torch.randn(4, 2))
    assert run.status == "ok"
    assert net(torch.randn(4, 2)).shape == (4, 3)


def test_packed_tensors_of_a_finished_output_are_not_unpacked() -> None:
    ran: list[str] = []

    def unpack(packed: torch.Tensor) -> torch.Tensor:
        ran.append("unpack")
        return packed

    x = torch.ones(2, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, unpack):
        y = x * x
    run = explorer.trace(y)
    assert not ran
    assert [note.key for note in run.notes] == ["notebook.note.gradients", "limits.packed"]
    y.backward(torch.ones(2))
    assert ran


def test_after_backward_the_structure_still_comes() -> None:
    x = torch.ones(2, requires_grad=True)
    loss = (x * x).sum()
    loss.backward()
    grad = x.grad
    run = explorer.trace(loss)
    assert [node.name for node in run.graph.nodes] == ["SumBackward0", "MulBackward0", "AccumulateGrad"]
    assert [note.key for note in run.notes] == ["notebook.note.gradients"]
    assert any("freed" in saved.error for node in run.graph.nodes for saved in node.saved if saved.error)
    assert x.grad is grad


def test_a_saved_tensor_that_was_written_to_is_marked() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    loss = y.sum()
    y.mul_(2)
    del y
    run = explorer.trace(loss)
    assert run.status == "ok"
    assert any("modified" in saved.error for node in run.graph.nodes for saved in node.saved if saved.error)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((3,), "int"),
        ((torch.ones(2),), "requires grad"),
        (([1, "a"],), "no tensor"),
        ((torch.ones(2, requires_grad=True), torch.ones(2)), "inputs of a callable"),
        ((lambda: None,), "no tensor"),
        ((lambda: (yield torch.ones(1)),), "generator"),
        ((lambda x: x.detach(), torch.ones(2, requires_grad=True)), "requires grad"),
    ],
)
def test_what_cannot_be_traced_is_said_in_one_sentence(given: tuple[Any, ...], said: str) -> None:
    with pytest.raises(TraceError, match=said):
        explorer.trace(*given)


@pytest.mark.parametrize("off", [torch.no_grad, torch.inference_mode])
def test_with_gradients_switched_off_a_callable_is_refused_and_an_output_read(off: Callable[[], Any]) -> None:
    x = torch.ones(2, requires_grad=True)
    y = (x * 2).sum()
    with off():
        with pytest.raises(TraceError, match="switched off"):
            explorer.trace(lambda a: a * 2, x)
        run = explorer.trace(y)
    assert not run.notes
    assert next(node for node in run.graph.nodes if node.kind == "leaf").incoming[0].value == [2.0, 2.0]
    y.backward()


def test_errors_are_told_in_korean_when_asked() -> None:
    with pytest.raises(TraceError, match="텐서"):
        explorer.trace(3, trace_options=TraceOptions(language="ko"))


@pytest.mark.parametrize("gradient", [[1.0, 2.0], torch.ones(5), "a"])
def test_a_gradient_that_does_not_fit_is_refused(gradient: Any) -> None:
    with pytest.raises(TraceError):
        explorer.trace(
            lambda x: x * 2, torch.ones(3, requires_grad=True), trace_options=TraceOptions(gradient=gradient)
        )


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize("how", ["module", "in place", "function"])
def test_what_is_compiled_is_not_looked_into_and_not_compiled_anew(backend: str, how: str) -> None:
    torch._dynamo.reset()
    compiled: list[str] = []

    def counting(graph: torch.fx.GraphModule, inputs: Any) -> Any:
        compiled.append(backend)
        return torch._dynamo.lookup_backend(backend)(graph, inputs)

    net, x = Net().eval(), torch.ones(2, 4)
    if how == "in place":
        net.compile(backend=counting)
        called: Callable[..., Any] = net
    else:
        called = torch.compile(net if how == "module" else lambda x: net(x).sin(), backend=counting)
    output = called(x)
    count = len(compiled)
    run = explorer.trace(called, x)
    read = explorer.trace(output)
    called(x).sum().backward()
    torch._dynamo.reset()
    assert count == len(compiled) > 0
    assert run.status == "ok"
    assert not run.ops
    assert "notebook.note.compiled" in [note.key for note in run.notes]
    assert ("notebook.note.compiled" in [note.key for note in read.notes]) == (backend == "aot_eager")
    assert net.body[0].weight.grad is not None


def test_a_sparse_gradient_and_a_module_without_numbers() -> None:
    embedding = nn.Embedding(4, 2, sparse=True)
    embedding(torch.tensor([1])).sum().backward()
    grad = embedding.weight.grad
    run = explorer.trace(lambda: embedding(torch.tensor([1, 2])).sum().backward())
    assert run.status == "ok"
    assert embedding.weight.grad is grad
    assert torch.equal(grad.to_dense(), torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]))
    with torch.device("meta"):
        run = explorer.trace(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), torch.ones(3, 2, device="meta"))
    assert run.status == "ok"
    assert run.graph.nodes


def test_autocast_around_the_trace_is_not_around_its_backward() -> None:
    net, x = nn.Linear(8, 8), torch.randn(4, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = net(x)
        run = explorer.trace(net, x)
        assert torch.is_autocast_enabled("cpu")
    expected = torch.autograd.grad(output, net.bias, torch.ones_like(output))[0]
    node = next(node for node in run.graph.nodes if node.variable == "net.bias")
    assert run.graph.roots[0].tensor.dtype == "bfloat16"
    assert node.incoming[0].value == expected.tolist()


def test_nothing_is_kept_in_hand_afterwards() -> None:
    net = Net()
    explorer.trace(net, torch.randn(3, 4))
    with pytest.raises(TraceError):
        explorer.trace(lambda: None)
    assert not kept._saved


@pytest.mark.filterwarnings("ignore")  # torch warns of its own tracer
def test_a_scripted_module_is_left_as_it_was() -> None:
    """Its calls are made by C++: the graph is all that can be seen."""
    net = torch.jit.trace(nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)), torch.randn(4, 3))
    x, before = torch.randn(4, 3), {name: value.clone() for name, value in net.state_dict().items()}
    run = explorer.trace(net, x)
    assert "NativeBatchNormBackward0" in [node.name for node in run.graph.nodes]
    assert [note.key for note in run.notes] == ["notebook.note.scripted"]
    assert equal(before, dict(net.state_dict()))
