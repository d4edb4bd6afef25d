"""A run's graph as JSON for Google's Model Explorer: a GraphCollection, which its "JSON adapter" opens as it is.

Its fields are those of the published data classes (``model_explorer.graph_builder``): ``id``, ``label``, ``namespace``, ``attrs``,
``incomingEdges``, ``outputsMetadata``. Arrows point in forward direction, namespaces are module calls, every value is text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from explorer.graph.arrays import Whole, edges, first_each, nodes
from explorer.graph.homes import homes
from explorer.graph.measure import bytes_text, shorten
from explorer.graph.modules import ModuleTree, modules
from explorer.ir import Edge, Graph, Node, Root, Run, TensorMeta

_LONGEST = 200
"""Cells of a value."""

_SPLITTERS = str.maketrans("/;", "__")
"""Characters that Model Explorer splits a namespace at."""


def write(run: Run) -> bytes:
    """The whole graph, whatever is folded: Model Explorer folds by itself. Equal runs give equal bytes."""
    title = _value(run.result or "autograd graph")
    graph = {
        "id": title,
        "nodes": list(_nodes(run)),
        "groupNodeAttributes": {"": {"status": run.status, "result": title}},
    }
    return msgspec.json.encode({"label": "Autograd Explorer", "graphs": [graph]})


def _nodes(run: Run) -> Iterator[dict[str, Any]]:
    tree = modules(run.graph)
    inputs: list[list[Edge]] = [[] for _ in run.graph.nodes]
    for edge in run.graph.edges:
        inputs[edge.source].append(edge)
    for node, home in zip(run.graph.nodes, _homes(run.graph, tree).tolist(), strict=True):
        yield {
            "id": f"n{node.id}",
            "label": _value(node.variable or node.name if node.kind == "leaf" else node.name),
            "namespace": _namespace(tree, home),
            "attrs": [{"key": key, "value": _value(text)} for key, text in _facts(run, node) if text],
            "incomingEdges": [
                {
                    "sourceNodeId": f"n{edge.target}",
                    "sourceNodeOutputId": str(edge.output_nr),
                    "targetNodeInputId": str(edge.slot),
                }
                for edge in inputs[node.id]
            ],
            "outputsMetadata": _outputs(node.output),
        }
    for number, root in enumerate(run.graph.roots):
        yield _result(number, root)


def _homes(graph: Graph, tree: ModuleTree) -> Whole:
    """By node: the call that it belongs to, of a leaf that where it is used first."""
    source, target = edges(graph)
    first, _ = first_each(target)
    first = first[nodes(graph).is_leaf[target[first]]]
    found = tree.owner.copy()
    found[target[first]] = homes(tree, nodes(graph).variable, target[first], source[first])
    return found


def _result(number: int, root: Root) -> dict[str, Any]:
    """Where backward starts, as a node of its own."""
    edge = {"sourceNodeId": f"n{root.node}", "sourceNodeOutputId": str(root.output_nr), "targetNodeInputId": "0"}
    value = root.value if isinstance(root.value, int | float | str) else None
    return {
        "id": f"r{number}",
        "label": _value(root.name),
        "namespace": "",
        "attrs": [] if value is None else [{"key": "value", "value": _value(str(value))}],
        "incomingEdges": [edge],
        "outputsMetadata": _outputs(root.tensor),
    }


def _namespace(tree: ModuleTree, call: int) -> str:
    """The module calls around a node, outermost first, each by its path inside the one around it."""
    names, around = [], ""
    for index in reversed(tree.line(call)):
        made = tree.calls[index]
        path = made.module.removeprefix(f"{around}.") if around else made.module
        names.append(_value(path + (f" #{made.number + 1}" if made.repeated else "")).translate(_SPLITTERS))
        around = made.module
    return "/".join(names)


def _facts(run: Run, node: Node) -> Iterator[tuple[str, str]]:
    yield "grad_fn", node.name
    yield "kind", node.kind
    yield "variable", node.variable or ""
    yield "module", node.module or ""
    yield "line", str(node.line or "")
    yield "source", run.ops[node.op].text if node.op is not None and node.op < len(run.ops) else ""
    yield "order", str(node.order) if node.order > 1 else ""
    for saved in node.saved:
        text = saved.error or (_typed(saved.tensor) if saved.tensor else saved.text or "")
        yield f"saved {saved.name}", f"{text} {bytes_text(saved.nbytes)}" if saved.tensor and not saved.error else text
    for number, gradient in enumerate(node.incoming):
        if gradient is not None:
            yield f"gradient norm{f' {number}' if number else ''}", f"{float(gradient.stats.norm):.6g}"
    yield "hooks", ", ".join(node.hooks)


def _outputs(tensor: TensorMeta | None) -> list[Mapping[str, Any]]:
    return [] if tensor is None else [{"id": "0", "attrs": [{"key": "tensor_shape", "value": _typed(tensor)}]}]


def _typed(tensor: TensorMeta) -> str:
    """As in ``float32[3,4]``."""
    return f"{tensor.dtype}[{','.join(map(str, tensor.shape))}]"


def _value(text: str) -> str:
    """One line of printable text."""
    return shorten("".join(one if one.isprintable() else " " for one in text), _LONGEST)
