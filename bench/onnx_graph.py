"""Writes an ONNX file that Netron opens, in the peers' environment: ``python onnx_graph.py FILE < graph.json``.

Reads ``[[name, label, [input, ...], [output, ...]], ...]``: one operator a grad_fn, in the order of the forward pass. No runtime knows these
operators; a drawing needs only their names and wires.
"""

from __future__ import annotations

import json
import sys

import onnx
from onnx import helper

DOMAIN = "torch.autograd"


def main() -> None:
    """Every node with its wires; the last one's output is the graph's."""
    nodes = [
        helper.make_node(name, inputs, outputs, name=label, domain=DOMAIN)
        for name, label, inputs, outputs in json.load(sys.stdin)
    ]
    result = helper.make_tensor_value_info(nodes[-1].output[0], onnx.TensorProto.FLOAT, [])
    graph = helper.make_graph(nodes, "autograd", [], [result])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid(DOMAIN, 1)]), sys.argv[1])


if __name__ == "__main__":
    main()
