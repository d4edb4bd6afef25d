"""What a run says it keeps for backward, and what freezing and checkpointing would save, against torch doing just that.

The oracle runs the code again, with a parameter frozen or a module checkpointed, and adds up the storages that the graph
then holds: those it reads off the nodes, or those that a ``saved_tensors_hooks`` is handed. Nothing of it is ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import run
from torch import nn
from torch.utils.checkpoint import checkpoint

from explorer.capture.memory import weigh
from explorer.ir import Edge, Graph, Memory, Node, Run, Saved, Saving, Weight


class Case(NamedTuple):
    """Code in two parts: what is there before forward, and forward up to `loss`."""

    setup: str
    forward: str

    @property
    def code(self) -> str:
        return self.setup + self.forward


CASES = {
    "expression": Case(
        "x = torch.randn(50, requires_grad=True)\nw = torch.randn(50, requires_grad=True)\nv = torch.randn(50)\n",
        "loss = ((x * w).exp() / (w + 3) + x[:7].sum() * v).sum()\n",
    ),
    "matrices": Case(
        "a = torch.randn(20, 30, requires_grad=True)\nb = torch.randn(30, 40, requires_grad=True)\n"
        "c = torch.randn(40, requires_grad=True)\n",
        "loss = torch.addmm(a @ b, (a @ b).tanh(), c.outer(c)).square().mean() + (b @ c).dot(b @ c)\n",
    ),
    "mlp": Case(
        "model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 4))\n"
        "x = torch.randn(32, 8)\n",
        "loss = model(x).square().mean()\n",
    ),
    "conv": Case(
        "model = nn.Sequential(\n"
        "    nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True)), nn.MaxPool2d(2),\n"
        "    nn.Sequential(nn.Conv2d(8, 8, 3, bias=False), nn.GroupNorm(2, 8), nn.GELU()), nn.Flatten(), nn.Linear(72, 5))\n"
        "x = torch.randn(4, 3, 12, 12)\ntarget = torch.randint(5, (4,))\n",
        "loss = F.cross_entropy(model(x), target)\n",
    ),
    "shared": Case(
        "inner = nn.Sequential(nn.Linear(6, 6), nn.Sigmoid())\nmodel = nn.Sequential(inner, nn.Tanh(), inner, nn.Linear(6, 6))\n"
        "x = torch.randn(10, 6)\n",
        "h = model(x)\nfor step in range(3):\n    h = model(h)\nloss = h.sum()\n",
    ),
    "lstm": Case(
        "cell = nn.LSTMCell(5, 7)\nxs = torch.randn(6, 3, 5)\nh0 = torch.zeros(3, 7)\nc0 = torch.zeros(3, 7)\n",
        "h, c = h0, c0\nfor x in xs:\n    h, c = cell(x, (h, c))\nloss = h.square().mean()\n",
    ),
    "transformer": Case(
        "class Block(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.norm1, self.norm2 = nn.LayerNorm(16), nn.LayerNorm(16)\n"
        "        self.qkv, self.out = nn.Linear(16, 48), nn.Linear(16, 16)\n"
        "        self.feed = nn.Sequential(nn.Linear(16, 64), nn.GELU(), nn.Dropout(0.1), nn.Linear(64, 16))\n"
        "    def forward(self, x):\n"
        "        q, k, v = [t.unflatten(-1, (2, 8)).transpose(1, 2) for t in self.qkv(self.norm1(x)).chunk(3, -1)]\n"
        "        weights = (q @ k.transpose(-2, -1)).softmax(-1)\n"
        "        x = x + self.out((weights @ v).transpose(1, 2).flatten(2))\n"
        "        return x + self.feed(self.norm2(x))\n"
        "tokens = nn.Embedding(11, 16)\nblocks = nn.Sequential(Block(), Block())\nids = torch.randint(11, (2, 9))\n",
        "loss = (blocks(tokens(ids)) @ tokens.weight.T).logsumexp(-1).sum()\n",
    ),
    "bilinear": Case(
        "m = nn.Bilinear(3, 4, 5)\nx = torch.randn(6, 3, requires_grad=True)\ny = torch.randn(6, 4)\n",
        "loss = m(x.sin(), y.exp()).sum()\n",
    ),
    "embedding_bag": Case(
        "bag = nn.EmbeddingBag(9, 4, mode='sum')\ngate = nn.Linear(4, 3)\nids = torch.tensor([[1, 2, 3], [4, 5, 1]])\n"
        "w = torch.randn(2, 3, requires_grad=True)\n",
        "loss = gate(bag(ids, per_sample_weights=w.exp())).tanh().sum()\n",
    ),
}


def names_of(case: Case, frozen: str | None = None) -> dict[str, Any]:
    """The variables before forward, with one parameter or all of one module frozen."""
    torch.manual_seed(0)
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F}
    exec(case.setup, names)
    if frozen is not None:
        found(names, frozen).requires_grad_(False)
    return names


def found(names: dict[str, Any], path: str) -> Any:
    """What a path such as ``model.0.weight`` names."""
    first, *rest = path.split(".")
    at = names[first]
    for name in rest:
        at = getattr(at, name)
    return at


def lasting(names: dict[str, Any]) -> set[int]:
    """Addresses of the storages that variables and modules hold."""
    tensors = [value for value in names.values() if isinstance(value, torch.Tensor)]
    for value in names.values():
        if isinstance(value, nn.Module):
            tensors += [*value.parameters(), *value.buffers()]
    return {tensor.untyped_storage().data_ptr() for tensor in tensors}


def sizes(tensors: Iterable[torch.Tensor]) -> dict[int, int]:
    return {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}


def graph_of(loss: torch.Tensor) -> list[Any]:
    """Every node behind a tensor."""
    nodes, stack = [], [loss.grad_fn]
    while stack:
        node = stack.pop()
        if node is not None and node not in nodes:
            nodes.append(node)
            stack += [target for target, _ in node.next_functions]
    return nodes


def saved_by(nodes: Iterable[Any]) -> list[torch.Tensor]:
    tensors = []
    for node in nodes:
        saved = [getattr(node, name) for name in dir(node) if name.startswith("_saved_")]
        saved += getattr(node, "saved_tensors", ())
        for one in saved:
            tensors += [t for t in (one if isinstance(one, tuple) else [one]) if isinstance(t, torch.Tensor)]
    return tensors


def walked(case: Case, frozen: str | None = None) -> tuple[int, int]:
    """Bytes that the graph keeps and nobody else, and its nodes."""
    names = names_of(case, frozen)
    anyway = lasting(names)
    exec(case.forward, names)
    nodes = graph_of(names["loss"])
    kept = sizes(saved_by(nodes))
    return sum(nbytes for at, nbytes in kept.items() if at not in anyway), len(nodes)


def packed(case: Case, checkpointed: str | None = None) -> int:
    """Bytes handed to ``saved_tensors_hooks`` in forward, where nobody else holds them, with every call of a module checkpointed."""
    names, tensors = names_of(case), list[torch.Tensor]()
    anyway = lasting(names)
    if checkpointed is not None:
        module = found(names, checkpointed)
        forward = module.forward

        def checkpointed_forward(*inputs: Any, **options: Any) -> Any:
            for given in (*inputs, options.values()):  # held too, though not packed
                tensors.extend([] if isinstance(given, torch.Tensor) else given)
            return checkpoint(forward, *inputs, use_reentrant=False, **options)

        module.forward = checkpointed_forward

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        tensors.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        exec(case.forward, names)
    return sum(nbytes for at, nbytes in sizes(tensors).items() if at not in anyway)


def memory(case: Case) -> tuple[Run, Memory]:
    seen = run(case.code)
    assert seen.status == "ok", seen.message
    assert seen.memory is not None
    return seen, seen.memory


@pytest.mark.parametrize("name", CASES)
def test_a_run_keeps_what_its_graph_holds(name: str) -> None:
    case = CASES[name]
    seen, weighed = memory(case)
    names = names_of(case)
    exec(case.forward, names)
    assert weighed.run.saved == sum(sizes(saved_by(graph_of(names["loss"]))).values())
    assert weighed.run.own == walked(case)[0] > 0
    assert len(seen.graph.nodes) == walked(case)[1]


@pytest.mark.parametrize("name", CASES)
def test_freezing_saves_what_torch_then_does_not_keep(name: str) -> None:
    case = CASES[name]
    seen, weighed = memory(case)
    kept, nodes = walked(case)
    assert {one.name for one in weighed.freezing if not one.module} == {
        node.variable for node in seen.graph.nodes if node.kind == "leaf"
    }
    assert any(one.module for one in weighed.freezing) == ("nn." in case.setup)
    for one in weighed.freezing:
        kept_then, nodes_then = walked(case, one.name)
        assert (one.nbytes, one.nodes, one.exact) == (kept - kept_then, nodes - nodes_then, True), one.name


@pytest.mark.parametrize("name", ["mlp", "conv", "shared", "lstm", "transformer", "bilinear", "embedding_bag"])
def test_checkpointing_saves_what_torch_then_does_not_pack(name: str) -> None:
    case = CASES[name]
    _, weighed = memory(case)
    before = packed(case)
    assert weighed.checkpointing
    for one in weighed.checkpointing:
        assert one.nbytes == before - packed(case, one.name), one.name
    assert all(one.exact for one in weighed.checkpointing if "inplace" not in case.setup)


def test_what_writes_into_its_input_cannot_be_computed_again() -> None:
    exact = {one.name: one.exact for one in memory(CASES["conv"])[1].checkpointing}
    assert exact == {name: name != "model.0.2" for name in exact}


@pytest.mark.parametrize("name", ["mlp", "conv", "transformer", "lstm"])
def test_modules_weigh_what_their_nodes_hold(name: str) -> None:
    """By hand: each node's module from the record, its saved storages from torch's own nodes in the same order."""
    seen, weighed = memory(CASES[name])
    parameters = {one.name: one.storage_nbytes for one in seen.tensors if one.origin == "parameter"}
    assert weighed.run.parameters == sum(parameters.values())
    assert [one.saved for one in weighed.modules] == sorted((one.saved for one in weighed.modules), reverse=True)
    for one in weighed.modules:
        holders: dict[int, set[bool]] = {}
        nbytes = {}
        for node in seen.graph.nodes:
            for saved in node.saved:
                if saved.tensor is not None:
                    inside = f"{node.module}.".startswith(f"{one.path}.")
                    holders.setdefault(saved.tensor.storage_id, set()).add(inside)
                    nbytes[saved.tensor.storage_id] = saved.tensor.storage_nbytes
        anyway = {tensor.storage_id for tensor in seen.tensors if tensor.is_leaf}
        assert one.saved == sum(nbytes[at] for at, inside in holders.items() if True in inside)
        assert one.own == sum(nbytes[at] for at, inside in holders.items() if inside == {True} and at not in anyway)
        assert one.parameters == sum(size for path, size in parameters.items() if path.startswith(f"{one.path}."))


LAYERS = st.sampled_from(
    [
        *("nn.Linear(6, 6)", "nn.LayerNorm(6)", "nn.BatchNorm1d(6)", "nn.Bilinear(6, 6, 6)", "nn.PReLU()"),
        *("nn.Conv1d(1, 1, 3, padding=1)", "nn.Tanh()", "nn.ReLU()", "nn.GELU()", "nn.Softmax(-1)"),
        *("nn.Dropout(0.5)", "nn.Identity()"),
    ]
)
APPLY = """\
layers = nn.Sequential({layers})
x = torch.randn(7, 6, requires_grad=True)
def apply(h, at):
    if type(layers[at]) is nn.Conv1d:
        return layers[at](h.unsqueeze(1)).squeeze(1)
    return layers[at](h, x) if type(layers[at]) is nn.Bilinear else layers[at](h)
"""


@settings(max_examples=25, deadline=None)
@given(st.lists(LAYERS, min_size=1, max_size=5), st.lists(st.integers(0, 4), min_size=1, max_size=6))
def test_any_chain_of_layers_in_any_order_of_calls(layers: list[str], order: list[int]) -> None:
    calls = [at % len(layers) for at in order]
    forward = f"h = x\nfor at in {calls}:\n    h = apply(h, at)\nloss = h.sum()\n"
    case = Case(APPLY.format(layers=", ".join(layers)), forward)
    _, weighed = memory(case)
    kept, nodes = walked(case)
    assert weighed.run.own == kept
    for one in weighed.freezing:
        kept_then, nodes_then = walked(case, one.name)
        assert (one.nbytes, one.nodes, one.exact) == (kept - kept_then, nodes - nodes_then, True), one.name
    for one in weighed.checkpointing:
        assert one.nbytes == packed(case) - packed(case, one.name), one.name


def entry(savings: Iterable[Saving], name: str) -> Saving:
    return next(one for one in savings if one.name == name)


def test_freezing_says_so_where_it_cannot_know() -> None:
    custom = """\
class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * w
    @staticmethod
    def backward(ctx, gradient):
        x, w = ctx.saved_tensors
        return gradient * w, gradient * x
x = torch.randn(5, requires_grad=True)
w = torch.randn(5, requires_grad=True)
loss = Scale.apply(x.exp(), w.exp()).sum()
"""
    for one in memory(Case(custom, ""))[1].freezing:
        assert (one.name in ("x", "w"), one.exact) == (True, False)
    inside = "x = torch.randn(5, requires_grad=True)\ny = torch.zeros(5)\ny[:2] = x[:2].exp() * 2\nloss = y.sum()\n"
    assert not entry(memory(Case(inside, ""))[1].freezing, "x").exact
    twice = (
        "x = torch.randn(5, requires_grad=True)\nw = torch.randn(5, requires_grad=True)\n"
        "(g,) = torch.autograd.grad((x ** 3 * w).sum(), x, create_graph=True)\nloss = g.square().sum()\nloss.backward()\n"
    )
    assert not entry(memory(Case(twice, ""))[1].freezing, "w").exact


def test_what_hooks_have_packed_is_not_counted_and_said_to_be_unknown() -> None:
    code = """\
model = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
x = torch.randn(3, 4)
with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
    h = model(x)
loss = h.sum()
"""
    weighed = memory(Case(code, ""))[1]
    assert weighed.run.saved == 0
    assert not entry(weighed.freezing, "model").exact
    assert not entry(weighed.checkpointing, "model").exact


def test_only_the_calls_of_the_graph_shown_count() -> None:
    """A training: what earlier steps and an evaluation put into the model is gone."""
    loop = Case(
        "model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1))\n",
        "for step in range(4):\n    x = torch.randn(32, 8)\n    with torch.no_grad():\n        model(x * 2)\n"
        "    loss = model(x * 3).square().mean()\n    loss.backward()\n",
    )
    once = Case(loop.setup, "x = torch.randn(32, 8)\nloss = model(x * 3).square().mean()\n")
    assert memory(loop)[1].checkpointing == memory(once)[1].checkpointing
    assert memory(loop)[1].run == memory(once)[1].run


def test_a_node_of_no_known_call_makes_checkpointing_doubtful() -> None:
    seen, weighed = memory(CASES["mlp"])
    assert all(one.exact for one in weighed.checkpointing)
    first, *others = seen.graph.nodes
    graph = Graph(nodes=(msgspec.structs.replace(first, op=None), *others), edges=seen.graph.edges)
    doubtful = weigh(graph, seen.ops, seen.calls, seen.tensors).checkpointing
    assert [(one.name, one.exact) for one in doubtful] == [(one.name, False) for one in weighed.checkpointing]


def test_a_run_without_a_graph_weighs_nothing() -> None:
    assert run("x = torch.ones(3)").memory is None


def long_graph(count: int) -> Graph:
    """Nodes in a row, every one with a saved tensor, and one leaf that all of them use."""
    like = run("x = torch.ones(3, requires_grad=True)\nx * x").graph
    multiply, leaf = like.nodes
    (tensor,) = {saved.tensor for saved in multiply.saved}
    assert tensor is not None

    def node(at: int) -> Node:
        saved = Saved(name="self", tensor=msgspec.structs.replace(tensor, storage_id=at + 1), part=12)
        return Node(id=at, name=multiply.name, kind="operation", slots=2, saved=(saved,), module=f"m.{at % 100}")

    last = count - 1
    edges = [
        Edge(source=at, slot=slot, target=to, output_nr=0)
        for at in range(last)
        for slot, to in enumerate((at + 1, last))
    ]
    return Graph(nodes=(*map(node, range(last)), msgspec.structs.replace(leaf, id=last)), edges=tuple(edges))


def test_a_hundred_thousand_nodes_are_weighed() -> None:
    graph = long_graph(100_000)
    weighed = weigh(graph)
    assert weighed.run == Weight(path="", saved=12 * 99_999, own=12 * 99_999)
    assert entry(weighed.freezing, "x") == Saving(name="x", nbytes=12 * 99_999, nodes=100_000)
    assert sum(one.own for one in weighed.modules if one.path != "m") == 12 * 99_999
