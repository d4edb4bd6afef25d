"""The calls that layers are made of."""

from __future__ import annotations

from explorer.derivatives.entry import Entry, Input, move, row, to


def _normalisation(names: str, *slots: Input, notes: str, **letters: str) -> Entry:
    return row(
        names, r"\gamma \cdot \hat{x} + \beta, \quad \hat{x} = \frac{x - \mu}{\sigma}", *slots, notes=notes, **letters
    )


def _recurrent(name: str, weight: str) -> Entry:
    return row(
        name,
        r"h_{t} = f(x_{t}, h_{t - 1}, w)",
        to("input", "x", r"(\frac{\partial f}{\partial x})^{\top} \delta_{t}"),
        to(
            weight,
            "w",
            r"\sum_{t} (\frac{\partial f}{\partial w})^{\top} \delta_{t}, \quad \delta_{t} = g_{t} + (\frac{\partial f}{\partial h})^{\top} \delta_{t + 1}",
        ),
        notes="rnn",
    )


_INPUT = to(
    "input",
    "x",
    r"\frac{1}{\sigma} \cdot (\gamma \cdot g - \operatorname{mean}(\gamma \cdot g) - \hat{x} \cdot \operatorname{mean}(\gamma \cdot g \cdot \hat{x}))",
)
_SCALE = to("weight", r"\gamma", r"\sum g \cdot \hat{x}")
_SHIFT = to("bias", r"\beta", r"\sum g")

NETWORKS = (
    row(
        "SoftmaxBackward0 MaskedSoftmaxBackward0",
        r"\frac{e^{x}}{\sum e^{x}}",
        to("self", "x", r"y \cdot (g - \sum g \cdot y)"),
        notes="saves_result softmax",
    ),
    row(
        "LogSoftmaxBackward0",
        r"\ln(\frac{e^{x}}{\sum e^{x}})",
        to("self", "x", r"g - e^{y} \cdot \sum g"),
        notes="saves_result softmax",
    ),
    row(
        "ConvolutionBackward0",
        r"x \ast w + b",
        to("input", "x", r"g \ast^{\top} w"),
        to("weight", "w", r"x \ast g"),
        to("bias", "b", r"\sum g"),
        notes="convolution",
    ),
    row(
        "ConvTbcBackward0",
        r"x \ast w + b",
        to("self", "x", r"g \ast^{\top} w"),
        to("weight", "w", r"x \ast g"),
        to("bias", "b", r"\sum g"),
        notes="convolution",
    ),
    _normalisation(
        "NativeBatchNormBackward0",
        _INPUT,
        _SCALE,
        _SHIFT,
        notes="normalisation batch_norm",
        mu="result1",
        sigma="result2",
    ),
    _normalisation(
        "NativeLayerNormBackward0",
        _INPUT,
        _SCALE,
        _SHIFT,
        notes="normalisation layer_norm",
        mu="result1",
        sigma="result2",
    ),
    _normalisation(
        "NativeGroupNormBackward0",
        _INPUT,
        _SCALE,
        _SHIFT,
        notes="normalisation group_norm",
        mu="result1",
        sigma="result2",
    ),
    row(
        "WeightNormInterfaceBackward0",
        r"s \cdot \frac{v}{\lVert v \rVert}",
        to("v", "v", r"\frac{s}{\lVert v \rVert} \cdot (g - v \cdot \frac{\sum g \cdot v}{\lVert v \rVert^{2}})"),
        to("g", "s", r"\frac{\sum g \cdot v}{\lVert v \rVert}"),
        notes="weight_norm",
    ),
    row(
        "NativeDropoutBackward0",
        r"\frac{x \cdot m}{1 - p}",
        to("input", "x", r"\frac{g \cdot m}{1 - p}"),
        notes="dropout",
        m="result1",
        p="p",
    ),
    row(
        "EmbeddingBackward0",
        "w_{i}",
        to("weight", "w", r"\operatorname{put}_{i}(g)"),
        notes="embedding added",
        i="indices",
    ),
    row(
        "EmbeddingBagBackward0",
        r"\sum_{i} s_{i} \cdot w_{i}",
        to("weight", "w", r"\operatorname{put}_{i}(s_{i} \cdot g)"),
        to("per_sample_weights", "s", r"\sum g \cdot w_{i}"),
        notes="embedding_bag",
        i="indices",
    ),
    move(
        "MaxPool2DWithIndicesBackward0 MaxPool3DWithIndicesBackward0 AdaptiveMaxPool2DBackward0 AdaptiveMaxPool3DBackward0 FractionalMaxPool2DBackward0",
        r"\max_{k \in \text{window}} x_{k}",
        r"\operatorname{put}_{i}(g)",
        "selects put windows",
        i="result1",
    ),
    move("MaxUnpool2DBackward0", r"\operatorname{put}_{i}(x)", "g_{i}", "moves", i="indices"),
    move(
        "AvgPool2DBackward0 AvgPool3DBackward0 AdaptiveAvgPool2DBackward0 AdaptiveAvgPool3DBackward0",
        r"\frac{1}{n} \cdot \sum_{k \in \text{window}} x_{k}",
        r"\sum_{\text{windows}} \frac{g}{n}",
        "pool_mean windows",
    ),
    move(
        "UpsampleNearest1DBackward0 UpsampleNearest2DBackward0 UpsampleNearest3DBackward0 UpsampleNearestExact2DBackward0",
        r"y_{k} = x_{\operatorname{nearest}(k)}",
        r"\sum_{k \to j} g_{k}",
        "upsample",
    ),
    move(
        "UpsampleLinear1DBackward0 UpsampleBilinear2DBackward0 UpsampleTrilinear3DBackward0 UpsampleBicubic2DBackward0",
        r"y_{k} = \sum_{j} w_{k j} \cdot x_{j}",
        r"\sum_{k} w_{k j} \cdot g_{k}",
        "interpolation",
    ),
    row(
        "GridSampler2DBackward0 GridSampler3DBackward0",
        r"y_{k} = \sum_{j} w_{j}(p_{k}) \cdot x_{j}",
        to("input", "x", r"\sum_{k} w_{j}(p_{k}) \cdot g_{k}"),
        to("grid", "p", r"\sum_{j} g_{k} \cdot x_{j} \cdot \nabla w_{j}(p_{k})"),
        notes="interpolation",
    ),
    row("AffineGridGeneratorBackward0", r"\theta B", to("theta", r"\theta", r"g^{\top} B"), notes="affine"),
    move("Im2ColBackward0", r"\operatorname{unfold}(x)", r"\operatorname{fold}(g)", "windows"),
    move("Col2ImBackward0", r"\operatorname{fold}(x)", r"\operatorname{unfold}(g)", "moves"),
    row(
        "ScaledDotProductFlashAttentionForCpuBackward0 ScaledDotProductFlashAttentionBackward0 ScaledDotProductEfficientAttentionBackward0 ScaledDotProductCudnnAttentionBackward0",
        r"P V, \quad P = \operatorname{softmax}(c \cdot Q K^{\top})",
        to("query", "Q", "c \\cdot S K"),
        to("key", "K", r"c \cdot S^{\top} Q"),
        to("value", "V", r"P^{\top} g"),
        notes="attention",
    ),
    _recurrent("MkldnnRnnLayerBackward0", "weight0"),
    _recurrent("CudnnRnnBackward0", "weight"),
    row(
        "ThnnFusedLstmCellBackward0",
        r"c = \sigma(f) \cdot c_{0} + \sigma(i) \cdot \tanh(u), \quad h = \sigma(o) \cdot \tanh(c)",
        to(
            "input_gates",
            "a",
            r"(q \cdot \tanh(u) \cdot \sigma'(i),\; q \cdot c_{0} \cdot \sigma'(f),\; q \cdot \sigma(i) \cdot \tanh'(u),\; g_{h} \cdot \tanh(c) \cdot \sigma'(o)), \quad q = g_{c} + g_{h} \cdot \sigma(o) \cdot \tanh'(c)",
        ),
        notes="sigma lstm_cell",
    ),
    row(
        "ThnnFusedGruCellBackward0",
        r"h = (1 - z) \cdot n + z \cdot h_{0}, \quad n = \tanh(u + r \cdot v)",
        to(
            "input_gates",
            "a",
            r"(q \cdot v \cdot r \cdot (1 - r),\; g \cdot (h_{0} - n) \cdot z \cdot (1 - z),\; q), \quad q = g \cdot (1 - z) \cdot (1 - n^{2})",
        ),
        notes="gru_cell",
    ),
    row(
        "CudnnConvolutionBackward0",
        r"x \ast w",
        to("self", "x", r"g \ast^{\top} w"),
        to("weight", "w", r"x \ast g"),
        notes="convolution",
    ),
    _normalisation(
        "CudnnBatchNormBackward0",
        _INPUT,
        _SCALE,
        _SHIFT,
        notes="normalisation batch_norm",
        mu="result1",
        sigma="result2",
    ),
    row(
        "AccumulateGrad",
        "x",
        to("variable", "x", r"\operatorname{grad} \leftarrow \operatorname{grad} + g"),
        notes="accumulate",
    ),
)
