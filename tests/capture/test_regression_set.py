"""Five networks whose graphs must not change unseen: their nodes, edges, saved tensors and saved bytes.

Each number stands here and is counted a second time by plain torch, on the same code, with nothing of ours. Where both
counts agree and the number here does not, it is torch that has changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from samples import run
from torch import nn

from explorer.ir import Run
from explorer.models import find

LSTM = """\
cell = nn.LSTMCell(16, 32)
xs = torch.randn(500, 2, 16)
h, c = torch.zeros(2, 32), torch.zeros(2, 32)
for x in xs:
    h, c = cell(x, (h, c))
loss = h.square().mean()
"""


class Counts(NamedTuple):
    """What is counted of one graph."""

    nodes: int
    edges: int
    saved: int
    nbytes: int
    """Storages under saved tensors, each once."""


KNOWN = {
    "alexnet": Counts(nodes=43, edges=42, saved=36, nbytes=244_743_340),
    "resnet18": Counts(nodes=134, edges=141, saved=185, nbytes=48_628_140),
    "resnet101": Counts(nodes=662, edges=694, saved=940, nbytes=189_191_596),
    "densenet201": Counts(nodes=1_318, edges=3_120, saved=1_818, nbytes=98_006_060),
    "lstm x 500": Counts(nodes=7_506, edges=11_500, saved=6_999, nbytes=976_640),
}


def code(name: str) -> str:
    return LSTM if name == "lstm x 500" else find(name).code(1, (3, 64, 64))


@cache
def captured(name: str) -> Run:
    seen = run(code(name), verify="never")
    assert seen.status == "ok", seen.message
    return seen


@cache
def counted(name: str) -> Counts:
    torch.manual_seed(0)
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F}
    exec(code(name), names)
    root = names["loss"].grad_fn
    seen, waiting, edges = {root}, deque([root]), 0
    tensors: list[torch.Tensor] = []
    while waiting:
        node = waiting.popleft()
        tensors += saved_by(node)
        for target, _ in node.next_functions:
            if target is not None:
                edges += 1
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
    storages = [tensor.untyped_storage() for tensor in tensors]
    nbytes = {storage.data_ptr(): storage.nbytes() for storage in storages}
    return Counts(len(seen), edges, len(tensors), sum(nbytes.values()))


def saved_by(node: Any) -> Iterator[torch.Tensor]:
    for name in attributes(type(node)):
        value = getattr(node, name)
        yield from (one for one in (value if isinstance(value, tuple) else [value]) if isinstance(one, torch.Tensor))


@cache
def attributes(kind: type) -> list[str]:
    return [name for name in dir(kind) if name.startswith("_saved_")]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As in a worker; threads that wait for each other on a busy machine are slower than none."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", KNOWN)
def test_the_graph_is_the_one_we_know(name: str) -> None:
    graph = captured(name).graph
    tensors = [saved.tensor for node in graph.nodes for saved in node.saved if saved.tensor is not None]
    storages = {tensor.storage_id: tensor.storage_nbytes for tensor in tensors}
    found = Counts(len(graph.nodes), len(graph.edges), len(tensors), sum(storages.values()))
    assert found == counted(name)
    assert found == KNOWN[name]


@pytest.mark.parametrize("name", KNOWN)
def test_every_parameter_is_a_leaf_with_its_name_and_a_gradient(name: str) -> None:
    seen = captured(name)
    leaves = {node.variable for node in seen.graph.nodes if node.kind == "leaf"}
    parameters = {tensor.name for tensor in seen.tensors if tensor.origin == "parameter"}
    assert leaves == parameters
    assert all(tensor.grad_stats is not None for tensor in seen.tensors if tensor.origin == "parameter")


@pytest.mark.parametrize("name", KNOWN)
def test_its_weight_is_told(name: str) -> None:
    memory = captured(name).memory
    assert memory is not None
    assert memory.run.saved == KNOWN[name].nbytes
    whole = max(memory.modules, key=lambda weight: weight.parameters)
    assert whole.path == ("cell" if name == "lstm x 500" else "model")
    if name != "lstm x 500":
        assert whole.parameters == 4 * find(name).parameter_count
    everything = next(saving for saving in memory.freezing if saving.name == whole.path)
    assert (everything.nbytes, everything.nodes) == (memory.run.own, KNOWN[name].nodes)
