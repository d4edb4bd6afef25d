"""The formulas against torch: names that torch gives, slots that it has, numbers that it computes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
from torch.nn import functional as F

from explorer.derivatives import describe, known_names

A = torch.tensor([0.3, -0.7, 1.9], dtype=torch.float64)
B = torch.tensor([1.2, 0.4, 2.5], dtype=torch.float64)
M = torch.arange(6.0, dtype=torch.float64).reshape(2, 3) / 5
N = torch.arange(12.0, dtype=torch.float64).reshape(3, 4) / 7

CALLS: dict[str, tuple[Callable[..., torch.Tensor], tuple[torch.Tensor, ...]]] = {
    "NegBackward0": (torch.neg, (A,)),
    "AbsBackward0": (torch.abs, (A,)),
    "ExpBackward0": (torch.exp, (A,)),
    "Exp2Backward0": (torch.exp2, (A,)),
    "Expm1Backward0": (torch.expm1, (A,)),
    "LogBackward0": (torch.log, (B,)),
    "Log2Backward0": (torch.log2, (B,)),
    "Log10Backward0": (torch.log10, (B,)),
    "Log1PBackward0": (torch.log1p, (B,)),
    "SinBackward0": (torch.sin, (A,)),
    "CosBackward0": (torch.cos, (A,)),
    "TanBackward0": (torch.tan, (A,)),
    "AsinBackward0": (torch.asin, (A / 3,)),
    "AcosBackward0": (torch.acos, (A / 3,)),
    "AtanBackward0": (torch.atan, (A,)),
    "SinhBackward0": (torch.sinh, (A,)),
    "CoshBackward0": (torch.cosh, (A,)),
    "TanhBackward0": (torch.tanh, (A,)),
    "SigmoidBackward0": (torch.sigmoid, (A,)),
    "ReluBackward0": (torch.relu, (A,)),
    "SqrtBackward0": (torch.sqrt, (B,)),
    "RsqrtBackward0": (torch.rsqrt, (B,)),
    "ReciprocalBackward0": (torch.reciprocal, (B,)),
    "ErfBackward0": (torch.erf, (A,)),
    "PowBackward0": (lambda a: a**3, (A,)),
    "PowBackward1": (torch.pow, (B, A)),
    "AddBackward0": (torch.add, (A, B)),
    "SubBackward0": (torch.sub, (A, B)),
    "MulBackward0": (torch.mul, (A, B)),
    "DivBackward0": (torch.div, (A, B)),
    "Atan2Backward0": (torch.atan2, (A, B)),
    "MaximumBackward0": (torch.maximum, (A, B)),
    "MinimumBackward0": (torch.minimum, (A, B)),
    "WhereBackward0": (lambda a, b: torch.where(a > 0, a, b), (A, B)),
    "MmBackward0": (torch.mm, (M, N)),
    "BmmBackward0": (torch.bmm, (M[None], N[None])),
    "MvBackward0": (torch.mv, (M, A)),
    "DotBackward0": (torch.dot, (A, B)),
    "AddmmBackward0": (torch.addmm, (torch.ones(4, dtype=torch.float64), M, N)),
    "ConvolutionBackward0": (F.conv1d, (torch.ones(1, 1, 5), torch.ones(1, 1, 2), torch.ones(1))),
    "SumBackward0": (torch.sum, (A,)),
    "MeanBackward0": (torch.mean, (A,)),
    "ProdBackward0": (torch.prod, (A,)),
    "CumsumBackward0": (lambda a: a.cumsum(0), (A,)),
    "LogsumexpBackward0": (lambda a: a.logsumexp(0), (A,)),
    "VarBackward0": (torch.var, (A,)),
    "StdBackward0": (torch.std, (A,)),
    "SoftmaxBackward0": (lambda a: a.softmax(0), (A,)),
    "LogSoftmaxBackward0": (lambda a: a.log_softmax(0), (A,)),
    "MseLossBackward0": (F.mse_loss, (A, B)),
    "TBackward0": (torch.t, (M,)),
    "ViewBackward0": (lambda m: m.view(3, 2), (M,)),
    "SelectBackward0": (lambda m: m[0], (M,)),
    "UnbindBackward0": (lambda m: m.unbind()[0], (M,)),
    "ExpandBackward0": (lambda a: a.expand(2, 3), (A,)),
    "SiluBackward0": (F.silu, (A,)),
    "GeluBackward0": (F.gelu, (A,)),
    "SoftplusBackward0": (F.softplus, (A,)),
    "EluBackward0": (F.elu, (A,)),
    "LogSigmoidBackward0": (F.logsigmoid, (A,)),
}

NUMERIC: dict[str, Callable[..., torch.Tensor]] = {
    "n · aⁿ⁻¹": lambda a: 3 * a**2,
    "1 − tanh² a": lambda a: 1 - a.tanh() ** 2,
    "σ(a) · (1 − σ(a))": lambda a: a.sigmoid() * (1 - a.sigmoid()),
    "1/(2 · √a)": lambda a: 1 / (2 * a.sqrt()),
    "−1/(2 · a · √a)": lambda a: -1 / (2 * a * a.sqrt()),
    "−1/a²": lambda a: -1 / a**2,
    "2/√π · exp(−a²)": lambda a: 2 / torch.pi**0.5 * (-(a**2)).exp(),
    "σ(a) · (1 + a · (1 − σ(a)))": lambda a: a.sigmoid() * (1 + a * (1 - a.sigmoid())),
    "1 + tan² a": lambda a: 1 + a.tan() ** 2,
    "−a/b²": lambda a, b: -a / b**2,
    "−a/(a² + b²)": lambda a, b: -a / (a**2 + b**2),
    "b · a^(b − 1)": lambda a, b: b * a ** (b - 1),
    "a^b · ln a": lambda a, b: a**b * a.log(),
    "1/√(1 − a²)": lambda a: 1 / (1 - a**2).sqrt(),
    "1 − σ(a)": lambda a: 1 - a.sigmoid(),
    "2ᵃ · ln 2": lambda a: 2**a * torch.tensor(2.0).log(),
}
"""The local derivatives as they are written, computed by hand."""


def leaves(tensors: tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
    return [tensor.clone().requires_grad_() for tensor in tensors]


@pytest.mark.parametrize("name", CALLS)
def test_torch_gives_this_name_and_these_slots(name: str) -> None:
    call, arguments = CALLS[name]
    node = call(*leaves(arguments)).grad_fn
    assert node.name() == name
    derivative = describe(name)
    assert derivative is not None
    assert len(derivative.slots) <= len(node.next_functions)
    saved = {attribute.removeprefix("_saved_") for attribute in dir(node) if attribute.startswith("_saved_")}
    if derivative.remark.startswith("The derivative is written with the result"):
        assert "result" in saved


@pytest.mark.parametrize("name", [name for name in CALLS if describe(name) is not None])
def test_local_derivative_as_written_is_the_number(name: str) -> None:
    derivative = describe(name)
    assert derivative is not None
    call, arguments = CALLS[name]
    inputs = leaves(arguments)
    result = call(*inputs)
    gradients = torch.autograd.grad(result, inputs, torch.ones_like(result), allow_unused=True)
    for slot, gradient in zip(derivative.slots, gradients, strict=False):
        formula = NUMERIC.get(slot.local.partition(" = ")[2])
        if formula is not None:
            torch.testing.assert_close(formula(*arguments), gradient, check_dtype=False)


def test_every_written_formula_was_computed() -> None:
    written = {slot.local.partition(" = ")[2] for name in CALLS for slot in describe(name).slots}
    assert set(NUMERIC) <= written


def test_sixty_names_are_known_and_others_are_not() -> None:
    assert len(known_names()) >= 60
    assert describe("NoSuchBackward0") is None


@pytest.mark.parametrize("name", known_names())
def test_both_languages_say_something(name: str) -> None:
    english, korean = describe(name, "en"), describe(name, "ko")
    assert english is not None
    assert korean is not None
    assert english.slots == korean.slots
    assert all(slot.gradient and slot.local for slot in english.slots)
    assert bool(english.remark) == bool(korean.remark)
    assert not english.remark.startswith("derivative.")
    assert not korean.remark or re.search("[가-힣]", korean.remark)
