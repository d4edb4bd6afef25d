"""Groups of repeats: equal module calls and the steps of loops, folded into one and opened on demand."""

from __future__ import annotations

from hypothesis import given, settings
from msgspec.structs import replace

from explorer.graph import repeats
from explorer.graph.folding import every_module, open_to_depth, readable, toggle
from explorer.graph.modules import modules
from explorer.graph.outline import outline
from explorer.graph.picture import Picture, compose
from tests.graph import graphs
from tests.graph.random_graphs import examples


def folded(picture: Picture) -> list[tuple[str, str]]:
    """Titles and second lines, in forward order."""
    return [(box.title, box.subtitle.split(" · ")[0]) for box in reversed(picture.boxes) if box.kind == "module"]


def test_equal_blocks_become_one_with_a_count() -> None:
    graph, ops = graphs.stacked(61, other=True)
    name = "model.blocks.1…60"
    assert name in open_to_depth(graph, 3) - open_to_depth(graph, 2)
    opened = frozenset({"model", "model.blocks"})
    picture = compose(graph, ops, open_modules=opened)
    assert folded(picture) == [("stem", "Linear"), ("0", "Block"), ("1 … 60", "60 × Block"), ("head", "Linear")]
    box = next(box for box in picture.boxes if box.repeats)
    assert (box.fold, box.repeats, box.class_name, box.unit) == (name, 60, "Block", "group")
    assert set(box.nodes) == {
        node.id
        for node in graph.nodes
        if (path := node.module or node.variable or "").startswith("model.blocks.") and path.split(".")[2] != "0"
    }
    inside = compose(graph, ops, open_modules=toggle(opened, name))
    titles = ["model · Net", "blocks · Sequential", "1 … 60 · 60 × Block"]
    assert [group.title for group in inside.groups] == titles
    assert len(folded(inside)) == 63
    one = next(box for box in inside.boxes if box.title == "17")
    deeper = compose(graph, ops, open_modules=frozenset({*inside.open_modules, one.fold or ""}))
    assert [group.title for group in deeper.groups] == [*titles, "17 · Block"]
    assert toggle(frozenset(deeper.open_modules), "model") == frozenset()


def test_a_module_of_equal_blocks_is_their_group() -> None:
    graph, ops = graphs.stacked(60)
    box = next(box for box in compose(graph, ops).boxes if box.module == "model.blocks")
    assert box.subtitle.startswith("Sequential · 60 × Block · ")
    inside = compose(graph, ops, open_modules=frozenset({"model", "model.blocks"}))
    assert [group.title for group in inside.groups] == ["model · Net", "blocks · Sequential · 60 × Block"]
    assert ("17", "Block") in folded(inside)


def test_a_large_group_opens_into_ranges() -> None:
    graph, ops = graphs.loop(5000)
    picture = compose(graph, ops)
    assert folded(picture) == [("lines 5–6", "5,000 steps")]
    assert sorted(box.title for box in picture.boxes if box.kind == "leaf") == ["b", "w_h", "w_x"]
    opened = frozenset({"@5-6"})
    assert folded(compose(graph, ops, open_modules=opened)) == [
        (f"{start:,}–{start + 99:,}", "100 steps") for start in range(1, 5000, 100)
    ]
    opened |= {"@5-6[4901-5000]"}
    assert folded(compose(graph, ops, open_modules=opened))[-1] == ("4,991–5,000", "10 steps")
    opened |= {"@5-6[4991-5000]", "@5-6.step#4998"}
    picture = compose(graph, ops, open_modules=opened)
    assert folded(picture)[-1] == ("step 5,000 of 5,000", "5 nodes")
    assert [group.title for group in picture.groups][-1] == "step 4,999 of 5,000"
    inside = {box.title for box, home in zip(picture.boxes, picture.homes, strict=True) if home == 3}
    assert inside == {"mm", "add", "tanh", "w_x", "w_h", "b"}
    assert toggle(opened, "@5-6") == frozenset()


def test_steps_whose_lines_were_not_recorded_repeat_too() -> None:
    graph, ops = graphs.loop(200)
    first = sorted(node.sequence_nr for node in graph.nodes if node.sequence_nr is not None)[249]
    nodes = tuple(node if (node.sequence_nr or 0) <= first else replace(node, line=None) for node in graph.nodes)
    graph = replace(graph, nodes=nodes)
    picture = compose(graph, ops)
    assert [title for title, _ in folded(picture)] == ["lines 5–6", "repeated part"]
    assert len(picture.boxes) < 20
    names = frozenset({"@", "@[11-20]", "@.step#12"})
    titles = [group.title for group in compose(graph, ops, open_modules=names).groups]
    assert titles == ["repeated part · 150 times", "11–20 · 10 times", "step 13 of 150"]
    assert toggle(names, "@") == frozenset()


def test_leaves_that_each_step_takes_for_itself_are_folded_with_it() -> None:
    tape = graphs.Tape()
    scale, last = tape.leaf("scale"), tape.leaf("x")
    for step in range(160):
        last = tape.op("Mul", tape.op("Mm", last, tape.leaf(f"ws[{step}]"), line=3), scale, line=4)
    graph, ops = tape.graph()
    picture = compose(graph, ops)
    assert [box.title for box in picture.boxes if box.kind == "leaf"] == ["scale"]
    box = next(box for box in picture.boxes if box.kind == "module")
    assert len(box.nodes) == 2 * 160 + 160 + 1
    opened = compose(graph, ops, open_modules=frozenset({"@3-4", "@3-4[11-20]", "@3-4.step#12"}))
    assert {"ws[12]", "scale"} <= {box.title for box in opened.boxes if box.kind == "leaf"}


def test_what_enters_a_loop_stays_in_sight() -> None:
    tape = graphs.Tape()
    last = tape.leaf("x")
    for _ in range(400):
        last = tape.op("Sin", last, line=2)
    graph, ops = tape.graph()
    assert [box.title for box in reversed(compose(graph, ops).boxes)] == ["loss", "x", "line 2"]


def test_calls_of_one_module_open_one_by_one() -> None:
    graph, ops = graphs.recurrent(60, modules=True)
    assert folded(compose(graph, ops)) == [("cell", "60 times")]
    picture = compose(graph, ops, open_modules=frozenset({"cell…", "cell#17"}))
    assert [group.title for group in picture.groups] == ["cell · 60 times", "cell · call 18 of 60"]
    assert [group.fold for group in picture.groups] == ["cell…", "cell#17"]
    everything = compose(graph, ops, open_modules=frozenset({"cell…", "cell"}))
    assert {group.fold for group in everything.groups} == {"cell…", "cell"}
    assert len(everything.groups) == 61


def test_a_loop_in_a_loop_nests() -> None:
    tape = graphs.Tape()
    last = tape.leaf("x")
    for _ in range(10):
        last = tape.op("Exp", last, line=2)
        for _ in range(40):
            last = tape.op("Sin", last, line=4)
    graph, ops = tape.graph()
    assert folded(compose(graph, ops)) == [("lines 2–4", "10 steps")]
    picture = compose(graph, ops, open_modules=frozenset({"@2-4", "@2-4.step#3"}))
    assert ("line 4", "40 steps") in folded(picture)


def test_what_differs_is_no_repeat() -> None:
    tape = graphs.Tape()
    last = tape.leaf("x")
    for at in range(400):
        last = tape.op(("Sin", "Cos", "Exp")[(at * at) % 7 % 3], last, line=at // 3)
    graph, _ = tape.graph()
    assert not outline(graph).tree.calls


def test_a_small_graph_has_no_groups() -> None:
    graph, ops = graphs.loop(20)
    assert not compose(graph, ops).groups
    assert readable(graph) == every_module(graph) == frozenset()


@settings(deadline=None, max_examples=100)
@given(example=examples(60))
def test_a_group_is_a_stretch_of_the_forward_order(example: graphs.Example) -> None:
    """So that folded groups make no cycle, in whatever way modules were attributed."""
    graph, _ = example
    whole, fewest = repeats.WHOLE_NODES, repeats.FEWEST_NODES
    repeats.WHOLE_NODES, repeats.FEWEST_NODES = 0, 4
    try:
        tree = repeats.gather(graph, modules(graph))
    finally:
        repeats.WHOLE_NODES, repeats.FEWEST_NODES = whole, fewest
    place = {node: at for at, node in enumerate(tree.order)}
    for index in range(len(tree.calls)):
        inside = sorted(place[node] for node in tree.order if index in tree.line(tree.owner[node]))
        assert inside == list(range(inside[0], inside[0] + len(inside)))
    assert len({(call.module, call.number) for call in tree.calls}) == len(tree.calls)
