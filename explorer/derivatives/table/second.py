"""Second derivatives, which a backward with ``create_graph=True`` makes: here ``d`` is the gradient that the first backward was given."""

from __future__ import annotations

from explorer.derivatives.entry import by, move, row, to

SECOND = (
    row(
        "TanhBackwardBackward0",
        r"d \cdot (1 - z^{2})",
        by("grad_output", "d", "1 - z^{2}"),
        by("output", "z", r"-2 \cdot d \cdot z"),
        notes="second",
    ),
    row(
        "SigmoidBackwardBackward0",
        r"d \cdot z \cdot (1 - z)",
        by("grad_output", "d", r"z \cdot (1 - z)"),
        by("output", "z", r"d \cdot (1 - 2 \cdot z)"),
        notes="second",
    ),
    row(
        "ThresholdBackwardBackward0",
        r"d \cdot [x > t]",
        by("grad_output", "d", "[x > t]"),
        by("self", "x", "0"),
        notes="second",
        t="threshold",
    ),
    row(
        "SoftmaxBackwardDataBackward0",
        r"z \cdot (d - \sum d \cdot z)",
        to("grad_output", "d", r"z \cdot (g - \sum g \cdot z)"),
        to("output", "z", r"g \cdot (d - \sum d \cdot z) - d \cdot \sum g \cdot z"),
        notes="second",
    ),
    row(
        "LogSoftmaxBackwardDataBackward0",
        r"d - e^{z} \cdot \sum d",
        to("grad_output", "d", r"g - \sum g \cdot e^{z}"),
        to("output", "z", r"-g \cdot e^{z} \cdot \sum d"),
        notes="second",
    ),
    row(
        "MseLossBackwardBackward0",
        r"d \cdot \frac{2}{n} \cdot (x - t)",
        to("grad_output", "d", r"\sum g \cdot \frac{2}{n} \cdot (x - t)"),
        to("self", "x", r"g \cdot d \cdot \frac{2}{n}"),
        to("target", "t", r"-g \cdot d \cdot \frac{2}{n}"),
        notes="second mean reduction",
    ),
    row(
        "ConvolutionBackwardBackward0",
        r"(d \ast^{\top} w,\; x \ast d,\; \sum d)",
        to("grad_output", "d", r"g_{x} \ast w + x \ast g_{w} + g_{b}"),
        to("input", "x", r"d \ast^{\top} g_{w}"),
        to("weight", "w", r"g_{x} \ast d"),
        notes="second convolution",
    ),
    move("DiagonalBackwardBackward0", r"\operatorname{diag}(x)", r"\operatorname{diagonal}(g)", "second"),
    move("SelectBackwardBackward0", r"\operatorname{put}_{i}(x)", "g_{i}", "second", i="index"),
    move(
        "SliceBackwardBackward0", r"\operatorname{put}_{p:q:r}(x)", "g_{p:q:r}", "second", p="start", q="end", r="step"
    ),
    move("UnfoldBackwardBackward0", r"\operatorname{fold}(x)", r"\operatorname{unfold}(g)", "second"),
    move("EmbeddingDenseBackwardBackward0", r"\operatorname{put}_{i}(x)", "g_{i}", "second", i="indices"),
)
