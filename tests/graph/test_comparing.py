"""Two graphs held against each other: what stays, what goes, what comes, what changes, however the nodes are numbered."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import permutations

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.examples import examples as snippets
from explorer.graph.comparing import compare
from explorer.ir import Edge, Gradient, Graph, Node, Root, Run, Stats
from explorer.models import find
from tests.graph import graphs
from tests.graph.random_graphs import examples
from tests.samples import run


def run_of(example: graphs.Example) -> Run:
    return Run(status="ok", graph=example[0], ops=example[1])


def replaced(run: Run, nodes: Sequence[Node], edges: Sequence[Edge], roots: Sequence[Root]) -> Run:
    ordered = tuple(sorted(edges, key=lambda edge: (edge.source, edge.slot)))
    return msgspec.structs.replace(run, graph=Graph(nodes=tuple(nodes), edges=ordered, roots=tuple(roots)))


def renumbered(run: Run, new: Sequence[int]) -> Run:
    """The same graph, node `i` now called `new[i]`."""
    graph, put = run.graph, msgspec.structs.replace
    nodes = sorted((put(node, id=new[node.id]) for node in graph.nodes), key=lambda node: node.id)
    edges = [put(edge, source=new[edge.source], target=new[edge.target]) for edge in graph.edges]
    return replaced(run, nodes, edges, [put(root, node=new[root.node]) for root in graph.roots])


def without(run: Run, gone: int) -> Run:
    """The graph without one node: who took it takes its first input instead, or nothing."""
    graph, put = run.graph, msgspec.structs.replace
    instead = next((edge for edge in graph.edges if edge.source == gone), None)
    edges = []
    for edge in graph.edges:
        if edge.source == gone:
            continue
        if edge.target != gone:
            edges.append(edge)
        elif instead is not None:
            edges.append(put(edge, target=instead.target, output_nr=instead.output_nr))
    new = [node.id - (node.id > gone) for node in graph.nodes]
    nodes = [put(node, id=new[node.id]) for node in graph.nodes if node.id != gone]
    edges = [put(edge, source=new[edge.source], target=new[edge.target]) for edge in edges]
    roots = [root for root in graph.roots if root.node != gone]
    return replaced(run, nodes, edges, [put(root, node=new[root.node]) for root in roots])


def told_apart(run: Run) -> Run:
    """Each forward call with a source text of its own."""
    put = msgspec.structs.replace
    return put(run, ops=tuple(put(op, text=f"f{op.index}(x)") for op in run.ops))


@given(examples())
@settings(deadline=None, max_examples=40)
def test_a_graph_is_the_same_as_itself(example: graphs.Example) -> None:
    found = compare(run_of(example), run_of(example))
    assert found.equal
    assert [(pair.before, pair.after) for pair in found.pairs] == [(node.id, node.id) for node in example[0].nodes]


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_numbers_of_nodes_play_no_part(data: st.DataObject) -> None:
    one, other = run_of(data.draw(examples())), run_of(data.draw(examples()))
    same_however_numbered(one, other, data.draw(st.permutations(range(len(other.graph.nodes)))))


def test_a_node_that_two_take_goes_with_the_first_of_them_in_the_graph() -> None:
    def taking(same: bool) -> Run:
        """What two calls take is one node, or one each: either of these could be that node."""
        tape = graphs.Tape()
        made = [tape.op("Sin", tape.leaf(name), text="sin(x)") for name in ("x" if same else "yz")]
        tape.op("Mul", tape.op("Exp", made[0]), tape.op("Cos", made[-1]))
        return run_of(tape.graph())

    apart, shared = taking(same=False), taking(same=True)
    for new in permutations(range(len(shared.graph.nodes))):
        same_however_numbered(apart, shared, new)
    pairs = {pair.before: shared.graph.nodes[pair.after].name for pair in compare(apart, shared).pairs}
    first = next(edge.target for edge in apart.graph.edges if apart.graph.nodes[edge.source].name == "ExpBackward0")
    assert [node for node, name in pairs.items() if name == "SinBackward0"] == [first]


def same_however_numbered(one: Run, other: Run, new: Sequence[int]) -> None:
    plain, moved = compare(one, other), compare(one, renumbered(other, new))
    assert [(pair.before, new[pair.after], pair.changes) for pair in plain.pairs] == [
        (pair.before, pair.after, pair.changes) for pair in moved.pairs
    ]
    assert sorted(new[node] for node in plain.added) == list(moved.added)


@given(examples(), examples())
@settings(deadline=None, max_examples=40)
def test_it_reads_the_same_from_both_sides(one: graphs.Example, other: graphs.Example) -> None:
    there, back = compare(run_of(one), run_of(other)), compare(run_of(other), run_of(one))
    assert (there.removed, there.added) == (back.added, back.removed)
    assert sorted((pair.after, pair.before) for pair in there.pairs) == [(p.before, p.after) for p in back.pairs]
    assert {pair.before: [(c.field, c.before, c.after) for c in pair.changes] for pair in there.pairs} == {
        pair.after: [(c.field, c.after, c.before) for c in pair.changes] for pair in back.pairs
    }
    seen = [pair.before for pair in there.pairs] + list(there.removed)
    assert sorted(seen) == [node.id for node in one[0].nodes]
    for pair in there.pairs:
        assert one[0].nodes[pair.before].name == other[0].nodes[pair.after].name


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_a_node_taken_out_is_what_was_removed(data: st.DataObject) -> None:
    whole = told_apart(run_of(data.draw(examples())))
    gone = data.draw(st.sampled_from([node.id for node in whole.graph.nodes]))
    found = compare(whole, without(whole, gone))
    assert (found.removed, found.added) == ((gone,), ())
    assert {change.field for pair in found.changed for change in pair.changes} <= {"inputs"}
    touched = {edge.source for edge in whole.graph.edges if edge.target == gone}
    assert {pair.before for pair in found.changed} <= touched


def test_one_of_many_equal_nodes_is_missing() -> None:
    found = compare(run_of(graphs.chain(7)), run_of(graphs.chain(6)))
    assert (len(found.removed), found.added) == (1, ())
    assert compare(run_of(graphs.recurrent(9)), run_of(graphs.recurrent(11))).removed == ()


BRANCHING = next(snippet.code for snippet in snippets() if "dynamic_graph_example" in snippet.code)


def test_the_branching_example_of_the_notes_takes_another_branch() -> None:
    one, other = run(BRANCHING), run(BRANCHING.replace("tensor(2.0", "tensor(-2.0"))
    found = compare(one, other)
    assert (found.removed, found.added) == ((), ())
    named = {one.graph.nodes[pair.before].name: pair.changes for pair in found.changed}
    changes = {
        change.field: (change.before, change.after) for change in named["PowBackward0"] if change.field != "saved"
    }
    assert changes == {"line": ("5", "7"), "source": ("x ** 2", "x ** 3")}
    assert [(c.before, c.after) for c in named["PowBackward0"] if c.field == "saved"] == [("exponent 2", "exponent 3")]
    x = torch.tensor([2.0, -2.0], requires_grad=True)
    (x[0] ** 2 + x[1] ** 3).backward()
    gradient = next(change for change in named["AccumulateGrad"] if change.field == "gradient")
    assert (float(gradient.before), float(gradient.after)) == tuple(x.grad.tolist())


def test_other_names_leave_the_structure() -> None:
    one = run("x = torch.tensor(2.0, requires_grad=True)\ny = x.exp().sin()\ny.backward()")
    other = run("\na = torch.tensor(2.0, requires_grad=True)\nb = torch.sin(torch.exp(a))\nb.backward()")
    found = compare(one, other)
    assert len(found.pairs) == len(one.graph.nodes)
    leaf = next(pair for pair in found.pairs if one.graph.nodes[pair.before].kind == "leaf")
    assert [(change.field, change.before, change.after) for change in leaf.changes] == [
        ("variable", "x", "a"),
        ("line", "1", "2"),
    ]


def test_train_and_eval_of_a_resnet_differ_in_the_flags_of_batch_norm_only() -> None:
    code = find("resnet18").code(batch=1, shape=(3, 96, 96))
    code = re.sub(r"\b(64|128|256|512)\b", lambda width: str(int(width[0]) // 16), code)  # as deep, and quicker
    built = next(line for line in code.splitlines() if line.startswith("model = "))
    train, evaluated = run(code, verify="never"), run(code.replace(built, f"{built}\nmodel.eval()"), verify="never")
    found = compare(train, evaluated, tolerance=float("inf"))
    assert (found.removed, found.added) == ((), ())
    flags = {
        pair.before
        for pair in found.changed
        if ("training True", "training False") in [(change.before, change.after) for change in pair.changes]
    }
    norms = {node.id for node in train.graph.nodes if node.name == "NativeBatchNormBackward0"}
    assert flags == norms
    assert len(norms) == 20


DROPPING = """net = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.ReLU(), nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 1))
{mode}
loss = net(torch.ones(2, 4)).sum()
loss.backward()"""


def test_dropout_vanishes_in_eval() -> None:
    train, evaluated = (run(DROPPING.format(mode=f"net.{mode}()")) for mode in ("train", "eval"))
    found = compare(train, evaluated)
    assert found.added == ()
    assert [train.graph.nodes[node].module for node in found.removed] == ["net.4", "net.1"]
    rewired = {
        train.graph.nodes[pair.before].module
        for pair in found.changed
        if "inputs" in {change.field for change in pair.changes}
    }
    assert rewired == {"net.2", "net.5"}


@pytest.mark.parametrize(("apart", "same"), [(0.0, True), (1e-7, True), (1e-3, False), (float("nan"), False)])
def test_gradients_up_to_a_tolerance(apart: float, same: bool) -> None:
    graph, ops = graphs.expression()

    def with_gradient(norm: float) -> Run:
        stats = Stats(numel=12, norm="NaN" if norm != norm else norm, min=-1.0, max=1.0, mean=0.0)
        nodes = [msgspec.structs.replace(node, incoming=(Gradient(shape=(3, 4), stats=stats),)) for node in graph.nodes]
        return Run(status="ok", graph=msgspec.structs.replace(graph, nodes=tuple(nodes)), ops=ops)

    assert compare(with_gradient(3.0), with_gradient(3.0 + apart)).equal is same
    assert compare(with_gradient(apart), with_gradient(apart)).equal


def test_nothing_of_it_raises() -> None:
    broken = (Edge(source=0, target=1), Edge(source=1, target=0), Edge(source=1, slot=1, target=1))
    nodes = tuple(Node(id=at, name="SinBackward0", slots=2, op=7) for at in range(2))
    cyclic = Run(status="ok", graph=Graph(nodes=nodes, edges=broken, roots=(Root(node=1, output_nr=3, name="z"),)))
    assert compare(cyclic, cyclic).equal
    assert compare(cyclic, Run(status="error")).removed == (0, 1)
    assert compare(Run(status="error"), cyclic).added == (0, 1)
    assert compare(cyclic, run_of(graphs.expression())).pairs == ()


def test_it_stays_near_linear() -> None:
    def calls(steps: int) -> int:
        """Of Python's functions and C's: what is done, however busy the machine is."""
        one, other = run_of(graphs.recurrent(steps)), run_of(graphs.recurrent(steps + 3))
        events: Counter[str] = Counter()
        sys.setprofile(lambda _frame, event, _argument: events.update((event,)))
        try:
            compare(one, other)
        finally:
            sys.setprofile(None)
        return events["call"] + events["c_call"]

    assert calls(800) < 16 * 1.5 * calls(50)
