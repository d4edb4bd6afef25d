"""Calls of torch that work element by element, and their formulas by hand: (call, inputs, vector-Jacobian product by (g, y, *inputs))."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.special import digamma, i0, i0e, i1, i1e

Case = tuple[Callable[..., Any], tuple[Tensor, ...], Callable[..., Any] | None]

A = torch.tensor([[0.3, -0.7, 1.9], [-2.2, 0.45, -0.2]], dtype=torch.float64)
B = torch.tensor([[1.2, 0.4, 2.5], [0.6, 3.1, 1.7]], dtype=torch.float64)
C = torch.tensor([[0.8, -1.3, 0.1], [0.9, -0.6, 2.4]], dtype=torch.float64)
SMALL = A / 3
COMPLEX = torch.complex(A, C)
W = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
ROOT = math.sqrt(2 * math.pi)


def phi(x: Tensor) -> Tensor:
    return (-(x**2) / 2).exp() / ROOT


def big_phi(x: Tensor) -> Tensor:
    return (1 + (x / math.sqrt(2)).erf()) / 2


def gelu_tanh(x: Tensor) -> Tensor:
    u = (math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)).tanh()
    return (1 + u) / 2 + x / 2 * (1 - u**2) * math.sqrt(2 / math.pi) * (1 + 0.134145 * x**2)


def over(condition: Tensor) -> Tensor:
    """The bracket of the formulas."""
    return condition.to(torch.float64)


def local(derivative: Callable[[Tensor, Tensor], Any]) -> Callable[..., Any]:
    """One input, by its local derivative of (x, y)."""
    return lambda g, y, x: g * derivative(x, y)


UNARY: dict[str, Case] = {
    "NegBackward0": (torch.neg, (A,), lambda g, y, x: -g),
    "AbsBackward0": (torch.abs, (A,), lambda g, y, x: g * x.sign()),
    "ExpBackward0": (torch.exp, (A,), lambda g, y, x: g * y),
    "Exp2Backward0": (torch.exp2, (A,), lambda g, y, x: g * y * math.log(2)),
    "Expm1Backward0": (torch.expm1, (A,), lambda g, y, x: g * (y + 1)),
    "LogBackward0": (torch.log, (B,), lambda g, y, x: g / x),
    "Log2Backward0": (torch.log2, (B,), lambda g, y, x: g / (x * math.log(2))),
    "Log10Backward0": (torch.log10, (B,), lambda g, y, x: g / (x * math.log(10))),
    "Log1PBackward0": (torch.log1p, (B,), lambda g, y, x: g / (1 + x)),
    "SqrtBackward0": (torch.sqrt, (B,), lambda g, y, x: g / (2 * y)),
    "RsqrtBackward0": (torch.rsqrt, (B,), lambda g, y, x: -g * y**3 / 2),
    "ReciprocalBackward0": (torch.reciprocal, (B,), lambda g, y, x: -g * y**2),
    "SinBackward0": (torch.sin, (A,), lambda g, y, x: g * x.cos()),
    "CosBackward0": (torch.cos, (A,), lambda g, y, x: -g * x.sin()),
    "TanBackward0": (torch.tan, (A,), lambda g, y, x: g * (1 + y**2)),
    "AsinBackward0": (torch.asin, (SMALL,), lambda g, y, x: g / (1 - x**2).sqrt()),
    "AcosBackward0": (torch.acos, (SMALL,), lambda g, y, x: -g / (1 - x**2).sqrt()),
    "AtanBackward0": (torch.atan, (A,), lambda g, y, x: g / (1 + x**2)),
    "SinhBackward0": (torch.sinh, (A,), lambda g, y, x: g * x.cosh()),
    "CoshBackward0": (torch.cosh, (A,), lambda g, y, x: g * x.sinh()),
    "TanhBackward0": (torch.tanh, (A,), lambda g, y, x: g * (1 - y**2)),
    "AsinhBackward0": (torch.asinh, (A,), lambda g, y, x: g / (x**2 + 1).sqrt()),
    "AcoshBackward0": (torch.acosh, (B + 1,), lambda g, y, x: g / (x**2 - 1).sqrt()),
    "AtanhBackward0": (torch.atanh, (SMALL,), lambda g, y, x: g / (1 - x**2)),
    "SincBackward0": (
        torch.sinc,
        (A,),
        local(lambda x, y: ((math.pi * x).cos() - (math.pi * x).sin() / (math.pi * x)) / x),
    ),
    "SigmoidBackward0": (torch.sigmoid, (A,), lambda g, y, x: g * y * (1 - y)),
    "LogitBackward0": (torch.logit, (big_phi(A),), lambda g, y, x: g / (x * (1 - x))),
    "ErfBackward0": (torch.erf, (A,), lambda g, y, x: g * 2 / math.sqrt(math.pi) * (-(x**2)).exp()),
    "ErfcBackward0": (torch.erfc, (A,), lambda g, y, x: -g * 2 / math.sqrt(math.pi) * (-(x**2)).exp()),
    "ErfinvBackward0": (torch.erfinv, (SMALL,), lambda g, y, x: g * math.sqrt(math.pi) / 2 * (y**2).exp()),
    "LgammaBackward0": (torch.lgamma, (B,), lambda g, y, x: g * digamma(x)),
    "DigammaBackward0": (torch.digamma, (B,), lambda g, y, x: g * torch.polygamma(1, x)),
    "PolygammaBackward0": (lambda x: torch.polygamma(1, x), (B,), lambda g, y, x: g * torch.polygamma(2, x)),
    "I0Backward0": (i0, (A,), lambda g, y, x: g * i1(x)),
    "SpecialI0EBackward0": (i0e, (A,), lambda g, y, x: g * (i1e(x) - x.sign() * y)),
    "SpecialI1Backward0": (i1, (A,), lambda g, y, x: g * (i0(x) - y / x)),
    "SpecialI1EBackward0": (i1e, (A,), lambda g, y, x: g * (i0e(x) - y * (x.sign() + 1 / x))),
    "SpecialEntrBackward0": (torch.special.entr, (B,), lambda g, y, x: -g * (1 + x.log())),
    "SpecialNdtriBackward0": (torch.special.ndtri, (big_phi(A),), lambda g, y, x: g * ROOT * (y**2 / 2).exp()),
    "SpecialLogNdtrBackward0": (torch.special.log_ndtr, (A,), lambda g, y, x: g / ROOT * (-y - x**2 / 2).exp()),
    "PowBackward0": (lambda x: x**3, (A,), lambda g, y, x: g * 3 * x**2),
    "Deg2RadBackward0": (torch.deg2rad, (A,), lambda g, y, x: g * math.pi / 180),
    "Rad2DegBackward0": (torch.rad2deg, (A,), lambda g, y, x: g * 180 / math.pi),
    "RoundBackward0": (torch.round, (A,), lambda g, y, x: 0 * g),
    "RoundBackward1": (lambda x: torch.round(x, decimals=1), (A,), lambda g, y, x: 0 * g),
    "FloorBackward0": (torch.floor, (A,), lambda g, y, x: 0 * g),
    "CeilBackward0": (torch.ceil, (A,), lambda g, y, x: 0 * g),
    "TruncBackward0": (torch.trunc, (A,), lambda g, y, x: 0 * g),
    "FracBackward0": (torch.frac, (A,), lambda g, y, x: g),
    "SignBackward0": (torch.sign, (A,), lambda g, y, x: 0 * g),
    "NanToNumBackward0": (torch.nan_to_num, (A,), lambda g, y, x: g * over(x.isfinite())),
    "MvlgammaBackward0": (
        lambda x: torch.mvlgamma(x, 2),
        (B + 1,),
        lambda g, y, x: g * (digamma(x) + digamma(x - 0.5)),
    ),
}

ACTIVATIONS: dict[str, Case] = {
    "ReluBackward0": (torch.relu, (A,), lambda g, y, x: g * over(y > 0)),
    "LeakyReluBackward0": (
        lambda x: F.leaky_relu(x, 0.1),
        (A,),
        lambda g, y, x: g * (over(x > 0) + 0.1 * over(x <= 0)),
    ),
    "EluBackward0": (
        lambda x: F.elu(x, 1.5),
        (A,),
        lambda g, y, x: g * (over(x > 0) + 1.5 * x.exp() * over(x <= 0)),
    ),
    "CeluBackward0": (
        lambda x: F.celu(x, 1.5),
        (A,),
        lambda g, y, x: g * (over(x > 0) + (x / 1.5).exp() * over(x <= 0)),
    ),
    "GeluBackward0": (F.gelu, (A,), lambda g, y, x: g * (big_phi(x) + x * phi(x))),
    "SiluBackward0": (F.silu, (A,), lambda g, y, x: g * x.sigmoid() * (1 + x * (1 - x.sigmoid()))),
    "MishBackward0": (
        F.mish,
        (A,),
        lambda g, y, x: g * (y / x + x * (1 - (y / x) ** 2) * x.sigmoid()),
    ),
    "SoftplusBackward0": (lambda x: F.softplus(x, 2.0), (A,), lambda g, y, x: g * (2 * x).sigmoid()),
    "LogSigmoidBackward0": (F.logsigmoid, (A,), lambda g, y, x: g * (-x).sigmoid()),
    "HardtanhBackward0": (F.hardtanh, (A,), lambda g, y, x: g * over((x > -1) & (x < 1))),
    "HardswishBackward0": (
        F.hardswish,
        (2 * A,),
        lambda g, y, x: g * ((2 * x + 3) / 6 * over((x > -3) & (x < 3)) + over(x >= 3)),
    ),
    "HardsigmoidBackward0": (F.hardsigmoid, (2 * A,), lambda g, y, x: g / 6 * over((x > -3) & (x < 3))),
    "HardshrinkBackward0": (F.hardshrink, (A,), lambda g, y, x: g * over(x.abs() > 0.5)),
    "SoftshrinkBackward0": (F.softshrink, (A,), lambda g, y, x: g * over(x.abs() > 0.5)),
    "ThresholdBackward0": (lambda x: F.threshold(x, 0.4, 9.0), (A,), lambda g, y, x: g * over(x > 0.4)),
    "PreluKernelBackward0": (
        F.prelu,
        (A, W),
        lambda g, y, x, w: (g * (over(x > 0) + w * over(x <= 0)), (g * x * over(x <= 0)).sum(0)),
    ),
    "RreluWithNoiseBackward0": (lambda x: F.rrelu(x, 0.2, 0.2 + 1e-12, training=True), (A,), None),
    "GluBackward0": (
        lambda x: F.glu(x, 0),
        (A,),
        lambda g, y, x: torch.cat((g * x[1:].sigmoid(), g * x[:1] * x[1:].sigmoid() * (1 - x[1:].sigmoid()))),
    ),
    "ClampBackward0": (
        torch.clamp,
        (A, C, C + 1),
        lambda g, y, x, low, high: (
            g * over((x >= low) & (x <= high)),
            g * over(x < low),
            g * over(x > high),
        ),
    ),
    "ClampBackward1": (lambda x: x.clamp(-1, 1), (A,), lambda g, y, x: g * over((x >= -1) & (x <= 1))),
    "ClampMinBackward0": (lambda x: torch.clamp_min(x, 0.1), (A,), lambda g, y, x: g * over(x >= 0.1)),
    "ClampMaxBackward0": (lambda x: torch.clamp_max(x, 0.1), (A,), lambda g, y, x: g * over(x <= 0.1)),
    "ClampMinBackward1": (
        lambda x, low: x.clamp_min(low),
        (A, C),
        lambda g, y, x, low: (g * over(x >= low), g * over(x < low)),
    ),
    "ClampMaxBackward1": (
        lambda x, high: x.clamp_max(high),
        (A, C),
        lambda g, y, x, high: (g * over(x <= high), g * over(x > high)),
    ),
}

SEVERAL: dict[str, Case] = {
    "AddBackward0": (lambda a, b: torch.add(a, b, alpha=2), (A, B), lambda g, y, a, b: (g, 2 * g)),
    "SubBackward0": (lambda a, b: torch.sub(a, b, alpha=2), (A, B), lambda g, y, a, b: (g, -2 * g)),
    "RsubBackward0": (lambda a, b: torch.rsub(a, b, alpha=2), (A, B), lambda g, y, a, b: (-2 * g, g)),
    "RsubBackward1": (lambda a: 1 - a, (A,), lambda g, y, a: -g),
    "MulBackward0": (torch.mul, (A, B), lambda g, y, a, b: (g * b, g * a)),
    "DivBackward0": (torch.div, (A, B), lambda g, y, a, b: (g / b, -g * a / b**2)),
    "DivBackward2": (
        lambda a, b: torch.div(a, b, rounding_mode="floor"),
        (A, B),
        lambda g, y, a, b: (0 * g, 0 * g),
    ),
    "RemainderBackward0": (lambda a: a % 0.7, (A,), lambda g, y, a: g),
    "RemainderBackward1": (torch.remainder, (A, B), lambda g, y, a, b: (g, -g * (a / b).floor())),
    "FmodBackward0": (lambda a: torch.fmod(a, 0.7), (A,), lambda g, y, a: g),
    "FmodBackward1": (torch.fmod, (A, B), lambda g, y, a, b: (g, -g * (a / b).trunc())),
    "PowBackward1": (
        torch.pow,
        (B, A),
        lambda g, y, a, b: (g * b * a ** (b - 1), g * y * a.log()),
    ),
    "PowBackward2": (lambda b: 2.5**b, (A,), lambda g, y, b: g * y * math.log(2.5)),
    "Atan2Backward0": (
        torch.atan2,
        (A, B),
        lambda g, y, a, b: (g * b / (a**2 + b**2), -g * a / (a**2 + b**2)),
    ),
    "HypotBackward0": (torch.hypot, (A, B), lambda g, y, a, b: (g * a / y, g * b / y)),
    "MaximumBackward0": (torch.maximum, (A, C), lambda g, y, a, b: (g * over(a > b), g * over(b > a))),
    "MinimumBackward0": (torch.minimum, (A, C), lambda g, y, a, b: (g * over(a < b), g * over(b < a))),
    "FmaxBackward0": (torch.fmax, (A, C), lambda g, y, a, b: (g * over(a >= b), g * over(a < b))),
    "FminBackward0": (torch.fmin, (A, C), lambda g, y, a, b: (g * over(a <= b), g * over(a > b))),
    "WhereBackward0": (
        lambda a, b: torch.where(C > 0, a, b),
        (A, B),
        lambda g, y, a, b: (g * over(C > 0), g * over(C <= 0)),
    ),
    "LerpBackward0": (lambda a, b: torch.lerp(a, b, 0.3), (A, B), lambda g, y, a, b: (g * 0.7, g * 0.3)),
    "LerpBackward1": (
        torch.lerp,
        (A, B, C),
        lambda g, y, a, b, w: (g * (1 - w), g * w, g * (b - a)),
    ),
    "AddcmulBackward0": (
        lambda a, b, c: torch.addcmul(a, b, c, value=2),
        (A, B, C),
        lambda g, y, a, b, c: (g, 2 * g * c, 2 * g * b),
    ),
    "AddcdivBackward0": (
        lambda a, b, c: torch.addcdiv(a, b, c, value=2),
        (A, C, B),
        lambda g, y, a, b, c: (g, 2 * g / c, -2 * g * b / c**2),
    ),
    "CopysignBackward0": (
        torch.copysign,
        (A, C),
        lambda g, y, a, b: (g * y / a, 0 * g),
    ),
    "LogaddexpBackward0": (
        torch.logaddexp,
        (A, B),
        lambda g, y, a, b: (g * (a - b).sigmoid(), g * (b - a).sigmoid()),
    ),
    "Logaddexp2Backward0": (
        torch.logaddexp2,
        (A, B),
        lambda g, y, a, b: (g / (1 + 2 ** (b - a)), g / (1 + 2 ** (a - b))),
    ),
    "XlogyBackward0": (torch.xlogy, (A, B), lambda g, y, a, b: (g * b.log(), g * a / b)),
    "XlogyBackward1": (lambda b: torch.xlogy(2.0, b), (B,), lambda g, y, b: g * 2 / b),
    "XlogyBackward2": (lambda a: torch.xlogy(a, 2.0), (A,), lambda g, y, a: g * math.log(2)),
    "SpecialXlog1PyBackward0": (
        torch.special.xlog1py,
        (A, B),
        lambda g, y, a, b: (g * b.log1p(), g * a / (1 + b)),
    ),
    "LdexpBackward0": (
        torch.ldexp,
        (A, C),
        lambda g, y, a, b: (g * 2**b, g * y * math.log(2)),
    ),
    "DistBackward0": (
        torch.dist,
        (A, B),
        lambda g, y, a, b: (g * (a - b) / y, -g * (a - b) / y),
    ),
}

COMPLEXES: dict[str, Case] = {
    "ComplexBackward0": (torch.complex, (A, B), lambda g, y, a, b: (g.real, g.imag)),
    "PolarBackward0": (
        torch.polar,
        (B, A),
        lambda g, y, r, t: ((g.conj() * y / r).real, (g.conj() * 1j * y).real),
    ),
    "ConjBackward0": (torch.conj, (COMPLEX,), lambda g, y, z: g.conj()),
    "ConjPhysicalBackward0": (torch.conj_physical, (COMPLEX,), lambda g, y, z: g.conj()),
    "AngleBackward0": (torch.angle, (COMPLEX,), lambda g, y, z: g * 1j * z / z.abs() ** 2),
    "SgnBackward0": (
        torch.sgn,
        (COMPLEX,),
        lambda g, y, z: (g - (g.conj() * y).real * y) / z.abs(),
    ),
    "ViewAsRealBackward0": (torch.view_as_real, (COMPLEX,), lambda g, y, z: torch.complex(g[..., 0], g[..., 1])),
    "ViewAsComplexBackward0": (
        torch.view_as_complex,
        (torch.stack((A, C), -1),),
        lambda g, y, x: torch.stack((g.real, g.imag), -1),
    ),
}

POINTWISE: dict[str, Case] = {**UNARY, **ACTIVATIONS, **SEVERAL, **COMPLEXES}
