"""What a run would no longer keep for backward if a leaf, or all parameters of a module, needed no gradient.

Nodes that lead to nothing else vanish with all that they saved. A node that stays, and has lost a slot, no longer saves
what served that slot alone (`needs`).
Cannot see: code that itself asks for ``requires_grad``, and kernels that torch chooses by it (a `matmul` of three by two dimensions).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Sequence

from explorer.capture.kept import Kept, enclosing, largest
from explorer.capture.needs import is_known, serves
from explorer.ir import Edge, Graph, Saving, Tensor

MOST = 1_000
"""Leaves, and modules, that are tried: the largest."""


def freezing(graph: Graph, tensors: Sequence[Tensor], kept: Kept) -> tuple[Saving, ...]:
    """A saving for each leaf and each module that has some, most bytes first; nothing for a graph that was cut."""
    if graph.cut:
        return ()
    leaves = {node.id: node for node in graph.nodes if node.kind == "leaf"}
    names = {node.variable or f"leaf{node.id}": frozenset([node.id]) for node in leaves.values()}
    modules = _by_module(tensors, leaves)
    sizes = {at: node.output.storage_nbytes if node.output else 0 for at, node in leaves.items()}
    trial, known = _Trial(graph, kept), dict[frozenset[int], Saving]()
    found = []
    for is_module, sets in ((False, names), (True, modules)):
        for name in largest(sets, {name: sum(map(sizes.__getitem__, them)) for name, them in sets.items()}, MOST):
            frozen = sets[name]
            if frozen not in known:
                known[frozen] = trial.without(frozen)
            saving = known[frozen]
            found.append(
                Saving(name=name, nbytes=saving.nbytes, nodes=saving.nodes, module=is_module, exact=saving.exact)
            )
    return tuple(sorted(found, key=lambda saving: -saving.nbytes))


def _by_module(tensors: Sequence[Tensor], leaves: Collection[int]) -> dict[str, frozenset[int]]:
    """Leaves by the path of each module that they lie in, under any of their names."""
    inside: defaultdict[str, set[int]] = defaultdict(set)
    for tensor in tensors:
        if tensor.grad_fn is not None and tensor.grad_fn in leaves:
            for path in enclosing(tensor.name)[1:-1]:
                inside[path].add(tensor.grad_fn)
    return {path: frozenset(them) for path, them in inside.items()}


class _Trial:
    """Freezes leaves on paper; each trial costs the edges of the nodes that vanish."""

    def __init__(self, graph: Graph, kept: Kept) -> None:
        self._nodes, self._edges, self._kept = graph.nodes, graph.edges, kept
        self._into: list[list[Edge]] = [[] for _ in graph.nodes]
        self._open = [0] * len(graph.nodes)
        """By node, how many of its slots need a gradient."""
        for edge in graph.edges:
            self._into[edge.target].append(edge)
            self._open[edge.source] += 1
        self._ends = {at for at, slots in enumerate(self._open) if not slots}
        """The nodes that lead to nothing: each other one leads to some of them."""
        # A second derivative's graph follows what the first one was asked for.
        self._uncertain = any(node.order > 1 for node in graph.nodes)

    def without(self, frozen: Collection[int]) -> Saving:
        """The saving without these leaves."""
        gone, closed = self._vanishing(frozen)
        lost: defaultdict[int, int] = defaultdict(int)
        nodes, unreadable, tensors = self._nodes, self._kept.unreadable, self._kept.tensors
        for at in gone:
            for _, storage in tensors.get(at, ()):
                lost[storage] += 1
        for at, slots in closed.items():
            if at in tensors and (served := serves(nodes[at].name)):
                for name, storage in tensors[at]:
                    if name in served and self._is_needless(at, served[name], slots):
                        lost[storage] += 1
        exact = not self._uncertain and unreadable.isdisjoint(gone) and unreadable.isdisjoint(closed)
        exact = exact and all(is_known(nodes[at]) for at in closed)
        holders = self._kept.holders
        freed = [storage for storage, count in lost.items() if storage in holders and count == len(holders[storage])]
        return Saving(name="", nbytes=self._kept.own(freed), nodes=len(gone), exact=exact)

    def _vanishing(self, frozen: Collection[int]) -> tuple[Sequence[int], dict[int, list[int]]]:
        """The nodes that would not be there, and by node that stays the slots that would need no gradient."""
        if self._ends.issubset(frozen):
            return range(len(self._nodes)), {}
        gone, closed = sorted(frozen), dict[int, list[int]]()
        into, needing = self._into, self._open
        for at in gone:
            for edge in into[at]:
                source = edge.source
                slots = closed.get(source)
                if slots is None:
                    slots = closed[source] = []
                slots.append(edge.slot)
                if len(slots) == needing[source]:
                    del closed[source]
                    gone.append(source)
        return gone, closed

    def _is_needless(self, node: int, serving: Sequence[int], closed: Collection[int]) -> bool:
        """Whether of the slots that a saved tensor is `serving` none needs a gradient any more; of several some may never have."""
        if len(serving) == 1:
            return serving[0] in closed
        return self._slots(node).intersection(serving).issubset(closed)

    def _slots(self, source: int) -> set[int]:
        """The slots of a node that need a gradient; its edges lie side by side."""
        first = bisect_left(self._edges, source, key=lambda edge: edge.source)
        return {edge.slot for edge in self._edges[first : first + self._open[source]]}
