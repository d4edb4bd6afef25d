"""What a module comes to: sums over any set of nodes, from columns that are read off a graph once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, prod

import numpy as np
from numpy.typing import NDArray

from explorer.graph.once import once
from explorer.ir import Graph, Times


@dataclass(frozen=True)
class Sum:
    """Over the nodes of a module."""

    nodes: int = 0
    parameters: int = 0
    """Elements of its leaves."""
    saved_bytes: int = 0
    """Bytes of the storages under what its nodes saved, each whole and once."""
    largest_norm: float | None = None
    """Of the gradients that its nodes received and sent; NaN if one is, None where none flowed."""


@dataclass
class _Columns:
    parameters: NDArray[np.int64]
    norms: NDArray[np.float64]
    """By node; -1 where no gradient flowed."""
    saver: NDArray[np.int64]
    """By saved tensor: its node, ascending."""
    storage: NDArray[np.int64]
    """By saved tensor: which of the storages."""
    nbytes: NDArray[np.int64]
    """By storage."""


def total(graph: Graph, nodes: Sequence[int]) -> Sum:
    """The sum over `nodes` (ids, each once)."""
    columns = _columns(graph)
    members = np.asarray(nodes, dtype=np.int64)
    norms = columns.norms[members]
    flowed = norms[~(norms < 0)]
    return Sum(
        nodes=len(members),
        parameters=int(columns.parameters[members].sum()),
        saved_bytes=int(columns.nbytes[np.unique(columns.storage[_rows(columns.saver, members)])].sum()),
        largest_norm=float(flowed.max()) if len(flowed) else None,
    )


def seconds(graph: Graph, times: Times | None, nodes: Sequence[int]) -> tuple[float | None, float | None]:
    """Forward and backward seconds of `nodes`: of the calls that made them, each call once, and of the nodes themselves; None where none is known."""
    if times is None:
        return None, None
    calls = {op for node in nodes if (op := graph.nodes[node].op) is not None and op < len(times.forward)}
    ran = [took for node in nodes if node < len(times.backward) and (took := times.backward[node]) is not None]
    return sum(times.forward[op] for op in calls) if calls else None, sum(ran) if ran else None


def _rows(saver: NDArray[np.int64], members: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which saved tensors are those of `members`."""
    starts = np.searchsorted(saver, members, "left")
    counts = np.searchsorted(saver, members, "right") - starts
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    rows: NDArray[np.int64] = np.repeat(starts, counts) + within
    return rows


@once
def _columns(graph: Graph) -> _Columns:
    count = len(graph.nodes)
    parameters, norms = [0] * count, [-1.0] * count
    known: dict[int, int] = {}
    saver, storage, nbytes = list[int](), list[int](), list[int]()
    for node in graph.nodes:
        if node.kind == "leaf" and node.output is not None:
            parameters[node.id] = prod(node.output.shape)
        for gradient in node.incoming:
            if gradient is not None:
                norms[node.id] = _larger(norms[node.id], float(gradient.stats.norm))
        for saved in node.saved:
            if saved.tensor is not None and saved.tensor.storage_id >= 0:
                place = known.setdefault(saved.tensor.storage_id, len(known))
                if place == len(nbytes):
                    nbytes.append(0)
                nbytes[place] = max(nbytes[place], saved.tensor.storage_nbytes)
                saver.append(node.id)
                storage.append(place)
    for edge in graph.edges:
        if edge.gradient is not None:
            norms[edge.source] = _larger(norms[edge.source], float(edge.gradient.stats.norm))
    return _Columns(
        np.array(parameters, np.int64),
        np.array(norms, np.float64),
        np.array(saver, np.int64),
        np.array(storage, np.int64),
        np.array(nbytes, np.int64),
    )


def _larger(one: float, other: float) -> float:
    return one if isnan(one) or other <= one else other
