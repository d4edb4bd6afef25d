from __future__ import annotations

import pygraphviz
import pytest

from explorer.export import dot
from explorer.ir import Run
from tests.graph import graphs


def run_of(example: graphs.Example) -> Run:
    graph, ops = example
    return Run(status="ok", graph=graph, ops=ops)


@pytest.mark.parametrize("example", [graphs.expression(), graphs.resnet(), graphs.recurrent(4, modules=True)])
def test_graphviz_reads_every_node_and_arrow(example: graphs.Example) -> None:
    run = run_of(example)
    read = pygraphviz.AGraph(string=dot.write(run))
    labels = [node.attr["label"] for node in read.nodes()]
    operations = [node for node in run.graph.nodes if node.kind == "operation"]
    assert sum("Backward0" in label for label in labels) == len(operations)
    assert sum(label.startswith("loss") for label in labels) == 1
    assert len(read.edges()) >= len(run.graph.edges)


def test_modules_are_clusters() -> None:
    read = pygraphviz.AGraph(string=dot.write(run_of(graphs.perceptron())))
    outer = read.subgraphs()
    assert [cluster.graph_attr["label"] for cluster in outer] == ["model.net"]
    assert [cluster.graph_attr["label"] for cluster in outer[0].subgraphs()] == ["0", "2", "4"]


HOSTILE = [
    '"]; evil [label="',
    "<b>bold</b>",
    "<>",
    "back\\slash\\N",
    "\\",
    "new\nline",
    "nul\0",
    "한글 }",
    "graph",
    "e:p",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_labels_and_nothing_else(name: str) -> None:
    tape = graphs.Tape()
    tape.op("Sin", tape.leaf(name), text=f"{name} + 1", module=name.replace(".", ""))
    read = pygraphviz.AGraph(string=dot.write(run_of(tape.graph())))
    assert sorted(read.nodes()) == ["b0", "b1", "b2"]
    assert len(read.edges()) == 2


def test_labels_say_what_was_typed() -> None:
    tape = graphs.Tape()
    tape.op("Lt", tape.leaf("x"), text='x < "2" \\ 가')
    source = dot.write(run_of(tape.graph()))
    assert 'label="x < \\"2\\" \\\\ 가\\nLtBackward0"' in source


def test_no_graph() -> None:
    assert pygraphviz.AGraph(string=dot.write(Run(status="error"))).nodes() == []
