"""The records of a graph as arrays, read off once: what is asked of all nodes or edges together is asked of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.graph.once import once
from explorer.ir import Graph, Saved, Stats

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NONE = -1
"""Stands for None where a number is asked for that is never negative."""


class Coded(NamedTuple):
    """Texts, each a place in a list of different ones."""

    place: Whole
    texts: list[str | None]


class Nodes(NamedTuple):
    """By node."""

    is_leaf: Flags
    sequence: Whole
    line: Whole
    op: Whole
    name: Coded
    module: Coded
    call: Whole
    variable: Coded


class Edges(NamedTuple):
    """By edge."""

    source: Whole
    target: Whole


class SavedTensors(NamedTuple):
    """By tensor that a node saved, in order of nodes."""

    node: Whole
    records: list[Saved]
    storage: Whole
    nbytes: Whole
    """Of the storage."""


class Arrived(NamedTuple):
    """By gradient that a node received, in order of nodes."""

    node: Whole
    stats: list[Stats]
    norm: Floats


@once
def nodes(graph: Graph) -> Nodes:
    """What the nodes of `graph` say of themselves."""
    records = graph.nodes
    return Nodes(
        np.array([node.kind == "leaf" for node in records], np.bool_),
        whole([node.sequence_nr for node in records]),
        whole([node.line for node in records]),
        whole([node.op for node in records]),
        coded([node.name for node in records]),
        coded([node.module for node in records]),
        whole([node.call for node in records]),
        coded([node.variable for node in records]),
    )


@once
def edges(graph: Graph) -> Edges:
    """The two ends of each edge of `graph`."""
    return Edges(whole([edge.source for edge in graph.edges]), whole([edge.target for edge in graph.edges]))


@once
def saved_records(graph: Graph) -> tuple[Whole, list[Saved]]:
    """All that nodes saved for backward, plain values too, and by record the node."""
    counts = whole([len(node.saved) for node in graph.nodes])
    return np.repeat(np.arange(len(counts)), counts), list(chain.from_iterable([node.saved for node in graph.nodes]))


@once
def saved_tensors(graph: Graph) -> SavedTensors:
    """All that is saved for backward, but plain values."""
    node, records = saved_records(graph)
    tensors = [saved.tensor for saved in records]
    there = [tensor is not None for tensor in tensors]
    return SavedTensors(
        node[np.array(there, np.bool_)],
        list(compress(records, there)),
        whole([tensor.storage_id for tensor in tensors if tensor]),
        whole([tensor.storage_nbytes for tensor in tensors if tensor]),
    )


@once
def arrived(graph: Graph) -> Arrived:
    """The gradients that came in and could be read."""
    pairs = [(node.id, each.stats) for node in graph.nodes if node.incoming for each in node.incoming if each]
    stats = [each for _, each in pairs]
    return Arrived(whole([node for node, _ in pairs]), stats, np.array([float(each.norm) for each in stats]))


@once
def sent(graph: Graph) -> Floats:
    """By edge the norm of the gradient that was sent along it; `NONE` where none was, or none could be read."""
    return np.array([NONE if edge.gradient is None else float(edge.gradient.stats.norm) for edge in graph.edges])


def whole(numbers: Iterable[int | None]) -> Whole:
    """`numbers` with `NONE` for None."""
    return np.array([NONE if number is None else number for number in numbers], np.int64)


def coded(texts: Sequence[str | None]) -> Coded:
    """`texts` by their places among the different ones, in order of first sight."""
    known: dict[str | None, int] = {}
    first = np.fromiter(map(known.setdefault, texts, range(len(texts))), np.int64, len(texts))
    rank = np.cumsum(first == np.arange(len(first))) - 1
    return Coded(rank[first], list(known))


def joined(lists: Iterable[Sequence[int] | Whole]) -> Whole:
    """All numbers of all lists, one after another."""
    return np.fromiter(chain.from_iterable(lists), np.int64)


def stretches(*columns: Whole) -> tuple[Whole, Whole]:
    """Where each stretch of equal rows begins, and where it ends."""
    changes = np.zeros(len(columns[0]), np.bool_)
    changes[:1] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    begin = np.flatnonzero(changes)
    return begin, np.append(begin, len(changes))[1:]


def distinct(numbers: Whole) -> Whole:
    """Each number once, ascending. `numpy.unique` hashes them, which takes four times as long."""
    ordered = np.sort(numbers)
    return ordered[stretches(ordered)[0]]


def first_each(keys: Whole) -> tuple[Whole, Whole]:
    """Where each different key stands first, ascending; by key its place among these."""
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[place]


def occurrences(keys: Whole) -> tuple[Whole, Whole]:
    """Of each key: how many equal ones stand before it, and how many there are in all."""
    order = np.argsort(keys, kind="stable")
    begin, end = stretches(keys[order])
    before, total = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
    before[order] = np.arange(len(keys)) - np.repeat(begin, end - begin)
    total[order] = np.repeat(end - begin, end - begin)
    return before, total


class Grouped(NamedTuple):
    """Values by number: two lists, where one a number would be too many."""

    values: list[int]
    begin: list[int]

    def of(self, number: int) -> list[int]:
        return self.values[self.begin[number] : self.begin[number + 1]]


def grouped(numbers: Whole, values: Whole, count: int) -> Grouped:
    """`values` by the number, from 0 to `count`, that stands at the same place; those of one in their order."""
    order = np.argsort(numbers, kind="stable")
    return Grouped(values[order].tolist(), np.searchsorted(numbers[order], np.arange(count + 1)).tolist())
