from __future__ import annotations

import msgspec

from explorer.export import text
from explorer.graph.measure import cells
from explorer.ir import Gradient, Root, Run, Saved, Sentence, Stats, Tensor
from tests.graph import graphs


def line_with(source: str, words: str) -> str:
    return next(line for line in source.splitlines() if words in line)


def sample() -> Run:
    graph, ops = graphs.expression()
    gradient = Gradient(shape=(3, 4), dtype="float32", stats=Stats(numel=12, norm=3.4641016))
    nodes = tuple(msgspec.structs.replace(node, incoming=(gradient,)) for node in graph.nodes)
    leaf = next(node for node in nodes if node.variable == "x")
    meta = {name: getattr(leaf.output, name) for name in leaf.output.__struct_fields__}
    x = Tensor(**meta | {"leaf": True, "name": "x", "value": [1.0, 2.0], "grad": [0.5, "NaN"], "grad_fn": leaf.id})
    graph = msgspec.structs.replace(graph, nodes=nodes)
    return Run(status="ok", graph=graph, ops=ops, tensors=(x,), stdout="hello\n\x1b[31mred\n")


def test_a_node_in_one_line() -> None:
    line = line_with(text.write(sample()), "MulBackward0")
    assert line.split() == [
        "#0",
        "MulBackward0",
        "5",
        "(x",
        "+",
        "y)",
        "*",
        "w",
        "#1,",
        "w",
        "(3,",
        "4)",
        "1",
        "·",
        "48",
        "B",
        "3.464",
    ]


def test_a_leaf_in_one_line() -> None:
    lines = text.write(sample()).split("Leaves")[1].splitlines()
    line = next(line for line in lines if line.split()[:1] == ["x"])
    assert line.split() == ["x", "(3,", "4)", "[1,", "2]", "[0.5,", "NaN]", "3.464"]


def test_columns_line_up_in_korean_too() -> None:
    for language in ("en", "ko"):
        source = text.write(sample(), language)
        head = "source" if language == "en" else "소스"
        title, row = line_with(source, head), line_with(source, "MulBackward0")
        assert cells(title[: title.index(head)]) == cells(row[: row.index("(x + y)")])


def test_modules_are_titles() -> None:
    graph, ops = graphs.perceptron()
    lines = text.write(Run(status="ok", graph=graph, ops=ops)).splitlines()
    assert [line.strip() for line in lines if line.strip().startswith("model")][:4] == [
        "model.net", "model.net.0", "model.net.2", "model.net.4",
    ]  # fmt: skip


def test_no_control_character_reaches_the_terminal() -> None:
    source = text.write(sample())
    assert "\\x1b[31mred" in source
    assert "\x1b" not in source


def test_a_failure_says_why_and_where() -> None:
    sentence = Sentence(key="graph.nodes", values={"count": "7"})
    source = text.write(Run(status="error", message="7 nodes", sentence=sentence, line=3), "ko")
    assert "노드 7개 (줄 3)" in source
    assert "그래프가 없습니다." in source


def test_the_result_and_its_value() -> None:
    graph, ops = graphs.expression()
    assert "result: loss = 0.5" in text.write(Run(status="ok", graph=graph, ops=ops))
    many = msgspec.structs.replace(graph, roots=(Root(node=0, output_nr=0, name="z", value="NaN"),))
    assert "result: z = NaN" in text.write(Run(status="ok", graph=many, ops=ops))


def test_what_few_nodes_have_stands_at_the_end_of_their_line() -> None:
    graph, ops = graphs.expression()
    nodes = list(graph.nodes)
    assert "also" not in text.write(Run(status="ok", graph=graph, ops=ops))
    saved = (
        Saved(name="self", error="it was freed"),
        Saved(name="other", error="it was freed"),
        Saved(name="dim", text="1"),
    )
    nodes[0] = msgspec.structs.replace(
        nodes[0], order=2, segment=3, retains_grad=True, hooks=("tensor hook: clip", "post hook: <lambda>"), saved=saved
    )
    run = Run(status="ok", graph=msgspec.structs.replace(graph, nodes=tuple(nodes)), ops=ops)
    assert line_with(text.write(run), "MulBackward0").endswith(
        "derivative of order 2; checkpointed segment 3; retains its gradient; tensor hook: clip; post hook: <lambda>; "
        "saved but not readable: self, other (it was freed)"
    )
    assert "2계 미분" in line_with(text.write(run, "ko"), "MulBackward0")


def test_slots_without_an_edge_and_outputs_of_several() -> None:
    graph, ops = graphs.expression()
    nodes = tuple(msgspec.structs.replace(node, slots=3 if node.id == 0 else node.slots) for node in graph.nodes)
    edges = tuple(
        msgspec.structs.replace(edge, output_nr=1 if graph.nodes[edge.target].kind != "leaf" else 0)
        for edge in graph.edges
    )
    run = Run(status="ok", graph=msgspec.structs.replace(graph, nodes=nodes, edges=edges), ops=ops)
    assert "#1[1], w, -" in line_with(text.write(run), "MulBackward0")


def test_a_sparse_gradient_says_how_much_it_stores() -> None:
    run = sample()
    gradient = Gradient(shape=(3, 4), dtype="float32", stats=Stats(numel=12, norm=1.0, nnz=5))
    nodes = tuple(
        msgspec.structs.replace(node, incoming=(gradient,)) for node in run.graph.nodes if node.kind == "leaf"
    )
    run = msgspec.structs.replace(run, graph=msgspec.structs.replace(run.graph, nodes=run.graph.nodes[:2] + nodes))
    assert "sparse gradient: 5 of 12 elements stored" in text.write(run)
