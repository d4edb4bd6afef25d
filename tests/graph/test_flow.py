"""What wires say of gradients, against plain torch, and where they say it."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings

from explorer.graph.flow import HEIGHT, MOST_WIRES, Label, labels
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Box, Edge, Gradient, Graph, Layout, Node, Run, Stats, Wire
from tests.graph import graphs
from tests.graph.random_graphs import examples
from tests.samples import run


def said(captured: Run) -> dict[tuple[str, str], str]:
    """By titles of producer and consumer."""
    layout = lay_out(compose(captured.graph, captured.ops, captured.tensors))
    ends = [(layout.boxes[wire.source].title, layout.boxes[wire.target].title) for wire in layout.wires]
    return {ends[label.wire]: label.text for label in labels(captured.graph, layout)}


def test_a_number_is_said_and_agrees_with_torch() -> None:
    found = said(
        run(
            "x = torch.tensor(2.0, requires_grad=True)\ny = torch.tensor(3.0, requires_grad=True)\n"
            "w = torch.tensor(4.0, requires_grad=True)\nz = (x + y) * w\nz.backward()"
        )
    )
    x, y, w = (torch.tensor(value, requires_grad=True) for value in (2.0, 3.0, 4.0))
    total = x + y
    into_total, into_w = torch.autograd.grad(total * w, [total, w])
    assert found == {
        ("x", "x + y"): f"↑ {into_total:g}",
        ("y", "x + y"): f"↑ {into_total:g}",
        ("x + y", "(x + y) * w"): f"↑ {into_total:g}",
        ("w", "(x + y) * w"): f"↑ {into_w:g}",
        ("(x + y) * w", "z"): "↑ 1",
    }


def test_of_a_larger_gradient_the_norm_is_said() -> None:
    found = said(run("a = torch.arange(6.0, requires_grad=True)\nb = a ** 2\nc = b.sum()\nc.backward()"))
    a = torch.arange(6.0, requires_grad=True)
    b = a**2
    into_b, into_a = torch.autograd.grad(b.sum(), [b, a])
    assert found["a", "a ** 2"] == f"↑ ‖g‖ {into_a.norm():.3g}"
    assert found["a ** 2", "b.sum()"] == f"↑ ‖g‖ {into_b.norm():.3g}"


def test_a_wire_of_two_edges_says_so_and_adds_numbers_only() -> None:
    assert said(run("x = torch.tensor(3.0, requires_grad=True)\ny = x * x"))["x", "x * x"] == "×2 ↑ 6"
    vectors = said(run("x = torch.ones(3, requires_grad=True)\ny = (x * x).sum()"))
    assert vectors["x", "x * x"] == "×2"


@pytest.mark.parametrize(
    ("value", "text"), [("NaN", "↑ nan"), ("-Infinity", "↑ -inf"), (1e-9, "↑ 1e-09"), (0.0, "↑ 0")]
)
def test_every_number_can_be_said(value: float | str, text: str) -> None:
    gradient = Gradient(shape=(), dtype="float32", stats=Stats(numel=1, norm=0.0), value=value)
    assert [label.text for label in labels(*_pair(gradient))] == [text]


def test_a_complex_gradient_has_a_norm() -> None:
    gradient = Gradient(shape=(), dtype="complex64", stats=Stats(numel=1, norm=math.sqrt(5)), value="1+2j")
    assert [label.text for label in labels(*_pair(gradient))] == ["↑ ‖g‖ 2.24"]


def test_an_edge_without_gradient_says_nothing() -> None:
    assert labels(*_pair(None)) == ()


def _pair(gradient: Gradient | None) -> tuple[Graph, Layout]:
    nodes = (Node(id=0, name="NegBackward0", kind="operation", slots=1), Node(id=1, name="AccumulateGrad", kind="leaf"))
    edge = Edge(source=0, slot=0, target=1, output_nr=0, gradient=gradient)
    graph = Graph(nodes=nodes, edges=(edge,))
    return graph, lay_out(compose(graph))


def test_a_huge_drawing_bears_no_labels() -> None:
    graph, layout = _pair(Gradient(shape=(), dtype="float32", stats=Stats(numel=1, norm=1.0), value=1.0))
    wires = layout.wires * (MOST_WIRES + 1)
    assert labels(graph, Layout(boxes=layout.boxes, wires=wires)) == ()


@settings(max_examples=40, deadline=None)
@given(examples())
def test_labels_overlap_neither_boxes_nor_each_other(example: graphs.Example) -> None:
    _expect_apart(_with_gradients(example[0]))


@pytest.mark.parametrize("example", [graphs.resnet, graphs.perceptron, graphs.expression])
def test_labels_find_room_in_real_drawings(example: Callable[[], graphs.Example]) -> None:
    graph = _with_gradients(example()[0])
    layout = lay_out(compose(graph))
    wires = [wire for wire in layout.wires if wire.edges]
    assert len(_expect_apart(graph)) >= 0.9 * len(wires)


def _with_gradients(graph: Graph) -> Graph:
    gradient = Gradient(shape=(2,), dtype="float32", stats=Stats(numel=2, norm=0.0123), value=None)
    edges = tuple(
        Edge(source=edge.source, slot=edge.slot, target=edge.target, output_nr=edge.output_nr, gradient=gradient)
        for edge in graph.edges
    )
    return Graph(nodes=graph.nodes, edges=edges, roots=graph.roots)


def _expect_apart(graph: Graph) -> tuple[Label, ...]:
    layout = lay_out(compose(graph))
    found = labels(graph, layout)
    for index, label in enumerate(found):
        for box in layout.boxes:
            assert not _overlap(label, box.x, box.y, box.width, box.height)
        for other in found[:index]:
            assert not _overlap(label, other.x, other.y, other.width, HEIGHT)
    return found


def _overlap(label: Label, x: float, y: float, width: float, height: float) -> bool:
    slack = 0.02  # places are rounded
    aside = abs(label.x - x) * 2 + slack < label.width + width
    return aside and abs(label.y - y) * 2 + slack < HEIGHT + height


def test_a_wire_of_one_point_is_no_fault() -> None:
    boxes = (Box(id="n0", kind="operation", title="a"), Box(id="n1", kind="leaf", title="b"))
    assert labels(Graph(), Layout(boxes=boxes, wires=(Wire(source=1, target=0),))) == ()
