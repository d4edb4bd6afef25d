"""What a module comes to: sums over any set of nodes, from arrays that are read off a graph once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from explorer.graph.arrays import (
    NONE,
    Floats,
    Whole,
    arrived,
    distinct,
    edges,
    joined,
    nodes,
    saved_tensors,
    sent,
    whole,
)
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
    return totals(graph, [members])[0]


def totals(graph: Graph, groups: Sequence[Sequence[int] | Whole]) -> list[Sum]:
    """The sums over several groups of members, all in one pass."""
    columns, count = _columns(graph), len(groups)
    sizes = whole([len(members) for members in groups])
    group, these = np.repeat(np.arange(count), sizes), joined(groups)
    parameters = np.bincount(group, columns.parameters[these], count)
    norms = np.full(count, float(NONE))
    with np.errstate(invalid="ignore"):  # NaN is larger than any number here
        np.maximum.at(norms, group, columns.norms[these])
    saver, row = _rows(columns.saver, these)
    storages = max(len(columns.nbytes), 1)
    holder, storage = np.divmod(distinct(group[saver] * storages + columns.storage[row]), storages)
    saved_bytes = np.bincount(holder, columns.nbytes[storage], count)
    found = zip(sizes.tolist(), parameters.tolist(), saved_bytes.tolist(), norms.tolist(), strict=True)
    return [Sum(of, int(size), int(nbytes), None if norm == NONE else norm) for of, size, nbytes, norm in found]


def totals_of_calls(graph: Graph, calls: Sequence[int]) -> Mapping[int, Sum]:
    """By call of `outline`, at least of `calls`: the sum over all nodes in it, worked out once."""
    known = _of_calls(graph)
    new = [call for call in calls if call not in known]
    if new:
        known.update(zip(new, totals(graph, [outline(graph).inside(call) for call in new]), strict=True))
    return known


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


def _rows(saver: Whole, members: Whole) -> tuple[Whole, Whole]:
    """Which saved tensors are those of `members`, and by tensor the place of the member."""
    starts = np.searchsorted(saver, members, "left")
    counts = np.searchsorted(saver, members, "right") - starts
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(np.arange(len(members)), counts), np.repeat(starts, counts) + within


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
