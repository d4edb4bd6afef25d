"""What a module comes to: sums over any set of nodes, from arrays that are read off a graph once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from explorer.graph.arrays import NONE, Floats, Whole, arrived, edges, nodes, saved_tensors, sent, stretches
from explorer.graph.once import once
from explorer.graph.outline import outline
from explorer.ir import Graph, Run


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


class _Columns(NamedTuple):
    parameters: Whole
    norms: Floats
    """By node; `NONE` where no gradient flowed."""
    saver: Whole
    """By saved tensor: its node, ascending."""
    storage: Whole
    """By saved tensor: which of the storages."""
    nbytes: Whole
    """By storage."""


class _Times(NamedTuple):
    """Seconds; NaN where none are known."""

    forward: Floats
    """By call."""
    backward: Floats
    """By node."""


def total(graph: Graph, members: Sequence[int] | Whole) -> Sum:
    """The sum over `members` (ids of nodes, each once)."""
    columns = _columns(graph)
    these = np.asarray(members, np.int64)
    norms = columns.norms[these]
    flowed = norms[~(norms < 0)]
    storage = np.sort(columns.storage[_rows(columns.saver, these)])
    return Sum(
        nodes=len(these),
        parameters=int(columns.parameters[these].sum()),
        saved_bytes=int(columns.nbytes[storage[stretches(storage)[0]]].sum()),
        largest_norm=float(flowed.max()) if len(flowed) else None,
    )


def total_of_call(graph: Graph, call: int) -> Sum:
    """The sum over all nodes in a call of `outline`, worked out once."""
    known = _of_calls(graph)
    if call not in known:
        known[call] = total(graph, outline(graph).inside(call))
    return known[call]


@once
def _of_calls(_graph: Graph) -> dict[int, Sum]:
    return {}


def seconds(run: Run, members: Sequence[int] | Whole) -> tuple[float | None, float | None]:
    """Forward and backward seconds of `members`: of the calls that made them, each call once, and of the nodes themselves; None where none is known."""
    if run.times is None:
        return None, None
    times, these = _times(run), np.asarray(members, np.int64)
    calls = np.unique(nodes(run.graph).op[these])
    timed = calls[(calls != NONE) & (calls < len(times.forward))]
    return _known(times.forward[timed]), _known(times.backward[these])


def _known(took: Floats) -> float | None:
    known = took[~np.isnan(took)]
    return float(known.sum()) if len(known) else None


def _rows(saver: Whole, members: Whole) -> Whole:
    """Which saved tensors are those of `members`."""
    starts = np.searchsorted(saver, members, "left")
    counts = np.searchsorted(saver, members, "right") - starts
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    rows: Whole = np.repeat(starts, counts) + within
    return rows


@once
def _columns(graph: Graph) -> _Columns:
    parameters, norms = np.zeros(len(graph.nodes), np.int64), np.full(len(graph.nodes), float(NONE))
    for leaf in np.flatnonzero(nodes(graph).is_leaf).tolist():
        tensor = graph.nodes[leaf].output
        parameters[leaf] = prod(tensor.shape) if tensor else 0
    with np.errstate(invalid="ignore"):  # NaN is larger than any number here
        np.maximum.at(norms, arrived(graph).node, arrived(graph).norm)
        np.maximum.at(norms, edges(graph).source, sent(graph))
    saved = saved_tensors(graph)
    stored = saved.storage >= 0
    known, storage = np.unique(saved.storage[stored], return_inverse=True)
    nbytes = np.zeros(len(known), np.int64)
    np.maximum.at(nbytes, storage, saved.nbytes[stored])
    return _Columns(parameters, norms, saved.node[stored], storage, nbytes)


@once
def _times(run: Run) -> _Times:
    assert run.times
    return _Times(_filled(run.times.forward, len(run.ops)), _filled(run.times.backward, len(run.graph.nodes)))


def _filled(took: Sequence[float | None], count: int) -> Floats:
    """`took` as an array of `count` numbers."""
    found = np.full(count, np.nan)
    found[: len(took)] = [np.nan if each is None else each for each in took[:count]]
    return found
