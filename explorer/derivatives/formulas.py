"""The table behind `describe`: per grad_fn the forward call and, slot by slot, (name, symbol, local derivative, gradient).

``·`` is elementwise, ``@`` the matrix product, ``Σ`` a sum, ``1[...]`` is 1 where the condition holds and 0 elsewhere, ``J`` a Jacobian.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

SlotText = tuple[str, str, str, str]


class Formula(NamedTuple):
    """A row of the table."""

    forward: str
    slots: tuple[SlotText, ...]
    remark: str = ""
    """The key of a sentence in ``words/derivatives.toml``, without its prefix."""


def _pointwise(forward: str, local: str, gradient: str | None = None, remark: str = "") -> Formula:
    """A function of one tensor, element by element."""
    return Formula(forward, (("self", "a", local, gradient or f"grad · ({local})"),), remark)


_POINTWISE = {
    "NegBackward0": _pointwise("−a", "−1", "−grad"),
    "AbsBackward0": _pointwise("|a|", "sign(a)", "grad · sign(a)", "kink"),
    "ExpBackward0": _pointwise("exp(a)", "exp(a)", "grad · result", "saves_result"),
    "Exp2Backward0": _pointwise("2ᵃ", "2ᵃ · ln 2", "grad · result · ln 2", "saves_result"),
    "Expm1Backward0": _pointwise("exp(a) − 1", "exp(a)", "grad · (result + 1)", "saves_result"),
    "LogBackward0": _pointwise("ln a", "1/a", "grad / a", "pole"),
    "Log2Backward0": _pointwise("log₂ a", "1/(a · ln 2)", "grad / (a · ln 2)", "pole"),
    "Log10Backward0": _pointwise("log₁₀ a", "1/(a · ln 10)", "grad / (a · ln 10)", "pole"),
    "Log1PBackward0": _pointwise("ln(1 + a)", "1/(1 + a)", "grad / (1 + a)"),
    "SinBackward0": _pointwise("sin a", "cos a", "grad · cos a"),
    "CosBackward0": _pointwise("cos a", "−sin a", "−grad · sin a"),
    "TanBackward0": _pointwise("tan a", "1 + tan² a", "grad · (1 + result²)", "saves_result"),
    "AsinBackward0": _pointwise("asin a", "1/√(1 − a²)", "grad / √(1 − a²)"),
    "AcosBackward0": _pointwise("acos a", "−1/√(1 − a²)", "−grad / √(1 − a²)"),
    "AtanBackward0": _pointwise("atan a", "1/(1 + a²)", "grad / (1 + a²)"),
    "SinhBackward0": _pointwise("sinh a", "cosh a", "grad · cosh a"),
    "CoshBackward0": _pointwise("cosh a", "sinh a", "grad · sinh a"),
    "TanhBackward0": _pointwise("tanh a", "1 − tanh² a", "grad · (1 − result²)", "saturates"),
    "SigmoidBackward0": _pointwise("σ(a)", "σ(a) · (1 − σ(a))", "grad · result · (1 − result)", "saturates"),
    "LogSigmoidBackward0": _pointwise("ln σ(a)", "1 − σ(a)", "grad · (1 − σ(a))"),
    "ReluBackward0": _pointwise("max(a, 0)", "1[a > 0]", "grad · 1[result > 0]", "dead"),
    "LeakyReluBackward0": _pointwise("a if a > 0 else k · a", "1 if a > 0 else k", "grad · (1 if a > 0 else k)"),
    "EluBackward0": _pointwise("a if a > 0 else α · (exp(a) − 1)", "1 if a > 0 else α · exp(a)"),
    "SiluBackward0": _pointwise("a · σ(a)", "σ(a) · (1 + a · (1 − σ(a)))"),
    "GeluBackward0": _pointwise("a · Φ(a)", "Φ(a) + a · φ(a)"),
    "SoftplusBackward0": _pointwise("ln(1 + exp(β · a)) / β", "σ(β · a)", "grad · σ(β · a)"),
    "HardtanhBackward0": _pointwise("clamp(a, min, max)", "1[min < a < max]", "grad · 1[min < a < max]", "dead"),
    "SqrtBackward0": _pointwise("√a", "1/(2 · √a)", "grad / (2 · result)", "pole"),
    "RsqrtBackward0": _pointwise("1/√a", "−1/(2 · a · √a)", "−grad / 2 · result³", "pole"),
    "ReciprocalBackward0": _pointwise("1/a", "−1/a²", "−grad · result²", "pole"),
    "ErfBackward0": _pointwise("erf a", "2/√π · exp(−a²)", "grad · 2/√π · exp(−a²)"),
    "PowBackward0": _pointwise("aⁿ", "n · aⁿ⁻¹", "grad · n · a^(n − 1)", "power"),
    "ClampBackward1": _pointwise("clamp(a, min, max)", "1[min ≤ a ≤ max]", "grad · 1[min ≤ a ≤ max]", "dead"),
    "ClampMinBackward0": _pointwise("max(a, min)", "1[a ≥ min]", "grad · 1[a ≥ min]", "dead"),
    "ClampMaxBackward0": _pointwise("min(a, max)", "1[a ≤ max]", "grad · 1[a ≤ max]", "dead"),
    "RoundBackward0": _pointwise("round(a)", "0", "0", "steps"),
    "FloorBackward0": _pointwise("⌊a⌋", "0", "0", "steps"),
    "CeilBackward0": _pointwise("⌈a⌉", "0", "0", "steps"),
    "SignBackward0": _pointwise("sign(a)", "0", "0", "steps"),
}

_ARITHMETIC = {
    "AddBackward0": Formula("a + α · b", (("self", "a", "1", "grad"), ("other", "b", "α", "grad · α")), "broadcast"),
    "SubBackward0": Formula("a − α · b", (("self", "a", "1", "grad"), ("other", "b", "−α", "−grad · α")), "broadcast"),
    "RsubBackward1": Formula("b − a", (("self", "a", "−1", "−grad"),)),
    "MulBackward0": Formula("a · b", (("self", "a", "b", "grad · b"), ("other", "b", "a", "grad · a")), "broadcast"),
    "DivBackward0": Formula(
        "a / b", (("self", "a", "1/b", "grad / b"), ("other", "b", "−a/b²", "−grad · a / b²")), "broadcast"
    ),
    "PowBackward1": Formula(
        "a^b",
        (
            ("self", "a", "b · a^(b − 1)", "grad · b · a^(b − 1)"),
            ("exponent", "b", "a^b · ln a", "grad · result · ln a"),
        ),
    ),
    "Atan2Backward0": Formula(
        "atan2(a, b)",
        (("self", "a", "b/(a² + b²)", "grad · b / (a² + b²)"), ("other", "b", "−a/(a² + b²)", "−grad · a / (a² + b²)")),
    ),
    "MaximumBackward0": Formula(
        "max(a, b)",
        (("self", "a", "1[a > b]", "grad · 1[a > b]"), ("other", "b", "1[b > a]", "grad · 1[b > a]")),
        "ties",
    ),
    "MinimumBackward0": Formula(
        "min(a, b)",
        (("self", "a", "1[a < b]", "grad · 1[a < b]"), ("other", "b", "1[b < a]", "grad · 1[b < a]")),
        "ties",
    ),
    "WhereBackward0": Formula(
        "where(c, a, b)", (("self", "a", "1[c]", "grad · 1[c]"), ("other", "b", "1[not c]", "grad · 1[not c]"))
    ),
    "LerpBackward0": Formula(
        "a + w · (b − a)", (("self", "a", "1 − w", "grad · (1 − w)"), ("end", "b", "w", "grad · w"))
    ),
}

_PRODUCTS = {
    "MmBackward0": Formula(
        "A @ B", (("self", "A", "right factor B", "grad @ Bᵀ"), ("mat2", "B", "left factor A", "Aᵀ @ grad"))
    ),
    "BmmBackward0": Formula(
        "A @ B", (("self", "A", "right factor B", "grad @ Bᵀ"), ("mat2", "B", "left factor A", "Aᵀ @ grad")), "batch"
    ),
    "MvBackward0": Formula("A @ v", (("self", "A", "vᵀ in each row", "grad ⊗ v"), ("vec", "v", "A", "Aᵀ @ grad"))),
    "DotBackward0": Formula("Σ a · b", (("self", "a", "b", "grad · b"), ("tensor", "b", "a", "grad · a"))),
    "AddmmBackward0": Formula(
        "β · c + α · A @ B",
        (
            ("self", "c", "β", "Σ over the batch of grad · β"),
            ("mat1", "A", "α · B", "grad @ Bᵀ · α"),
            ("mat2", "B", "α · A", "Aᵀ @ grad · α"),
        ),
        "linear",
    ),
    "BaddbmmBackward0": Formula(
        "β · c + α · A @ B",
        (
            ("self", "c", "β", "grad · β"),
            ("batch1", "A", "α · B", "grad @ Bᵀ · α"),
            ("batch2", "B", "α · A", "Aᵀ @ grad · α"),
        ),
        "batch",
    ),
    "ConvolutionBackward0": Formula(
        "a ∗ w + b",
        (
            ("input", "a", "the kernel w", "grad convolved with the flipped kernel w"),
            ("weight", "w", "the patches of a", "a correlated with grad, summed over the batch"),
            ("bias", "b", "1", "Σ of grad over batch and positions"),
        ),
        "convolution",
    ),
    "EmbeddingBackward0": Formula("w[i]", (("weight", "w", "1 in row i", "grad added into row i"),), "embedding"),
}

_REDUCTIONS = {
    "SumBackward0": Formula("Σ a", (("self", "a", "1", "grad, repeated for each element"),)),
    "SumBackward1": Formula("Σ a over dims", (("self", "a", "1", "grad, repeated along the summed dims"),)),
    "MeanBackward0": Formula("Σ a / n", (("self", "a", "1/n", "grad / n, repeated for each element"),), "mean"),
    "MeanBackward1": Formula("Σ a / n over dims", (("self", "a", "1/n", "grad / n, repeated along the dims"),), "mean"),
    "ProdBackward0": Formula("Π a", (("self", "a", "product of the others", "grad · result / a"),)),
    "CumsumBackward0": Formula("cumsum(a)", (("self", "aᵢ", "1[i ≤ position]", "cumsum of grad from the end"),)),
    "LogsumexpBackward0": Formula("ln Σ exp(a)", (("self", "a", "softmax(a)", "grad · exp(a − result)"),)),
    "VarBackward0": Formula(
        "Σ (a − ā)² / (n − c)", (("self", "a", "2 · (a − ā) / (n − c)", "grad · 2 · (a − ā) / (n − c)"),)
    ),
    "StdBackward0": Formula(
        "√var(a)", (("self", "a", "(a − ā) / ((n − c) · std)", "grad · (a − ā) / ((n − c) · result)"),), "pole"
    ),
    "LinalgVectorNormBackward0": Formula("‖a‖", (("self", "a", "a / ‖a‖", "grad · a / result"),), "norm"),
    "NormBackward0": Formula("‖a‖", (("self", "a", "a / ‖a‖", "grad · a / result"),), "norm"),
    "MaxBackward0": Formula(
        "max of dim", (("self", "a", "1 at the largest", "grad put at the index of the largest"),), "selects"
    ),
    "MaxBackward1": Formula(
        "max a", (("self", "a", "1 at the largest", "grad at the largest, shared among equals"),), "selects"
    ),
    "MinBackward0": Formula(
        "min of dim", (("self", "a", "1 at the smallest", "grad put at the index of the smallest"),), "selects"
    ),
    "MinBackward1": Formula(
        "min a", (("self", "a", "1 at the smallest", "grad at the smallest, shared among equals"),), "selects"
    ),
    "AmaxBackward0": Formula(
        "amax a", (("self", "a", "1 at the largest", "grad at the largest, shared among equals"),), "selects"
    ),
    "TopkBackward0": Formula(
        "topk(a, k)", (("self", "a", "1 at the chosen", "grad put back at their indices"),), "selects"
    ),
}

_NETWORKS = {
    "SoftmaxBackward0": Formula(
        "softmax(a)", (("self", "aⱼ", "sᵢ · (1[i = j] − sⱼ)", "result · (grad − Σ grad · result)"),), "softmax"
    ),
    "LogSoftmaxBackward0": Formula(
        "log softmax(a)", (("self", "aⱼ", "1[i = j] − sⱼ", "grad − exp(result) · Σ grad"),), "softmax"
    ),
    "NllLossBackward0": Formula(
        "−a[target]", (("self", "a", "−1 at the target", "−grad / n at the target class"),), "mean"
    ),
    "MseLossBackward0": Formula(
        "(a − t)² / n",
        (
            ("self", "a", "2 · (a − t) / n", "grad · 2 · (a − t) / n"),
            ("target", "t", "−2 · (a − t) / n", "−grad · 2 · (a − t) / n"),
        ),
        "mean",
    ),
    "BinaryCrossEntropyBackward0": Formula(
        "−t · ln p − (1 − t) · ln(1 − p)",
        (("self", "p", "(p − t) / (p · (1 − p))", "grad · (p − t) / (p · (1 − p)) / n"),),
        "mean",
    ),
    "BinaryCrossEntropyWithLogitsBackward0": Formula(
        "−t · ln σ(a) − (1 − t) · ln(1 − σ(a))", (("self", "a", "σ(a) − t", "grad · (σ(a) − t) / n"),), "mean"
    ),
    "SmoothL1LossBackward0": Formula(
        "smooth |a − t|", (("self", "a", "clamp((a − t) / β, −1, 1)", "grad · clamp((a − t) / β, −1, 1) / n"),), "mean"
    ),
    "NativeBatchNormBackward0": Formula(
        "γ · (a − μ) / σ + β",
        (
            ("input", "a", "J of the normalisation", "γ/σ · (grad − mean(grad) − x̂ · mean(grad · x̂))"),
            ("weight", "γ", "x̂", "Σ grad · x̂"),
            ("bias", "β", "1", "Σ grad"),
        ),
        "normalisation",
    ),
    "NativeLayerNormBackward0": Formula(
        "γ · (a − μ) / σ + β",
        (
            ("input", "a", "J of the normalisation", "1/σ · (γ·grad − mean(γ·grad) − x̂ · mean(γ·grad · x̂))"),
            ("weight", "γ", "x̂", "Σ grad · x̂ over the batch"),
            ("bias", "β", "1", "Σ grad over the batch"),
        ),
        "normalisation",
    ),
    "NativeDropoutBackward0": Formula(
        "a · mask / (1 − p)", (("input", "a", "mask / (1 − p)", "grad · mask / (1 − p)"),), "dropout"
    ),
    "MaxPool2DWithIndicesBackward0": Formula(
        "max of each window", (("self", "a", "1 at the window's largest", "grad put at the kept indices"),), "selects"
    ),
    "AvgPool2DBackward0": Formula("mean of each window", (("self", "a", "1/k²", "grad / k², spread over the window"),)),
}

_MOVES = (
    ("TBackward0", "aᵀ", "gradᵀ"),
    ("TransposeBackward0", "a.transpose(i, j)", "grad.transpose(i, j)"),
    ("PermuteBackward0", "a.permute(dims)", "grad.permute(inverse dims)"),
    ("ViewBackward0", "a.view(shape)", "grad.reshape(shape of a)"),
    ("UnsafeViewBackward0", "a.view(shape)", "grad.reshape(shape of a)"),
    ("ReshapeAliasBackward0", "a.reshape(shape)", "grad.reshape(shape of a)"),
    ("SqueezeBackward0", "a.squeeze()", "grad.reshape(shape of a)"),
    ("SqueezeBackward1", "a.squeeze(dim)", "grad.unsqueeze(dim)"),
    ("UnsqueezeBackward0", "a.unsqueeze(dim)", "grad.squeeze(dim)"),
    ("ExpandBackward0", "a.expand(shape)", "Σ of grad over the expanded dims"),
    ("RepeatBackward0", "a.repeat(counts)", "Σ of grad over the copies"),
    ("SelectBackward0", "a.select(dim, i)", "grad at position i, zeros elsewhere"),
    ("SliceBackward0", "a[i:j]", "grad at i:j, zeros elsewhere"),
    ("IndexBackward0", "a[indices]", "grad added into those indices, zeros elsewhere"),
    ("GatherBackward0", "a.gather(dim, index)", "grad added at the gathered places"),
    ("UnbindBackward0", "a.unbind(dim)", "the gradients stacked along dim"),
    ("SplitBackward0", "a.split(size)", "the gradients joined along dim"),
    ("CatBackward0", "cat of tensors", "for each tensor its own piece of grad"),
    ("StackBackward0", "stack of tensors", "for each tensor its own slice of grad"),
    ("CloneBackward0", "a.clone()", "grad"),
    ("AliasBackward0", "a", "grad"),
    ("ToCopyBackward0", "a.to(dtype or device)", "grad.to(dtype and device of a)"),
    ("FlipBackward0", "a.flip(dims)", "grad.flip(dims)"),
    ("AsStridedBackward0", "a.as_strided(...)", "grad scattered into the storage cells it came from"),
)
"""Calls that only move elements: (name, forward, gradient)."""

_SHAPES = {
    name: Formula(forward, (("self", "a", "1 (elements only move)", gradient),), "moves")
    for name, forward, gradient in _MOVES
}

FORMULAS = MappingProxyType({**_POINTWISE, **_ARITHMETIC, **_PRODUCTS, **_REDUCTIONS, **_NETWORKS, **_SHAPES})
