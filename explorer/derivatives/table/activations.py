"""Activation functions and clamps."""

from __future__ import annotations

from explorer.derivatives.entry import by, each, row, to

ACTIVATIONS = (
    each("ReluBackward0", r"\max(x, 0)", "[y > 0]", "saves_result kink dead"),
    each(
        "LeakyReluBackward0",
        r"x \cdot [x > 0] + a \cdot x \cdot [x \le 0]",
        r"[x > 0] + a \cdot [x \le 0]",
        "slope_at_0",
        a="negative_slope",
    ),
    each(
        "EluBackward0",
        r"x \cdot [x > 0] + \alpha \cdot (e^{x} - 1) \cdot [x \le 0]",
        r"[x > 0] + \alpha \cdot e^{x} \cdot [x \le 0]",
        "selu",
        alpha="alpha",
    ),
    each(
        "CeluBackward0",
        r"x \cdot [x > 0] + \alpha \cdot (e^{x / \alpha} - 1) \cdot [x \le 0]",
        r"[x > 0] + e^{x / \alpha} \cdot [x \le 0]",
        alpha="alpha",
    ),
    each("GeluBackward0", r"x \cdot \Phi(x)", r"\Phi(x) + x \cdot \varphi(x)", "normal gelu"),
    each("SiluBackward0", r"x \cdot \sigma(x)", r"\sigma(x) \cdot (1 + x \cdot (1 - \sigma(x)))", "sigma"),
    each(
        "MishBackward0",
        r"x \cdot \tanh(s), \quad s = \ln(1 + e^{x})",
        r"\tanh(s) + x \cdot (1 - \tanh^{2}(s)) \cdot \sigma(x)",
        "sigma",
    ),
    each(
        "SoftplusBackward0",
        r"\frac{1}{\beta} \cdot \ln(1 + e^{\beta \cdot x})",
        r"\sigma(\beta \cdot x)",
        "sigma softplus",
        beta="beta",
    ),
    each("LogSigmoidBackward0", r"\ln \sigma(x)", r"\sigma(-x)", "sigma"),
    each("HardtanhBackward0", r"\min(\max(x, l), h)", "[l < x < h]", "dead relu6", l="min_val", h="max_val"),
    each(
        "HardswishBackward0",
        r"x \cdot \frac{\min(\max(x + 3, 0), 6)}{6}",
        r"\frac{2 \cdot x + 3}{6} \cdot [-3 < x < 3] + [x \ge 3]",
        "kink3",
    ),
    each("HardsigmoidBackward0", r"\frac{\min(\max(x + 3, 0), 6)}{6}", r"\frac{1}{6} \cdot [-3 < x < 3]", "dead"),
    each(
        "HardshrinkBackward0",
        r"x \cdot [\lvert x \rvert > \lambda]",
        r"[\lvert x \rvert > \lambda]",
        "shrinks",
        **{"lambda": "lambd"},
    ),
    each(
        "SoftshrinkBackward0",
        r"\operatorname{sign}(x) \cdot \max(\lvert x \rvert - \lambda, 0)",
        r"[\lvert x \rvert > \lambda]",
        "shrinks",
        **{"lambda": "lambd"},
    ),
    each("ThresholdBackward0", r"x \cdot [x > t] + v \cdot [x \le t]", "[x > t]", "dead", t="threshold"),
    row(
        "PreluKernelBackward0",
        r"x \cdot [x > 0] + w \cdot x \cdot [x \le 0]",
        by("self", "x", r"[x > 0] + w \cdot [x \le 0]"),
        by("weight", "w", r"x \cdot [x \le 0]"),
        notes="broadcast",
    ),
    each("RreluWithNoiseBackward0", r"x \cdot n", "n", "rrelu", n="noise"),
    row(
        "GluBackward0",
        r"a \cdot \sigma(b), \quad (a, b) = \operatorname{halves}(x)",
        to("self", "x", r"(g \cdot \sigma(b),\; g \cdot a \cdot \sigma(b) \cdot (1 - \sigma(b)))"),
        notes="sigma glu",
    ),
    row(
        "ClampBackward0",
        r"\min(\max(x, l), h)",
        by("self", "x", r"[l \le x \le h]"),
        by("min", "l", "[x < l]"),
        by("max", "h", "[x > h]"),
        notes="edges",
    ),
    each("ClampBackward1", r"\min(\max(x, l), h)", r"[l \le x \le h]", "edges dead", l="min", h="max"),
    each("ClampMinBackward0", r"\max(x, l)", r"[x \ge l]", "edges dead", l="min"),
    each("ClampMaxBackward0", r"\min(x, h)", r"[x \le h]", "edges dead", h="max"),
    row("ClampMinBackward1", r"\max(x, l)", by("self", "x", r"[x \ge l]"), by("min", "l", "[x < l]"), notes="edges"),
    row("ClampMaxBackward1", r"\min(x, h)", by("self", "x", r"[x \le h]"), by("max", "h", "[x > h]"), notes="edges"),
)
