"""What the browser needs of every node, drawn or folded away: columns and texts that are read off a run once, whatever is folded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from explorer.graph.arrays import NONE, Coded, Floats, Whole, arrived, coded, nodes, saved_tensors, whole
from explorer.graph.calls import handed_over, made_by
from explorer.graph.measure import shape_text
from explorer.graph.once import once
from explorer.graph.steps import backward_steps
from explorer.ir import Run, Stats
from explorer.viewer.columns import Texts, packed
from explorer.viewer.details import Details
from explorer.viewer.subjects import (
    COMPUTED,
    INF_GRADIENT,
    INF_VALUE,
    KINDS,
    NAN_GRADIENT,
    NAN_VALUE,
    NOTHING,
    TAKES_FROZEN,
    TRAINED,
    Table,
)


@dataclass(frozen=True)
class Nodes:
    """By node, where nothing else is said."""

    texts: Texts
    """Of all nodes."""
    columns: dict[str, NDArray[np.int64]]
    """Whole numbers, and places in `texts`; ``node_line`` and ``node_op`` are 0 where there is none, ``node_op`` one more than the call."""
    subjects: Table
    storage_bytes: Floats
    """By storage."""


@once
def columns(run: Run) -> Nodes:
    """All columns by node of `run`."""
    about, texts = nodes(run.graph), Texts()
    called = coded([None if op is None else op.text for op in made_by(run.graph, run.ops)])
    found = {
        "node_line": np.maximum(about.line, 0),
        "node_name": _places(about.name, texts),
        "node_module": _places(about.module, texts),
        "node_variable": _places(about.variable, texts),
        "node_text": _places(called, texts),
        "node_op": about.op + 1,
        "node_step": backward_steps(run.graph),
        "node_keeps": _places(_kept_names(run), texts),
    }
    rows = _gradients(run) | _seconds(run) | _states(run) | _tensors(run, texts)
    return Nodes(texts, {name: packed(column) for name, column in found.items()}, rows, _storage_bytes(run))


def _places(found: Coded, texts: Texts) -> Whole:
    return whole(texts.places(found.texts))[found.place]


def _kept_names(run: Run) -> Coded:
    """By node: the names of the tensors that it saved."""
    saved = saved_tensors(run.graph)
    names = [""] * len(run.graph.nodes)
    for node, record in zip(saved.node.tolist(), saved.records, strict=True):
        names[node] = f"{names[node]}, {record.name}" if names[node] else record.name
    return coded(names)


def _gradients(run: Run) -> Table:
    """Norms of what arrived, shares of zeros, ratios of leaves, and what is not finite."""
    count, came, saved = len(run.graph.nodes), arrived(run.graph), saved_tensors(run.graph)
    norm, flags = np.full(count, NOTHING), np.zeros(count, np.int64)
    norm[came.node] = came.norm
    several = np.flatnonzero(np.bincount(came.node, minlength=count) > 1)
    begin, end = (np.searchsorted(came.node, several, side).tolist() for side in ("left", "right"))
    norm[several] = [math.hypot(*came.norm[here:there]) for here, there in zip(begin, end, strict=True)]
    elements = np.bincount(came.node, [each.numel for each in came.stats], count)
    zeros = np.bincount(came.node, [each.zeros for each in came.stats], count)
    share = np.divide(zeros, elements, out=np.full(count, NOTHING), where=elements > 0)
    named = [(node, tensor.value_stats) for node, tensors in Details(run).tensors.items() for tensor in tensors]
    _flag(flags, came.node, came.stats, NAN_GRADIENT, INF_GRADIENT)
    _flag(flags, saved.node, [each.stats for each in saved.records], NAN_VALUE, INF_VALUE)
    _flag(flags, whole(node for node, _ in named), [stats for _, stats in named], NAN_VALUE, INF_VALUE)
    return {"gradient": norm, "zeros": share, "ratio": _ratios(run, norm), "flags": flags}


def _flag(flags: Whole, node: Whole, stats: Sequence[Stats | None], nan: int, inf: int) -> None:
    """Set the bits of nodes where one of their `stats` counts such numbers."""
    flags[node[np.array([each is not None and each.nans > 0 for each in stats], np.bool_)]] |= nan
    flags[node[np.array([each is not None and each.infs > 0 for each in stats], np.bool_)]] |= inf


def _ratios(run: Run, norm: Floats) -> Floats:
    """Of a leaf's gradient to its value."""
    ratios = np.full(len(norm), NOTHING)
    is_leaf = nodes(run.graph).is_leaf
    for node, tensors in Details(run).tensors.items():
        tensor = next((each for each in tensors if each.is_leaf), None)
        size = float(tensor.value_stats.norm) if tensor and tensor.value_stats else 0.0
        if is_leaf[node] and size and norm[node] != NOTHING:
            ratios[node] = norm[node] / size
    return ratios


def _seconds(run: Run) -> Table:
    """Of the forward call, which several nodes may share, and of the node's own backward."""
    count, op = len(run.graph.nodes), nodes(run.graph).op
    forward, backward = (run.times.forward, run.times.backward) if run.times else ((), ())
    by_op = _measured(forward, max(len(forward), int(op.max(initial=NONE)) + 1))
    return {
        "forward": np.append(by_op, NOTHING)[op],
        "backward": _measured(backward, max(count, len(backward)))[:count],
    }


def _measured(seconds: Sequence[float | None], count: int) -> Floats:
    found = np.full(count, NOTHING)
    found[: len(seconds)] = [NOTHING if each is None else each for each in seconds]
    return found


def _states(run: Run) -> Table:
    is_leaf = nodes(run.graph).is_leaf
    state = np.full(len(is_leaf), COMPUTED)
    state[[each.node for each in Details(run).given.values() if each.frozen]] = TAKES_FROZEN
    state[is_leaf] = TRAINED
    return {"state": state, "kind": whole(KINDS[node.kind] for node in run.graph.nodes)}


def _tensors(run: Run, texts: Texts) -> Table:
    """Of the first tensor that a node hands over; storages under all of these, and under what it saved."""
    outputs = handed_over(run.graph, run.ops)
    first = [each[0] if each else None for each in outputs]
    saved = saved_tensors(run.graph)
    given = np.repeat(np.arange(len(outputs)), [len(each) for each in outputs])
    return {
        "shape": whole(texts.places(shape_text(each.shape) if each else "" for each in first)),
        "dtype": whole(texts.places(each.dtype if each else "" for each in first)),
        "device": whole(texts.places(each.device if each else "" for each in first)),
        **_storages("held", given, whole(each.storage_id for each in chain.from_iterable(outputs)), len(outputs)),
        **_storages("kept", saved.node, saved.storage, len(outputs)),
    }


def _storages(name: str, node: Whole, storage: Whole, count: int) -> Table:
    """Of each node each storage once, in order of first sight."""
    known = storage >= 0
    pairs = node[known] * (storage.max(initial=0) + 1) + storage[known]
    once_each = np.sort(np.unique(pairs, return_index=True)[1])
    return {name: np.bincount(node[known][once_each], minlength=count), f"all_{name}": storage[known][once_each]}


def _storage_bytes(run: Run) -> Floats:
    """Of those that some tensor of the graph lies in."""
    saved = saved_tensors(run.graph)
    storage = np.concatenate([whole(tensor.storage_id for tensor in run.tensors), saved.storage])
    nbytes = np.concatenate([whole(tensor.storage_nbytes for tensor in run.tensors), saved.nbytes])
    found = np.zeros(storage.max(initial=-1) + 1)
    found[storage[storage >= 0]] = nbytes[storage >= 0]
    return found
