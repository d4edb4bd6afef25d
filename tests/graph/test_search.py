from __future__ import annotations

from explorer.graph.search import find
from tests.graph import graphs


def test_finds_by_name_module_variable_and_source() -> None:
    graph, ops = graphs.resnet()
    assert {graph.nodes[node].name for node in find(graph, ops, "batchnorm")} == {"NativeBatchNormBackward0"}
    assert {graph.nodes[node].variable for node in find(graph, ops, " FC.Weight ")} == {"model.fc.weight"}
    assert [graph.nodes[node].module for node in find(graph, ops, "identity")] == [
        node.module for node in graph.nodes if node.name == "AddBackward0"
    ]
    assert find(graph, ops, "layer3.1") == tuple(
        node.id for node in graph.nodes if "layer3.1" in (node.module or "") + (node.variable or "")
    )


def test_finds_by_line() -> None:
    graph, ops = graphs.expression()
    line = graph.nodes[0].line
    assert find(graph, ops, f"line:{line}") == find(graph, ops, f"줄: {line}") == (0,)
    assert find(graph, ops, "line:" + "9" * 5000) == ()


def test_nothing_finds_nothing() -> None:
    graph, ops = graphs.expression()
    assert find(graph, ops, "  ") == find(graph, ops, "no such thing") == ()
