"""The order of backward, against the order in which torch itself calls hooks on the nodes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from samples import run
from torch import nn
from torch.nn import functional as F

from explorer.graph import steps
from explorer.graph.steps import backward_steps
from tests.graph.graphs import Example
from tests.graph.random_graphs import examples

CODES = {
    "shared": "x = torch.ones(3, requires_grad=True)\ny = torch.ones(3, requires_grad=True)\nz = ((x * y).exp() + x.sin() * y).sum()",
    "branches": "x = torch.ones(2, requires_grad=True)\na, b = x.unbind()\nz = a * b + torch.stack([a, b]).prod() * a.exp()",
    "module": "torch.manual_seed(0)\nnet = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))\nz = F.cross_entropy(net(torch.ones(2, 3)), torch.tensor([0, 1]))",
    "loop": "w = torch.ones(2, requires_grad=True)\nh = torch.ones(2)\nfor _ in range(4):\n    h = torch.tanh(w * h + w)\nz = h.sum()",
}


def called(code: str) -> list[tuple[str, int]]:
    """Names of nodes in the order of their hooks, each with how many of that name came before it in a walk from the result."""
    scope: dict[str, Any] = {"torch": torch, "nn": nn, "F": F}
    exec(code, scope)
    walk: list[Any] = []
    waiting = [scope["z"].grad_fn]
    while waiting:
        node = waiting.pop(0)
        if node is not None and node not in walk:
            walk.append(node)
            waiting += [following for following, _ in node.next_functions]
    order: list[int] = []
    for at, node in enumerate(walk):
        node.register_hook(lambda *_, at=at: order.append(at))
    scope["z"].backward()
    return [(walk[at].name().split("::")[-1], at) for at in order]


@pytest.mark.parametrize("name", CODES)
def test_nodes_run_in_the_order_in_which_torch_calls_their_hooks(name: str) -> None:
    graph = run(CODES[name] + "\nz.backward()").graph
    found = backward_steps(graph)
    assert sorted(found) == list(range(1, len(graph.nodes) + 1))
    ours = sorted(graph.nodes, key=lambda node: found[node.id])
    theirs = called(CODES[name])
    assert [node.name for node in ours] == [kind for kind, _ in theirs]
    assert [node.id for node in ours] == [at for _, at in theirs]


@given(example=examples())
def test_sequence_numbers_alone_tell_the_order_that_taking_turns_does(example: Example) -> None:
    graph, _ = example
    told = steps._by_number(graph)
    assert told is None or told.tolist() == steps._by_turns(graph).tolist()


def test_the_order_of_a_forward_pass_is_told_by_its_sequence_numbers() -> None:
    for code in CODES.values():
        assert steps._by_number(run(code).graph) is not None
