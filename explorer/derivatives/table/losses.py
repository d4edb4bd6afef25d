"""Losses, as with ``reduction="mean"`` over ``n`` elements; with ``"sum"`` the division is left out."""

from __future__ import annotations

from explorer.derivatives.entry import row, to

LOSSES = (
    row(
        "MseLossBackward0",
        r"\frac{1}{n} \cdot \sum (x - t)^{2}",
        to("self", "x", r"g \cdot \frac{2}{n} \cdot (x - t)"),
        to("target", "t", r"-g \cdot \frac{2}{n} \cdot (x - t)"),
        notes="mean reduction",
    ),
    row(
        "SmoothL1LossBackward0",
        r"\frac{1}{n} \cdot \sum \operatorname{smooth}_{\beta}(x - t)",
        to("self", "x", r"\frac{g}{n} \cdot \min(\max(\frac{x - t}{\beta}, -1), 1)"),
        to("target", "t", r"-\frac{g}{n} \cdot \min(\max(\frac{x - t}{\beta}, -1), 1)"),
        notes="smooth mean reduction",
        beta="beta",
    ),
    row(
        "HuberLossBackward0",
        r"\frac{1}{n} \cdot \sum \operatorname{huber}_{\delta}(x - t)",
        to("self", "x", r"\frac{g}{n} \cdot \min(\max(x - t, -\delta), \delta)"),
        to("target", "t", r"-\frac{g}{n} \cdot \min(\max(x - t, -\delta), \delta)"),
        notes="smooth mean reduction",
        delta="delta",
    ),
    row(
        "NllLossBackward0 NllLoss2DBackward0",
        r"-\frac{1}{n} \cdot \sum_{k} w_{t_{k}} \cdot x_{k, t_{k}}",
        to("self", "x", r"-\frac{g}{n} \cdot w_{j} \cdot [j = t_{k}]"),
        notes="nll reduction",
        t="target",
        w="weight",
        n="total_weight",
    ),
    row(
        "BinaryCrossEntropyBackward0",
        r"-\frac{1}{n} \cdot \sum (t \cdot \ln p + (1 - t) \cdot \ln(1 - p))",
        to("self", "p", r"\frac{g}{n} \cdot \frac{p - t}{p \cdot (1 - p)}"),
        to("target", "t", r"\frac{g}{n} \cdot (\ln(1 - p) - \ln p)"),
        notes="mean reduction bce",
    ),
    row(
        "BinaryCrossEntropyWithLogitsBackward0",
        r"-\frac{1}{n} \cdot \sum (t \cdot \ln \sigma(x) + (1 - t) \cdot \ln(1 - \sigma(x)))",
        to("self", "x", r"\frac{g}{n} \cdot (\sigma(x) - t)"),
        to("target", "t", r"-\frac{g}{n} \cdot x"),
        notes="sigma mean reduction logits",
    ),
    row(
        "SoftMarginLossBackward0",
        r"\frac{1}{n} \cdot \sum \ln(1 + e^{-t \cdot x})",
        to("self", "x", r"-\frac{g}{n} \cdot t \cdot \sigma(-t \cdot x)"),
        notes="sigma mean reduction",
        t="target",
    ),
    row(
        "MultiMarginLossBackward0",
        r"\frac{1}{n \cdot c} \cdot \sum_{j \ne t} \max(0, m - x_{t} + x_{j})^{p}",
        to(
            "self",
            "x",
            r"\frac{g}{n \cdot c} \cdot p \cdot \max(0, m - x_{t} + x_{j})^{p - 1} \cdot ([j \ne t] - [j = t])",
        ),
        notes="margin reduction",
        t="target",
        m="margin",
        p="p",
    ),
    row(
        "MultilabelMarginLossBackward0",
        r"\frac{1}{n \cdot c} \cdot \sum_{t} \sum_{j \notin t} \max(0, 1 - x_{t} + x_{j})",
        to(
            "self",
            "x",
            r"\frac{g}{n \cdot c} \cdot (\sum_{t} [1 - x_{t} + x_{j} > 0] - \sum_{j \notin t} [1 - x_{t} + x_{j} > 0])",
        ),
        notes="margin reduction",
        t="target",
    ),
    row(
        "CtcLossBackward0",
        r"-\ln \sum_{\pi} \prod_{k} e^{x_{k, \pi_{k}}}",
        to("log_probs", "x", r"g \cdot (e^{x} - \operatorname{Pr}[\pi_{k} = j])"),
        notes="ctc",
    ),
)
