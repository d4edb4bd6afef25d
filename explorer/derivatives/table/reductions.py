"""Sums, products, extremes and orders over dimensions. Where a dimension was reduced, ``g`` and ``y`` are repeated along it."""

from __future__ import annotations

from explorer.derivatives.entry import Entry, row, to


def _over(names: str, forward: str, product: str, notes: str = "", **letters: str) -> Entry:
    return row(names, forward, to("self", "x", product), notes=notes, **letters)


_EVENLY = r"g \cdot \frac{[x = y]}{\sum [x = y]}"

REDUCTIONS = (
    _over("SumBackward0 SumBackward1", r"\sum x", r"g \cdot (1, \ldots, 1)", "repeated"),
    _over("NansumBackward0", r"\sum x \cdot [x = x]", r"g \cdot [x = x]", "repeated nan"),
    _over(
        "MeanBackward0 MeanBackward1",
        r"\frac{1}{n} \cdot \sum x",
        r"\frac{g}{n} \cdot (1, \ldots, 1)",
        "repeated mean",
        n="self_sym_numel",
    ),
    _over("ProdBackward0 ProdBackward1", r"\prod x", r"g \cdot \frac{y}{x}", "zeros"),
    _over(
        "VarBackward0",
        r"\frac{1}{n - c} \cdot \sum (x - \bar{x})^{2}",
        r"g \cdot \frac{2}{n - c} \cdot (x - \bar{x})",
        "deviation",
        c="correction",
    ),
    _over(
        "StdBackward0",
        r"\sqrt{\frac{1}{n - c} \cdot \sum (x - \bar{x})^{2}}",
        r"g \cdot \frac{x - \bar{x}}{(n - c) \cdot y}",
        "deviation at_0",
        c="correction",
    ),
    _over(
        "VarMeanBackward0",
        r"(\operatorname{var} x, \bar{x})",
        r"g_{0} \cdot \frac{2}{n - c} \cdot (x - \bar{x}) + \frac{g_{1}}{n}",
        "deviation",
        c="correction",
    ),
    _over(
        "StdMeanBackward0",
        r"(s, \bar{x})",
        r"g_{0} \cdot \frac{x - \bar{x}}{(n - c) \cdot s} + \frac{g_{1}}{n}",
        "deviation at_0",
        c="correction",
        s="result0",
    ),
    _over(
        "LinalgVectorNormBackward0",
        r"\lVert x \rVert_{p}",
        r"g \cdot \frac{x \cdot \lvert x \rvert^{p - 2}}{y^{p - 1}}",
        "norm",
        p="ord",
    ),
    _over(
        "NormBackward0 NormBackward1",
        r"\lVert x \rVert_{p}",
        r"g \cdot \frac{x \cdot \lvert x \rvert^{p - 2}}{y^{p - 1}}",
        "norm",
        p="p",
    ),
    _over("LogsumexpBackward0", r"\ln \sum e^{x}", r"g \cdot e^{x - y}", "weights"),
    _over("MaxBackward1", r"\max x", _EVENLY, "selects shared"),
    _over("MinBackward1", r"\min x", _EVENLY, "selects shared"),
    _over("AmaxBackward0", r"\max x", _EVENLY, "selects shared"),
    _over("AminBackward0", r"\min x", _EVENLY, "selects shared"),
    _over("MedianBackward0 NanmedianBackward0", r"\operatorname{median} x", _EVENLY, "selects shared"),
    _over(
        "AminmaxBackward0",
        r"(l, h) = (\min x, \max x)",
        r"g_{0} \cdot \frac{[x = l]}{\sum [x = l]} + g_{1} \cdot \frac{[x = h]}{\sum [x = h]}",
        "selects shared",
        l="min",
        h="max",
    ),
    _over(
        "MaxBackward0",
        r"x_{i}, \quad i = \operatorname{argmax} x",
        r"\operatorname{put}(g, i)",
        "selects put one",
        i="indices",
    ),
    _over(
        "MinBackward0",
        r"x_{i}, \quad i = \operatorname{argmin} x",
        r"\operatorname{put}(g, i)",
        "selects put one",
        i="indices",
    ),
    _over(
        "MedianBackward1 ModeBackward0 KthvalueBackward0 TopkBackward0 SortBackward0",
        r"x_{i}",
        r"\operatorname{put}(g, i)",
        "selects put",
        i="indices",
    ),
    _over("CummaxBackward0 CumminBackward0", r"x_{i}", r"\operatorname{put}(g, i)", "selects put added", i="indices"),
    _over("CumsumBackward0", r"y_{k} = \sum_{j \le k} x_{j}", r"\sum_{k \ge j} g_{k}", "from_the_end"),
    _over(
        "CumprodBackward0",
        r"y_{k} = \prod_{j \le k} x_{j}",
        r"\frac{1}{x_{j}} \cdot \sum_{k \ge j} g_{k} \cdot y_{k}",
        "from_the_end zeros",
    ),
    _over(
        "LogcumsumexpBackward0",
        r"y_{k} = \ln \sum_{j \le k} e^{x_{j}}",
        r"\sum_{k \ge j} g_{k} \cdot e^{x_{j} - y_{k}}",
        "from_the_end",
    ),
    row(
        "CdistBackward0",
        r"y_{j k} = \lVert a_{j} - b_{k} \rVert_{p}",
        to(
            "x1",
            "a",
            r"\sum_{k} g_{j k} \cdot \frac{(a_{j} - b_{k}) \cdot \lvert a_{j} - b_{k} \rvert^{p - 2}}{y_{j k}^{p - 1}}",
        ),
        to(
            "x2",
            "b",
            r"\sum_{j} g_{j k} \cdot \frac{(b_{k} - a_{j}) \cdot \lvert a_{j} - b_{k} \rvert^{p - 2}}{y_{j k}^{p - 1}}",
        ),
        notes="norm",
        p="p",
    ),
    row(
        "EuclideanDistBackward0",
        r"y_{j k} = \lVert a_{j} - b_{k} \rVert",
        to("x1", "a", r"\sum_{k} g_{j k} \cdot \frac{a_{j} - b_{k}}{y_{j k}}"),
        to("x2", "b", r"\sum_{j} g_{j k} \cdot \frac{b_{k} - a_{j}}{y_{j k}}"),
        notes="at_0",
    ),
    _over(
        "PdistBackward0",
        r"y_{j k} = \lVert x_{j} - x_{k} \rVert_{p}, \quad j < k",
        r"\sum_{k \ne j} g_{j k} \cdot \frac{(x_{j} - x_{k}) \cdot \lvert x_{j} - x_{k} \rvert^{p - 2}}{y_{j k}^{p - 1}}",
        "norm",
        p="p",
    ),
)
