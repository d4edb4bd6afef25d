"""JSON for Model Explorer, held against its published data classes (`graph_builder.py` of ai-edge-model-explorer 0.1.34)."""

from __future__ import annotations

import json
from typing import Any

from explorer.export import model_explorer
from explorer.ir import Run
from tests.graph import graphs
from tests.samples import run

TEXT = str
PAIR = {"key": TEXT, "value": TEXT}
METADATA = {"id": TEXT, "attrs": [PAIR]}
EDGE = {"sourceNodeId": TEXT, "sourceNodeOutputId": TEXT, "targetNodeInputId": TEXT}
NODE = {
    "id": TEXT, "label": TEXT, "namespace": TEXT, "attrs": [PAIR], "incomingEdges": [EDGE], "outputsMetadata": [METADATA],
}  # fmt: skip


def fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, type):
        return isinstance(value, shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    return isinstance(value, dict) and set(value) == set(shape) and all(fits(value[key], shape[key]) for key in shape)


def nodes(written: Run) -> dict[str, dict[str, Any]]:
    collection = json.loads(model_explorer.write(written))
    assert set(collection) == {"label", "graphs"}
    (graph,) = collection["graphs"]
    assert set(graph) == {"id", "nodes", "groupNodeAttributes"}
    assert fits(graph["nodes"], [NODE])
    found = {node["id"]: node for node in graph["nodes"]}
    assert len(found) == len(graph["nodes"])
    return found


def test_every_node_and_edge_is_there_and_arrows_go_forward() -> None:
    graph, ops = graphs.resnet()
    found = nodes(Run(status="ok", graph=graph, ops=ops))
    assert len(found) == len(graph.nodes) + len(graph.roots)
    edges = {
        (int(e["sourceNodeId"][1:]), int(n["id"][1:]))
        for n in found.values()
        if n["id"][0] == "n"
        for e in n["incomingEdges"]
    }
    assert edges == {(edge.target, edge.source) for edge in graph.edges}
    assert all(edge["sourceNodeId"] in found for node in found.values() for edge in node["incomingEdges"])


def test_modules_are_namespaces_and_facts_are_attributes() -> None:
    captured = run("net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 3), nn.Tanh()))\n"
                   "loss = net(torch.ones(4, 2)).sum()\nloss.backward()")  # fmt: skip
    found = nodes(captured)
    tanh = next(node for node in captured.graph.nodes if node.name == "TanhBackward0")
    shown = found[f"n{tanh.id}"]
    attributes = {pair["key"]: pair["value"] for pair in shown["attrs"]}
    assert shown["namespace"] == "net/1"
    assert attributes["gradient norm"] == f"{float(tanh.incoming[0].stats.norm):.6g}"
    assert attributes["saved result"] == "float32[4,3] 48 B"
    assert shown["outputsMetadata"] == [{"id": "0", "attrs": [{"key": "tensor_shape", "value": "float32[4,3]"}]}]
    weight = next(node for node in found.values() if node["label"] == "net.1.0.weight")
    assert weight["namespace"] == "net/1/0"


def test_each_call_of_a_module_is_a_namespace_of_its_own() -> None:
    graph, ops = graphs.recurrent(3, modules=True)
    found = nodes(Run(status="ok", graph=graph, ops=ops))
    assert {"cell #1", "cell #2", "cell #3"} <= {node["namespace"] for node in found.values()}
