"""The run's numbers in formulas: what stands between the signs of equality is computed again here, and must be what autograd sent."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.derivatives import Numbers, numbers
from explorer.ir import Run
from tests.samples import run

HEAD = "import torch\nfrom torch.nn import functional as F\n"

SCALARS = [
    "x * w", "x / w", "x - w", "x.add(w, alpha=2)", "1 - x", "x.exp()", "x.log()", "x.sqrt()", "x.rsqrt()", "1 / x", "x.sin()",
    "x.cos()", "x.tan()", "w.tanh()", "x.sigmoid()", "x**3", "w**2", "x**w", "2**w", "x.log2()", "x.log10()", "x.log1p()", "x.exp2()",
    "w.sinh()", "w.cosh()", "w.atan()", "w.asinh()", "torch.atan2(x, w)", "torch.hypot(x, w)", "torch.maximum(x, w)",
    "torch.minimum(x, w)", "x.lerp(w, 0.25)", "torch.addcmul(x, x, w, value=3)", "torch.addcdiv(x, w, x, value=3)", "w.relu()",
    "F.leaky_relu(w, 0.1)", "F.elu(w)", "F.softplus(w)", "F.silu(w)", "F.hardtanh(w)", "w.clamp(-1, 1)", "torch.where(x > w, x, w)",
    "torch.logaddexp(x, w)", "torch.xlogy(x, x)", "w.abs()", "-w", "x.floor()", "F.mse_loss(x, w)", "F.hardswish(w)", "torch.expm1(w)",
]  # fmt: skip


def written(code: str) -> tuple[Run, list[tuple[int, Numbers]]]:
    seen = run(code)
    assert seen.status == "ok", seen.message
    return seen, [(node.id, each) for node in seen.graph.nodes for each in numbers(node, seen)]


def sent(seen: Run, node: int, slot: int) -> object:
    return next(edge.gradient.value for edge in seen.graph.edges if (edge.source, edge.slot) == (node, slot))


WORDS = {
    "exp": math.exp, "ln": math.log, "log": math.log, "sin": math.sin, "cos": math.cos, "tan": math.tan, "sinh": math.sinh, "cosh": math.cosh,
    "sqrt": math.sqrt, "sigma": lambda x: 1 / (1 + math.exp(-x)), "sign": lambda x: (x > 0) - (x < 0), "min": min, "max": max,
    "floor": math.floor, "pi": math.pi, "e": math.e,
}  # fmt: skip


def computed(latex: str) -> float:
    """LaTeX without letters as a number: fractions, powers, brackets of conditions, functions."""
    text = latex.replace(r"\;", "")
    text = re.sub(r"\\operatorname\{(\w+)\}", r"\1", text)
    text = re.sub(r"\\(le|ge)\b", lambda sign: {"le": "<=", "ge": ">="}[sign[1]], text)
    while (found := re.search(r"\\frac\{([^{}]*)\}\{([^{}]*)\}|\^\{([^{}]*)\}|\\sqrt\{([^{}]*)\}", text)) is not None:
        above, below, power, root = found.groups()
        new = (
            f"(({above})/({below}))" if above is not None else f"**({power})" if power is not None else f"sqrt({root})"
        )
        text = text[: found.start()] + new + text[found.end() :]
    text = (
        text.replace(r"\cdot", "*")
        .replace(r"\lfloor", "floor(")
        .replace(r"\rfloor", ")")
        .replace(r"\lnot", "not")
        .replace("\\", "")
    )
    text = re.sub(r"\b(ln|sin|cos|tan|sinh|cosh) (\([^()]*\)|[\d.]+)", r"\1(\2)", text)
    text = re.sub(r"\[([^]]*)\]", lambda inner: "float(" + inner[1].replace(" = ", " == ") + ")", text)
    return float(eval(text, {"__builtins__": {"float": float}}, WORDS))  # our own formula


@pytest.mark.parametrize("call", SCALARS)
def test_the_middle_of_the_line_is_what_autograd_sent(call: str) -> None:
    head = "x = torch.tensor(0.625, dtype=torch.float64, requires_grad=True)\nw = torch.tensor(-1.75, dtype=torch.float64, requires_grad=True)\n"
    positive = "x**w" in call or "torch.xlogy" in call
    seen, found = written(f"{HEAD}{head}(2.5 * ({call})).sum()" if not positive else f"{HEAD}{head}2.5 * ({call})")
    made = {node.id for node in seen.graph.nodes if node.name not in ("SumBackward0",)}
    found = [(node, each) for node, each in found if node in made]
    assert found
    for node, each in found:
        value = sent(seen, node, each.slot)
        middle, last = re.split(r" = (?![^[]*\])", each.latex)[-2:]
        assert computed(last) == pytest.approx(value, rel=6e-4)
        if not re.fullmatch(r"[a-zA-Z\\ {}]+", middle) and not re.search(r"(?<![a-z\\])[abcgnxy](?![a-z(])", middle):
            assert computed(middle) == pytest.approx(value, rel=2e-3, abs=1e-9), each.text


@settings(max_examples=25, deadline=None)
@given(a=st.floats(-50, 50).filter(lambda a: abs(a) > 1e-3), b=st.floats(-50, 50).filter(lambda b: abs(b) > 1e-3))
def test_any_two_numbers(a: float, b: float) -> None:
    code = f"import torch\na = torch.tensor({a}, dtype=torch.float64, requires_grad=True)\nb = torch.tensor({b}, dtype=torch.float64, requires_grad=True)\na / b"
    _, found = written(code)
    lines = [each.latex.split(" = ") for _, each in found]
    assert [computed(line[1]) for line in lines] == pytest.approx([1 / b, -a / b**2], rel=5e-3)
    assert [computed(line[2]) for line in lines] == pytest.approx([1 / b, -a / b**2], rel=1e-3)


LINES = [
    ("(v * w).sum()", "MulBackward0", ["g · b = (1, 1) · (−2) = (−2, −2)", "Σ g · a = Σ (1, 1) · (1, −2) = −1"]),
    ("(v**3).sum()", "PowBackward0", ["g · n · xⁿ⁻¹ = (1, 1) · 3 · (1, −2)³⁻¹ = (3, 12)"]),
    ("A @ A", "MmBackward0", [
        "g Bᵀ = (1, 1; 1, 1) (1, 2; 3, −4)ᵀ = (3, −1; 3, −1)",
        "Aᵀ g = (1, 2; 3, −4)ᵀ (1, 1; 1, 1) = (4, 4; −2, −2)",
    ]),
    ("v.std()", "StdBackward0", ["g · (x − x̄) / ((n − c) · y) = 1 · ((1, −2) − (−0.5)) / ((2 − 1) · 2.121) = (0.7071, −0.7071)"]),
    ("A.mean()", "MeanBackward0", ["g / n · (1, …, 1) = 1 / 4 · (1, …, 1) = (0.25, 0.25; 0.25, 0.25)"]),
    ("F.mse_loss(v, torch.zeros(2))", "MseLossBackward0", ["g · 2 / n · (x − t) = 1 · 2 / 2 · ((1, −2) − (0, 0)) = (1, −2)"]),
    ("F.mse_loss(v, torch.zeros(2), reduction='sum')", "MseLossBackward0", ["g · 2 / n · (x − t) = 1 · 2 / 1 · ((1, −2) − (0, 0)) = (2, −4)"]),
    ("(w**3).tanh()", "TanhBackward0", ["g · (1 − y²) = 1 · (1 − (−0.999999762)²) = 4.768 · 10⁻⁷"]),
    ("(w + w).abs()", "AddBackward0", ["g = −1", "g · α = (−1) · 1 = −1"]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "name", "lines"), LINES)
def test_lines_as_they_are_read(code: str, name: str, lines: list[str]) -> None:
    head = "w = torch.tensor(-2.0, requires_grad=True)\nv = torch.tensor([1.0, -2.0], requires_grad=True)\nA = torch.tensor([[1.0, 2.0], [3.0, -4.0]], requires_grad=True)\n"
    seen, found = written(HEAD + head + code)
    assert [each.text for node, each in found if seen.graph.nodes[node].name == name] == lines
    for _, each in found:
        root = ET.fromstring(each.mathml)
        assert root.tag.endswith("math")
        drawn = "".join(root.itertext()).replace(" ", "")
        assert drawn.count("=") >= each.latex.count(" = ")
        assert not re.search(r"[\\{}]", drawn)


@pytest.mark.parametrize(
    "code",
    [
        "x = torch.ones(5, requires_grad=True)\n(x * 2).sum()",
        "x = torch.ones(2, requires_grad=True)\nx.cumsum(0)[1]",
        "x = torch.tensor(1 + 2j, requires_grad=True)\n(x * x).abs()",
        "class Twice(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        return 2 * x\n    @staticmethod\n    def backward(ctx, g):\n        return 2 * g\nTwice.apply(torch.ones(1, requires_grad=True))",
    ],
)
def test_where_numbers_are_many_or_no_numbers_there_are_none(code: str) -> None:
    seen, found = written(HEAD + code)
    assert not {seen.graph.nodes[node].name for node, _ in found} & {"MulBackward0", "CumsumBackward0", "TwiceBackward"}


def test_a_variable_that_was_written_to_later_is_not_read() -> None:
    code = "w = torch.tensor(-2.0, requires_grad=True)\nc = torch.tensor(5.0)\ny = torch.rsub(c, w)\nc.add_(1)\ny"
    _, found = written(HEAD + code)
    assert all("6" not in each.text for _, each in found)


def test_numbers_that_are_not_finite_have_names() -> None:
    _, found = written(HEAD + "x = torch.tensor(0.0, requires_grad=True)\nx.sqrt()")
    assert [each.text for _, each in found] == ["g / (2 · y) = 1 / (2 · 0) = ∞"]
    assert torch.tensor(0.0).rsqrt().isinf()
