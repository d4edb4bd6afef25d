"""What is drawn: folding, leaves, titles."""

from __future__ import annotations

import math

import pytest

from explorer.graph.folding import open_to_depth, toggle
from explorer.graph.measure import bytes_text, cells, shorten, shorten_path, width
from explorer.graph.modules import modules
from explorer.graph.picture import Picture, compose
from explorer.ir import Graph
from tests.graph import graphs
from tests.samples import run


def titles(picture: Picture, kind: str) -> list[str]:
    return [box.title for box in picture.boxes if box.kind == kind]


def test_titles_say_the_source_and_the_grad_fn() -> None:
    picture = compose(*graphs.expression())
    lines = {(box.kind, box.title, box.subtitle) for box in picture.boxes}
    assert ("operation", "(x + y) * w", "MulBackward0") in lines
    assert ("leaf", "x", "(3, 4)") in lines
    assert ("result", "loss", "0.5") in lines


def test_without_ops_a_box_bears_its_grad_fn() -> None:
    graph, _ = graphs.expression()
    assert "MulBackward0" in titles(compose(graph), "operation")


def test_a_small_graph_opens_whole_and_a_large_one_folded() -> None:
    graph, ops = graphs.resnet()
    assert not titles(compose(graph, ops), "module")
    graph, ops = graphs.resnet((3, 4, 40, 40))
    picture = compose(graph, ops)
    assert len(graph.nodes) > 300
    assert 5 <= len(picture.boxes) <= 60
    assert {"layer1", "layer2", "layer3", "layer4"} <= set(titles(picture, "module"))


def test_a_folded_module_holds_its_nodes_and_leaves() -> None:
    graph, ops = graphs.resnet()
    picture = compose(graph, ops, open_modules=frozenset({"model"}))
    box = next(box for box in picture.boxes if box.id == "m:model.layer2#0")
    expected = {node.id for node in graph.nodes if (node.module or node.variable or "").startswith("model.layer2.")}
    assert set(box.nodes) == expected
    assert box.module == "model.layer2"
    stretches = {
        item.tensor.storage_id: item.nbytes for node in expected for item in graph.nodes[node].saved if item.tensor
    }
    saved = sum(stretches.values())
    assert 48 < saved < 48 * len(expected)
    sizes = [math.prod(graph.nodes[node].output.shape) for node in expected if graph.nodes[node].kind == "leaf"]
    assert box.subtitle == f"{len(expected)} nodes · {sum(sizes)} params · {bytes_text(saved)} saved"
    korean = compose(graph, ops, open_modules=frozenset({"model"}), language="ko")
    assert f"노드 {len(expected)}개" in next(one for one in korean.boxes if one.id == box.id).subtitle


def test_one_child_chains_share_a_frame() -> None:
    picture = compose(*graphs.perceptron())
    assert [group.title for group in picture.groups] == ["model.net", "0", "2", "4"]


def test_toggle_and_depth() -> None:
    graph, _ = graphs.resnet()
    assert open_to_depth(graph, 0) == frozenset()
    assert open_to_depth(graph, 1) == {"model"}
    opened = toggle(open_to_depth(graph, 1), "model.layer1")
    assert opened == {"model", "model.layer1"}
    assert toggle(opened | {"model.layer1.0"}, "model.layer1") == {"model"}


def test_a_leaf_used_far_apart_is_copied_to_each_use() -> None:
    picture = compose(*graphs.recurrent(5))
    copies = [box for box in picture.boxes if box.title == "cell.w_h"]
    assert len(copies) == 5
    assert len({box.node for box in copies}) == 1
    assert all(box.id.startswith(f"n{box.node}@") for box in copies)


def test_a_leaf_used_nearby_is_one_box() -> None:
    assert titles(compose(*graphs.diamond()), "leaf") == ["x"]


def test_calls_of_one_module_are_told_apart() -> None:
    picture = compose(*graphs.recurrent(3, modules=True))
    assert [(group.module, group.call, group.title) for group in picture.groups] == [
        ("cell", call, f"cell · call {call + 1} of 3") for call in range(3)
    ]
    folded = compose(*graphs.recurrent(3, modules=True), open_modules=frozenset())
    assert [box.id for box in folded.boxes if box.kind == "module"] == ["m:cell#2", "m:cell#1", "m:cell#0"]


def test_a_model_called_twice_makes_two_groups_with_their_own_layers() -> None:
    tape = graphs.Tape()
    last = tape.leaf("x")
    for call in range(2):
        for module in ("model.a", "model.a", "model", "model.b", "model.b"):
            last = tape.op("Sin", last, module=module, call=call)
    tree = modules(tape.graph()[0])
    names = [
        (call.module, call.number, None if above < 0 else tree.calls[above].number)
        for call, above in zip(tree.calls, tree.parent.tolist(), strict=True)
    ]
    assert names == [
        ("model", 0, None), ("model.a", 0, 0), ("model.b", 0, 0), ("model", 1, None), ("model.a", 1, 1), ("model.b", 1, 1),
    ]  # fmt: skip


def test_a_variable_from_outside_is_drawn_outside() -> None:
    tape = graphs.Tape()
    tape.op("Addmm", tape.leaf("x"), tape.leaf("model.fc.weight"), module="model.fc")
    picture = compose(*tape.graph())
    homes = dict(zip((box.title for box in picture.boxes), picture.homes, strict=True))
    assert homes["x"] is None
    assert homes["weight"] == 0


def test_contradicting_attribution_splits_a_module() -> None:
    """a, b, a in one chain: folded, they must not make the cycle a -> b -> a."""
    tape = graphs.Tape()
    last = tape.leaf("x")
    for module in ("a", "a", "b", "b", "a", "a"):
        last = tape.op("Sin", last, module=module)
    graph, ops = tape.graph()
    assert [call.module for call in modules(graph).calls] == ["a", "b", "a"]
    picture = compose(graph, ops, open_modules=frozenset())
    assert sorted(titles(picture, "module")) == ["a · call 1 of 2", "a · call 2 of 2", "b"]


def test_saved_tensors_show_when_asked() -> None:
    graph, ops = graphs.expression()
    assert not titles(compose(graph, ops), "saved")
    boxes = [box for box in compose(graph, ops, show_saved=True).boxes if box.kind == "saved"]
    assert [(box.node, box.saved, box.subtitle) for box in boxes] == [(0, 0, "(3, 4) · 48 B"), (1, 0, "(3, 4) · 48 B")]


def test_a_leaf_alone() -> None:
    tape = graphs.Tape()
    picture = compose(*tape.graph(tape.leaf("x")))
    assert [(box.kind, box.title) for box in picture.boxes] == [("leaf", "x"), ("result", "loss")]
    assert len(picture.wires) == 1


def test_no_graph() -> None:
    assert compose(Graph()) == Picture()


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("가나다", 6, "가나다"), ("가나다", 5, "가나…"), ("a\n  b", 9, "a b")],
)
def test_texts_are_cut_by_cells(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short
    assert cells(short) <= limit


def test_paths_lose_their_first_parts() -> None:
    assert shorten_path("model.layer1.0.conv1.weight", 16) == "…0.conv1.weight"
    assert cells(shorten_path("x" * 99, 16)) == 16


def test_korean_is_wider() -> None:
    assert width("가나") == pytest.approx(26)
    assert width("ab") == pytest.approx(14.6)


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_230_000, "1.23 MB")])
def test_bytes(count: int, text: str) -> None:
    assert bytes_text(count) == text


def test_a_leaf_of_one_number_shows_it():
    captured = run("x = torch.tensor(2.5, requires_grad=True)\nv = torch.ones(3, requires_grad=True)\n(x * v).sum()")
    boxes = compose(captured.graph, captured.ops, captured.tensors).boxes
    assert {box.title: box.subtitle for box in boxes if box.kind == "leaf"} == {"x": "2.5", "v": "(3,)"}


def test_of_a_long_call_the_arguments_are_left_out():
    captured = run("x = torch.ones(2, requires_grad=True)\ntorch.sigmoid(torch.tanh(torch.exp(x) + torch.cos(x)))")
    operations = {box.title for box in compose(captured.graph, captured.ops).boxes if box.kind == "operation"}
    assert {"torch.sigmoid(…)", "torch.tanh(…)", "torch.exp(x) + torch.cos(x)", "torch.exp(x)"} <= operations
