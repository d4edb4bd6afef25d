"""Sums of modules, against torch counting by itself."""

from __future__ import annotations

import math

import pytest
import torch
from msgspec.structs import replace
from torch import nn

from explorer.graph.picture import compose
from explorer.graph.sums import seconds, total, totals
from explorer.ir import Gradient, Graph, Node, Stats
from tests.samples import run

CODE = """class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(6, 6)
        self.two = nn.Linear(6, 6)
    def forward(self, x):
        return x + self.two(torch.relu(self.one(x)))
model = nn.Sequential(nn.Linear(3, 6), *(Block() for _ in range(3)))
model(torch.ones(5, 3)).pow(2).sum().backward()"""


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(6, 6)
        self.two = nn.Linear(6, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.two(torch.relu(self.one(x)))


def test_a_folded_module_sums_up_what_torch_counts() -> None:
    captured = run(CODE)
    boxes = compose(captured.graph, captured.ops, open_modules=frozenset({"model"})).boxes
    box = next(box for box in boxes if box.module == "model.2")
    assert box.class_name == "Block"
    found = total(captured.graph, box.nodes)

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 6), *(Block() for _ in range(3)))
    saved: dict[int, int] = {}
    keep = []
    norms = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        keep.append(tensor)
        saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    x = model[1](model[0](torch.ones(5, 3)))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        y = model[2](x)
    inner = []
    stack = [y.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node is x.grad_fn or node in inner:
            continue
        inner.append(node)
        stack += [following for following, _ in node.next_functions]
    for node in inner:
        node.register_hook(
            lambda given, taken: norms.extend(one.norm().item() for one in (*given, *taken) if one is not None)
        )
    model[3](y).pow(2).sum().backward()
    assert found.nodes == len(inner)
    assert found.parameters == sum(parameter.numel() for parameter in model[2].parameters()) == 84
    assert found.saved_bytes == sum(saved.values())
    assert found.largest_norm == pytest.approx(max(norms), rel=1e-5)
    assert box.subtitle.startswith("Block · 84 params · ")


def test_seconds_count_each_call_once() -> None:
    captured = run(CODE)
    nodes = [node.id for node in captured.graph.nodes if node.module and node.module.startswith("model.2")]
    forward, backward = seconds(captured, nodes)
    ops = {captured.graph.nodes[node].op for node in nodes} - {None}
    assert forward == pytest.approx(sum(captured.times.forward[op] for op in ops))
    assert backward == pytest.approx(sum(captured.times.backward[node] or 0 for node in nodes))
    assert seconds(replace(captured, times=None), nodes) == (None, None)


def test_a_norm_that_is_not_a_number_is_the_largest() -> None:
    norms = (3.0, "NaN", "Infinity")
    nodes = tuple(
        Node(id=at, name="Sin", incoming=(Gradient(stats=Stats(numel=1, norm=norm)),)) for at, norm in enumerate(norms)
    )
    graph = Graph(nodes=nodes)
    assert math.isnan(total(graph, (0, 1, 2)).largest_norm or 0.0)
    assert total(graph, (0, 2)).largest_norm == math.inf
    assert total(graph, ()).largest_norm is None


def test_many_groups_at_once_have_the_sums_that_each_has_alone() -> None:
    captured = run(CODE)
    count = len(captured.graph.nodes)
    groups = [range(count), (), (0,), range(3, count, 2), range(0, count, 2), range(count - 1, -1, -1)]
    assert totals(captured.graph, groups) == [total(captured.graph, group) for group in groups]
    assert totals(captured.graph, []) == []
    assert totals(Graph(), [()]) == [total(Graph(), ())]
