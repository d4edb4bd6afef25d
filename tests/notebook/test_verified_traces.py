"""``TraceOptions(verify=True)``: torch's engine beside the backward by hand; what else is said where nobody compares."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import explorer
from explorer import TraceOptions
from explorer.ir import Verification
from explorer.viewer.badge import badge


def traced(output: Any, **options: Any) -> Verification:
    run = explorer.trace(output, trace_options=TraceOptions(**options))
    assert run.verification is not None
    return run.verification


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32, requires_grad=True)


def test_a_traced_module_is_verified_on_demand() -> None:
    model, x = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), torch.randn(2, 3)
    found = explorer.trace(model, x, trace_options=TraceOptions(verify=True)).verification
    assert (found.status, found.leaves, found.equal, found.largest_difference) == ("verified", 4, 4, 0.0)
    assert all(one.grad is None for one in model.parameters())


def test_a_finished_output_is_verified_and_stays_usable() -> None:
    x = leaf(1, 2, 3)
    y = (x.sin() * x).sum()
    assert traced(y, verify=True).status == "verified"
    y.backward()
    assert torch.equal(x.grad, x.detach().cos() * x.detach() + x.detach().sin())


class Fickle(torch.autograd.Function):
    """Its gradient is another each time."""

    times = 0

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        Fickle.times += 1
        return gradient * Fickle.times


def test_what_a_custom_function_gave_is_taken_over_and_said() -> None:
    Fickle.times = 0
    found = traced(Fickle.apply(leaf(1, 2)).sum(), verify=True)
    assert (found.status, found.adopted) == ("verified", ("FickleBackward",))
    assert Fickle.times == 1


def test_the_engine_runs_hooks_and_what_they_changed_is_taken_over() -> None:
    x = leaf(1, 2)
    y = x * 2
    y.register_hook(lambda gradient: gradient * 10)
    run = explorer.trace(y.sum(), trace_options=TraceOptions(verify=True))
    assert (run.verification.status, run.verification.adopted) == ("verified", ("MulBackward0",))
    assert next(node.incoming[0].value for node in run.graph.nodes if node.kind == "leaf") == [20.0, 20.0]
    assert not run.notes


@pytest.mark.parametrize(
    ("options", "reason"),
    [({}, "by_hand"), ({"hooks": True}, "asked"), ({"gradients": False, "verify": True}, "nothing")],
)
def test_a_trace_that_nobody_compares_says_why(options: dict[str, bool], reason: str) -> None:
    run = explorer.trace(leaf(1, 2).exp().sum(), trace_options=TraceOptions(**options))
    assert (run.verification.status, run.verification.reason) == ("skipped", reason)
    for language in ("en", "ko"):
        assert badge(run.record, language)["more"]


def test_a_backward_that_raises_is_no_proof() -> None:
    class Broken(Fickle):
        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
            raise ValueError("no")

    for verify in (False, True):
        assert traced(Broken.apply(leaf(1, 2)).sum(), verify=verify).reason == "raised"
