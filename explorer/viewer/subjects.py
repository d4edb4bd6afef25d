"""What search, overlays and storage marks need of everything that can be found: columns of numbers by subject.

A subject is a node of the graph (drawn or folded away, at its own id), or an input, a saved tensor or a result that has a box of its
own (after the nodes, in the order of those boxes). The browser finds, colours and compares by these columns alone.

Numbers are float32: `NOTHING` where there is none; NaN and infinities stand for themselves. Gradients are those that arrived, over all
outputs of a node together. Seconds are those of the forward call, which several nodes may share, and of the node's own backward.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.graph.measure import shape_text
from explorer.graph.once import once
from explorer.ir import Box, BoxKind, Graph, Node, Op, Run, Stats, Tensor, TensorMeta, Wire
from explorer.viewer.columns import Columns, Texts
from explorer.viewer.details import Details

NOTHING = -1.0

NAN_GRADIENT, INF_GRADIENT, NAN_VALUE, INF_VALUE = 1, 2, 4, 8
"""Bits of `subject_flags`: what is not finite in a gradient that arrived, and in a value that was seen or saved."""

UNKNOWN, TRAINED, COMPUTED, TAKES_FROZEN, PLAIN, FROZEN = range(6)
"""`subject_state`: a leaf that requires grad; what was computed from such; a node whose call takes a frozen parameter; an input that needs
no gradient; a frozen parameter."""

_PLACES: dict[BoxKind, int] = {kind: place for place, kind in enumerate(get_args(BoxKind))}
SECOND = ("input", "saved", "result")


class Subject(NamedTuple):
    """One row of the columns."""

    gradient: float = NOTHING
    zeros: float = NOTHING
    """Share of the gradient's elements that are 0."""
    ratio: float = NOTHING
    """Norm of the gradient by the norm of the parameter it is for; of leaves only."""
    forward: float = NOTHING
    backward: float = NOTHING
    kind: BoxKind = "operation"
    flags: int = 0
    state: int = UNKNOWN
    shape: str = ""
    dtype: str = ""
    device: str = ""
    held: tuple[int, ...] = ()
    """Storages under its own tensors."""
    kept: tuple[int, ...] = ()
    """Storages under the tensors that it saved for backward."""


_MEASURED = ("gradient", "zeros", "ratio", "forward", "backward")
_SAID = ("shape", "dtype", "device")
_LISTS = ("held", "kept")

Table = dict[str, NDArray[Any]]
"""Rows of subjects by column; of ``held`` and ``kept`` how many each row has, and all of them in ``all_held`` and ``all_kept``."""


def table(rows: Sequence[Subject], texts: Texts) -> Table:
    """`rows` as columns, with their texts added to `texts`."""
    fields = dict(zip(Subject._fields, zip(*rows, strict=True) if rows else repeat(()), strict=False))
    found: Table = {name: np.array(fields[name], np.float64) for name in _MEASURED}
    found |= {name: np.array(fields[name], np.int64) for name in ("flags", "state")}
    found["kind"] = np.array([_PLACES[kind] for kind in fields["kind"]], np.int64)
    found |= {name: np.array(texts.places(fields[name]), np.int64) for name in _SAID}
    for name in _LISTS:
        found[name] = np.array([len(each) for each in fields[name]], np.int64)
        found[f"all_{name}"] = np.array(list(chain.from_iterable(fields[name])), np.int64)
    return found


def add_subjects(columns: Columns, texts: Texts, nodes: Table, boxes: Sequence[Box], details: Details) -> None:
    """Add all columns by subject; one of numbers that has none in it is left out. `nodes` are the rows of the graph's nodes."""
    own = table([_of_box(box, details)._replace(kind=box.kind) for box in boxes if box.kind in SECOND], texts)
    rows = {name: np.concatenate([column, own[name]]) for name, column in nodes.items()}
    for name in _MEASURED:
        if (rows[name] != NOTHING).any():
            columns.add_floats(f"subject_{name}", rows[name])
    for name in ("kind", "flags", "state", *_SAID, *_LISTS):
        columns.add(f"subject_{name}", rows[name])
    for name in _LISTS:
        columns.add(name, rows[f"all_{name}"])


def add_wires(columns: Columns, texts: Texts, wires: Sequence[Wire], boxes: Sequence[Box], details: Details) -> None:
    """What flows along each wire: the largest norm of a gradient (back), the shapes of its tensors (forward)."""
    norms = _largest(wires, _edge_norms(details.run.graph))
    if (norms != NOTHING).any():
        columns.add_floats("wire_gradient", norms)
    shapes = _edge_shapes(details.run)
    columns.add("wire_shape", texts.places(_flowing(wire, shapes, boxes, details) for wire in wires))


def _largest(wires: Sequence[Wire], norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """By wire the largest norm; NaN if one is, since that is what has to be seen."""
    counts = np.array([len(wire.edges) for wire in wires], np.int64)
    edges = np.fromiter(chain.from_iterable(wire.edges for wire in wires), np.int64)
    found = np.full(len(wires), NOTHING)
    some = counts > 0
    if len(edges):
        found[some] = np.maximum.reduceat(norms[edges], (np.cumsum(counts) - counts)[some])
    return found


@once
def _edge_norms(graph: Graph) -> NDArray[np.float64]:
    return np.array([NOTHING if edge.gradient is None else float(edge.gradient.stats.norm) for edge in graph.edges])


@once
def _edge_shapes(run: Run) -> list[str]:
    """What the producer of each edge hands over; empty where that is not known."""
    nodes, ops, shapes = run.graph.nodes, run.ops, list[str]()
    for edge in run.graph.edges:
        node = nodes[edge.target]
        outputs = _outputs(node, None if node.op is None else ops[node.op])
        if edge.output_nr < len(outputs):
            shapes.append(shape_text(outputs[edge.output_nr].shape))
        else:
            shapes.append(shape_text(edge.gradient.shape) if edge.gradient else "")
    return shapes


def _flowing(wire: Wire, shapes: Sequence[str], boxes: Sequence[Box], details: Details) -> str:
    """Shapes of what the producer hands over; a box of its own is its own tensor."""
    if len(wire.edges) == 1:
        return shapes[wire.edges[0]]
    if wire.edges:
        return ", ".join(filter(None, dict.fromkeys(shapes[edge] for edge in wire.edges)))
    ends = (boxes[wire.source], boxes[wire.target])
    return ", ".join(dict.fromkeys(filter(None, (_of_box(box, details).shape for box in ends if box.kind in SECOND))))


def node_rows(details: Details) -> list[Subject]:
    """Of every node of the graph."""
    run, named = details.run, details.tensors
    frozen = {each.node for each in details.given.values() if each.frozen}
    return [_of_node(node, run, named.get(node.id, ()), node.id in frozen) for node in run.graph.nodes]


def _of_node(node: Node, run: Run, named: Sequence[Tensor], frozen: bool) -> Subject:
    """`named` are the tensors with a name that it is the grad_fn of. Written for speed: there are 100,000 of them."""
    op = None if node.op is None else run.ops[node.op]
    outputs = _outputs(node, op)
    first = outputs[0] if outputs else None
    leaf = node.kind == "leaf"
    arrived = [gradient.stats for gradient in node.incoming if gradient] if node.incoming else []
    norm = _together(arrived) if arrived else NOTHING
    flags = _odd(arrived, NAN_GRADIENT, INF_GRADIENT) if arrived else 0
    if node.saved or named:
        flags |= _odd([saved.stats for saved in node.saved], NAN_VALUE, INF_VALUE)
        flags |= _odd([each.value_stats for each in named], NAN_VALUE, INF_VALUE)
    return Subject(
        norm,
        _zeros(arrived) if arrived else NOTHING,
        _ratio(norm, named) if leaf else NOTHING,
        _second(run.times.forward, node.op) if run.times else NOTHING,
        _second(run.times.backward, node.id) if run.times else NOTHING,
        node.kind,
        flags,
        TRAINED if leaf else TAKES_FROZEN if frozen else COMPUTED,
        shape_text(first.shape) if first else "",
        first.dtype if first else "",
        first.device if first else "",
        _storages(outputs),
        _storages([saved.tensor for saved in node.saved]) if node.saved else (),
    )


def _ratio(norm: float, named: Sequence[Tensor]) -> float:
    """Of a leaf's gradient to its value."""
    tensor = next((each for each in named if each.is_leaf), None)
    size = float(tensor.value_stats.norm) if tensor and tensor.value_stats else 0.0
    return norm / size if size and norm != NOTHING else NOTHING


def _of_box(box: Box, details: Details) -> Subject:
    """An input, a saved tensor or a result with a box of its own."""
    if box.node is None:
        return Subject()
    node = details.run.graph.nodes[box.node]
    if box.kind == "saved" and box.saved is not None:
        saved = node.saved[box.saved]
        return _of_tensor(saved.tensor, flags=_odd([saved.stats], NAN_VALUE, INF_VALUE), keeps=True)
    if box.kind == "input" and box.input is not None:
        given = details.given.get((node.id, box.input))
        if given is None:
            return Subject()
        stats = [given.tensor.value_stats] if given.tensor else []
        return _of_tensor(given.meta, FROZEN if given.frozen else PLAIN, _odd(stats, NAN_VALUE, INF_VALUE))
    root = next((root for at, root in enumerate(details.run.graph.roots) if box.id == f"r{at}"), None)
    if root is None:
        return Subject()
    arrived = [each.stats for each in node.incoming[root.output_nr : root.output_nr + 1] if each]
    flags = _odd(arrived, NAN_GRADIENT, INF_GRADIENT) | _odd([root.stats], NAN_VALUE, INF_VALUE)
    row = _of_tensor(root.tensor, COMPUTED, flags)
    return row._replace(gradient=_together(arrived), zeros=_zeros(arrived))


def _of_tensor(tensor: TensorMeta | None, state: int | None = None, flags: int = 0, keeps: bool = False) -> Subject:
    if tensor is None:
        return Subject(flags=flags)
    known = UNKNOWN if not tensor.requires_grad else TRAINED if tensor.is_leaf else COMPUTED
    storages = _storages([tensor])
    return Subject(
        flags=flags,
        state=known if state is None else state,
        shape=shape_text(tensor.shape),
        dtype=tensor.dtype,
        device=tensor.device,
        held=() if keeps else storages,
        kept=storages if keeps else (),
    )


def _outputs(node: Node, op: Op | None) -> Sequence[TensorMeta]:
    """What the node is the grad_fn of: of a call that made several nodes, only its last has the call's outputs."""
    if op is not None and op.grad_fn == node.id and op.outputs:
        return op.outputs
    return (node.output,) if node.output else ()


def _storages(tensors: Iterable[TensorMeta | None]) -> tuple[int, ...]:
    return tuple({each.storage_id: None for each in tensors if each is not None and each.storage_id >= 0})


def _together(stats: Sequence[Stats]) -> float:
    """The norm over the elements of all."""
    norms = [float(each.norm) for each in stats]
    if len(norms) < 2:
        return norms[0] if norms else NOTHING
    return math.hypot(*norms)


def _zeros(stats: Sequence[Stats]) -> float:
    count = sum(each.numel for each in stats)
    return sum(each.zeros for each in stats) / count if count else NOTHING


def _odd(stats: Iterable[Stats | None], nan: int, inf: int) -> int:
    bits = 0
    for each in stats:
        if each is not None:
            bits |= nan * bool(each.nans) | inf * bool(each.infs)
    return bits


def _second(seconds: Sequence[float | None], at: int | None) -> float:
    found = seconds[at] if at is not None and at < len(seconds) else None
    return NOTHING if found is None else found


def storage_bytes(run: Run) -> NDArray[np.float64]:
    """Bytes by storage id, of those that some tensor of the graph lies in."""
    found: dict[int, int] = {}
    for tensor in _tensors(run):
        found[tensor.storage_id] = tensor.storage_nbytes
    found.pop(-1, None)
    return np.array([found.get(storage, 0) for storage in range(max(found, default=-1) + 1)], np.float64)


def _tensors(run: Run) -> Iterator[TensorMeta]:
    yield from run.tensors
    for node in run.graph.nodes:
        yield from (saved.tensor for saved in node.saved if saved.tensor)
