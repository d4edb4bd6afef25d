"""A run as aligned plain text, for a terminal or a message: what happened, the nodes by module, the leaves, what was printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from explorer.derivatives.checked import verdict
from explorer.graph.measure import bytes_text, cells, shape_text, shorten
from explorer.graph.modules import ModuleTree, modules
from explorer.ir import Graph, Node, Run, Tensor
from explorer.words import Language, say, tell

_GAP = "  "


def write(run: Run, language: Language = "en") -> str:
    """The whole run in lines; control characters of typed names and of what was printed are shown as escapes."""
    parts = [list(_summary(run, language))]
    if run.graph.nodes:
        parts.append([say("export.nodes", language), *_nodes(run, language)])
        parts.append([say("export.leaves", language), *_leaves(run, language)])
    else:
        parts.append([say("export.empty", language)])
    if run.stdout:
        parts.append([say("export.printed", language), *(_GAP + _clean(line) for line in run.stdout.splitlines())])
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _clean(text: str) -> str:
    """Nothing that moves a terminal's cursor or its colours."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _summary(run: Run, language: Language) -> Iterator[str]:
    yield f"{say('export.status', language)}: {run.status}"
    if run.sentence or run.message:
        where = f" ({say('export.column.line', language)} {run.line})" if run.line else ""
        yield _clean((tell(run.sentence, language) if run.sentence else run.message or "") + where)
    yield from (_clean(tell(note, language)) for note in run.notes)
    if (checked := verdict(run, language)) is not None:
        yield _clean(checked)
    for root in run.graph.roots:
        value = root.value if isinstance(root.value, int | float | str) else None
        shown = f"= {value:.6g}" if isinstance(value, int | float) else f"= {value}" if value is not None else ""
        shape = shape_text(root.tensor.shape) if root.tensor else ""
        yield f"{say('export.result', language)}: {_clean(root.name)} {shown or shape}".rstrip()


def _nodes(run: Run, language: Language) -> Iterator[str]:
    heads = ("node", "line", "source", "inputs", "output", "saved", "gradient", "also")
    tree = modules(run.graph)
    inputs = _inputs(run.graph)
    rows: list[tuple[str, ...]] = [tuple(say(f"export.column.{head}", language) for head in heads)]
    titles: dict[int, str] = {}
    for node, depth, title in _listing(tree):
        if node is None:
            titles[len(rows)] = _GAP * depth + title
            rows.append(("",) * len(heads))
        else:
            rows.append(_node_row(run, run.graph.nodes[node], depth, inputs[node], language))
    for index, line in enumerate(_aligned(_trimmed(rows))):
        yield _GAP + _clean(titles.get(index, line))


def _inputs(graph: Graph) -> list[list[str]]:
    """What each node leads to, by slot: a leaf's name, ``#3``, ``#3[1]`` for the second output of several, ``-`` for no edge."""
    several = {edge.target for edge in graph.edges if edge.output_nr}
    inputs = [["-"] * node.slots for node in graph.nodes]
    for edge in graph.edges:
        leaf = graph.nodes[edge.target]
        name = leaf.variable if leaf.kind == "leaf" else None
        slots = inputs[edge.source]
        slots += ["-"] * (edge.slot + 1 - len(slots))
        slots[edge.slot] = name or f"#{edge.target}" + (f"[{edge.output_nr}]" if edge.target in several else "")
    return inputs


def _listing(tree: ModuleTree) -> Iterator[tuple[int | None, int, str]]:
    """Nodes in forward order with their indent, and a line with a title where a module call begins."""
    open_calls: list[int] = []
    for node in tree.order.tolist():
        around = tree.line(tree.owner[node])[::-1]
        same = 0
        while same < min(len(around), len(open_calls)) and around[same] == open_calls[same]:
            same += 1
        for depth in range(same, len(around)):
            call = tree.calls[around[depth]]
            yield None, depth, call.module + (f" #{call.number}" if call.repeated else "")
        open_calls = around
        yield node, len(around), ""


def _node_row(run: Run, node: Node, depth: int, inputs: Sequence[str], language: Language) -> tuple[str, ...]:
    op = run.ops[node.op] if node.op is not None else None
    saved = [item.nbytes for item in node.saved if item.tensor is not None]
    norms = [f"{float(gradient.stats.norm):.4g}" for gradient in node.incoming if gradient is not None]
    return (
        f"{_GAP * depth}#{node.id} {node.name}",
        str(node.line or ""),
        shorten(op.text if op else "", 36),
        shorten(", ".join(inputs), 40),
        shape_text(node.output.shape) if node.output else "",
        f"{len(saved)} · {bytes_text(sum(saved))}" if saved else "",
        ", ".join(norms),
        "; ".join(_also(node, language)),
    )


def _also(node: Node, language: Language) -> Iterator[str]:
    """What few nodes have."""
    if node.order > 1:
        yield say("export.also.order", language, order=node.order)
    if node.segment is not None:
        yield say("export.also.segment", language, segment=node.segment)
    if node.retains_grad:
        yield say("export.also.retains_grad", language)
    yield from node.hooks
    if node.incoming and (gradient := node.incoming[0]) is not None and gradient.stats.nnz is not None:
        stats = gradient.stats
        yield say("export.also.sparse", language, stored=stats.nnz, count=stats.numel)
    missing: dict[str, list[str]] = {}
    for item in node.saved:
        if item.error is not None:
            missing.setdefault(item.error, []).append(item.name)
    for why, names in missing.items():
        yield say("export.also.missing", language, names=", ".join(names), why=shorten(why, 120))


def _leaves(run: Run, language: Language) -> Iterator[str]:
    heads = ("name", "shape", "value", "grad", "gradient", "also")
    rows: list[tuple[str, ...]] = [tuple(say(f"export.column.{head}", language) for head in heads)]
    tensors = {tensor.grad_fn: tensor for tensor in run.tensors if tensor.is_leaf and tensor.grad_fn is not None}
    places = {node: place for place, node in enumerate(tensors)}
    ordered = sorted(leaves(run.graph), key=lambda node: places.get(node.id, len(places)))
    rows += [_leaf_row(node, tensors.get(node.id), language) for node in ordered]
    return (_GAP + _clean(line) for line in _aligned(_trimmed(rows)))


def leaves(graph: Graph) -> list[Node]:
    """The AccumulateGrad nodes in traversal order."""
    return [node for node in graph.nodes if node.kind == "leaf"]


def _leaf_row(node: Node, tensor: Tensor | None, language: Language) -> tuple[str, ...]:
    norms = [f"{float(gradient.stats.norm):.4g}" for gradient in node.incoming if gradient is not None]
    return (
        node.variable or f"#{node.id}",
        shape_text(node.output.shape) if node.output else "",
        shorten(_numbers(tensor.value), 40) if tensor else "",
        shorten(_numbers(tensor.grad), 40) if tensor else "",
        ", ".join(norms),
        "; ".join(_also(node, language)),
    )


def _numbers(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_numbers(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value)
    return "" if value is None else f"{value:.6g}" if isinstance(value, int | float) else str(value)


def _trimmed(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Without the last column, where nothing but its title stands in it."""
    return rows if any(row[-1] for row in rows[1:]) else [row[:-1] for row in rows]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Columns side by side, by cells of a terminal, so that Korean lines up too."""
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        padded = (text + " " * (width - cells(text)) for text, width in zip(row, widths, strict=True))
        yield _GAP.join(padded).rstrip()
