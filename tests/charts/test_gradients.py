"""The bars against norms that torch calculates by itself."""

from __future__ import annotations

import math

import msgspec
import plotly.graph_objects as go
import pytest
import torch

from explorer.charts.gradients import MOST_BARS, Bar, gradient_norms, leaf_bars, pool
from explorer.ir import Gradient, Graph, Number, Stats
from tests.graph import graphs


def with_norms(graph: Graph, norms: dict[str, Number | None]) -> Graph:
    """`graph`, where each leaf received one gradient of the given norm (1 where none is given)."""

    def received(norm: Number | None) -> tuple[Gradient | None, ...]:
        return (None,) if norm is None else (Gradient(shape=(), dtype="float32", stats=Stats(numel=1, norm=norm)),)

    nodes = tuple(
        msgspec.structs.replace(node, incoming=received(norms.get(node.variable or "", 1.0))) for node in graph.nodes
    )
    return msgspec.structs.replace(graph, nodes=nodes)


def test_bars_are_in_forward_order() -> None:
    graph, _ = graphs.perceptron()
    names = [bar.name for bar in leaf_bars(graph)]
    assert [name.rsplit(".", 1)[0] for name in names] == [f"model.net.{layer}" for layer in (0, 0, 2, 2, 4, 4)]


def test_each_kind_of_bar_looks_different() -> None:
    graph, _ = graphs.perceptron()
    graph = with_norms(
        graph,
        {"model.net.0.weight": 0.0, "model.net.0.bias": None, "model.net.2.weight": "NaN", "model.net.2.bias": 0.25},
    )
    figure = gradient_norms(graph)
    go.Figure(figure)
    bars, *signs = figure["data"]
    assert bars["type"] == "bar"
    assert bars["x"] == [0.25, 1.0, 1.0]
    assert {(trace["text"][0], trace["marker"]["symbol"]) for trace in signs} == {
        ("0", "circle-open"),
        ("no gradient", "line-ns-open"),
        ("not finite: nan", "x"),
    }
    assert figure["layout"]["xaxis"]["type"] == "linear"
    assert figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


def test_a_wide_spread_is_logarithmic_and_shows_the_smallest() -> None:
    graph, _ = graphs.perceptron()
    axis = gradient_norms(with_norms(graph, {"model.net.0.weight": 1e-9}))["layout"]["xaxis"]
    assert axis["type"] == "log"
    assert axis["range"][0] < -9 < axis["range"][1]


def test_pooled_norms_are_those_of_the_joined_gradients() -> None:
    torch.manual_seed(0)
    parts = {f"model.{layer}.{name}": torch.randn(5) for layer in range(30) for name in ("weight", "bias")}
    pooled = pool([Bar(name, float(part.norm())) for name, part in parts.items()])
    assert len(pooled) == 30
    for layer, bar in enumerate(pooled):
        joined = torch.cat([parts[f"model.{layer}.weight"], parts[f"model.{layer}.bias"]])
        assert bar.name == f"model.{layer}"
        assert bar.norm == pytest.approx(float(joined.norm()))


@pytest.mark.parametrize("count", [MOST_BARS, MOST_BARS + 1, 1000])
def test_no_more_bars_than_can_be_read(count: int) -> None:
    bars = pool([Bar(f"w{index}", 1.0) for index in range(count)])
    assert len(bars) <= MOST_BARS
    assert math.hypot(*(bar.norm or 0 for bar in bars)) == pytest.approx(math.sqrt(count))


def test_not_a_number_stays_one_when_pooled() -> None:
    bars = [
        Bar(f"m{index // 2}.w{index}", math.nan if index == 6 else None if index == 8 else 1.0) for index in range(60)
    ]
    pooled = {bar.name: bar.norm for bar in pool(bars)}
    assert math.isnan(pooled["m3"] or 0)
    assert pooled["m4"] == 1.0


def test_names_are_text_and_equal_names_stay_apart() -> None:
    tape = graphs.Tape()
    tape.op("Mul", tape.leaf("<b>x</b>"), tape.leaf("<b>x</b>"))
    graph, _ = tape.graph()
    labels = gradient_norms(with_norms(graph, {}))["data"][0]["y"]
    assert len(set(labels)) == 2
    assert all(label.startswith("&lt;b&gt;x") for label in labels)


def test_no_graph_and_korean() -> None:
    figure = gradient_norms(Graph(), "ko")
    go.Figure(figure)
    assert figure["data"] == []
    assert "기울기" in figure["layout"]["xaxis"]["title"]["text"]
