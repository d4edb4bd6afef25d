"""What every drawing starts from, against the same told one call at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from explorer.graph import repeats
from explorer.graph.folding import every_module, open_to_depth
from explorer.graph.outline import Outline, outline
from explorer.ir import Graph
from tests.graph import graphs
from tests.graph.random_graphs import examples


@contextmanager
def groups_of_few() -> Iterator[None]:
    """Also in a small graph a few repeats make a group."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "WHOLE_NODES", 0)
        patch.setattr(repeats, "FEWEST_NODES", 4)
        yield


def outlined(graph: Graph) -> Outline:
    with groups_of_few():
        return outline(replace(graph))


@settings(deadline=None, max_examples=100)
@given(example=examples(60))
def test_a_call_holds_what_it_and_the_calls_in_it_made_and_the_leaves_drawn_there(example: graphs.Example) -> None:
    about = outlined(example[0])
    tree, uses = about.tree, about.uses
    pairs = [(node, call) for node, call in enumerate(tree.owner.tolist())]
    pairs += zip(uses.leaf[~uses.beside].tolist(), uses.home[~uses.beside].tolist(), strict=True)
    for call in range(len(tree.calls)):
        assert about.inside(call) == tuple(sorted({node for node, home in pairs if call in tree.line(home)}))
        assert about.held[call] == len({node for node, home in pairs if home == call})


@settings(deadline=None, max_examples=100)
@given(example=examples(60), data=st.data())
def test_a_name_opens_all_calls_of_its_module_or_one_alone(example: graphs.Example, data: st.DataObject) -> None:
    about = outlined(example[0])
    calls = about.tree.calls
    names = sorted({name for call in calls for name in (call.module, call.fold)} | {"no.such#1", "m.a#7"})
    opened = data.draw(st.frozensets(st.sampled_from(names)))
    assert about.tree.opened_by(opened).tolist() == [call.opened_by(opened) is not None for call in calls]
    place = about.placed(opened)
    for call in range(len(calls)):
        around = about.tree.line(call)[::-1]
        folded = [each for each in around if calls[each].opened_by(opened) is None]
        assert place.hidden[call] == (folded[0] if folded else -1)
        shown = around[: around.index(folded[0])] if folded else around
        assert place.above[call] == (shown[-1] if shown else -1)


@settings(deadline=None, max_examples=50)
@given(example=examples(60))
def test_every_depth_opens_what_lies_in_fewer_others(example: graphs.Example) -> None:
    with groups_of_few():
        graph = replace(example[0])
        tree = outline(graph).tree
        depths = [len(tree.line(call)) - 1 for call in range(len(tree.calls))]
        assert tree.depth.tolist() == depths
        for depth in range(4):
            names = {call.module for call, deep in zip(tree.calls, depths, strict=True) if deep < depth}
            assert open_to_depth(graph, depth) == names
        assert every_module(graph) == {call.module for call in tree.calls}
