"""What a run would no longer keep for backward if a leaf, or all parameters of a module, needed no gradient.

Nodes that lead to nothing else vanish with all that they saved. A node that stays, and has lost a slot, no longer saves
what served that slot alone (`needs`). All is tried at once, in a few passes over the graph: in which trials a node vanishes are
the bits of one whole number.
Cannot see: code that itself asks for ``requires_grad``, and kernels that torch chooses by it (a `matmul` of three by two dimensions).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from explorer.capture.kept import Kept, enclosing, largest
from explorer.capture.needs import is_known, serves
from explorer.ir import Graph, Saving, Tensor

MOST = 1_000
"""Leaves, and modules, that are tried: the largest."""

_Bits = int
"""A set of trials: of the one that is tried as number `at` it has the bit ``1 << at``."""


def freezing(graph: Graph, tensors: Sequence[Tensor], kept: Kept) -> tuple[Saving, ...]:
    """A saving for each leaf and each module that has some, most bytes first; nothing for a graph that was cut."""
    if graph.cut:
        return ()
    leaves = {node.id: node for node in graph.nodes if node.kind == "leaf"}
    names = {node.variable or f"leaf{node.id}": frozenset([node.id]) for node in leaves.values()}
    modules = _by_module(tensors, leaves)
    sizes = {at: node.output.storage_nbytes if node.output else 0 for at, node in leaves.items()}
    tried = [
        (name, sets[name], is_module)
        for is_module, sets in ((False, names), (True, modules))
        for name in largest(sets, {name: sum(map(sizes.__getitem__, them)) for name, them in sets.items()}, MOST)
    ]
    trials = _Trials(graph, kept, list(dict.fromkeys([frozen for _, frozen, _ in tried])))
    found = [trials.saving(name, frozen, is_module) for name, frozen, is_module in tried]
    return tuple(sorted(found, key=lambda saving: -saving.nbytes))


def _by_module(tensors: Sequence[Tensor], leaves: Collection[int]) -> dict[str, frozenset[int]]:
    """Leaves by the path of each module that they lie in, under any of their names."""
    inside: defaultdict[str, set[int]] = defaultdict(set)
    for tensor in tensors:
        if tensor.grad_fn is not None and tensor.grad_fn in leaves:
            for path in enclosing(tensor.name)[1:-1]:
                inside[path].add(tensor.grad_fn)
    return {path: frozenset(them) for path, them in inside.items()}


class _Trials:
    """Freezes sets of leaves on paper."""

    def __init__(self, graph: Graph, kept: Kept, trials: Sequence[frozenset[int]]) -> None:
        self._at = {frozen: at for at, frozen in enumerate(trials)}
        self._every: _Bits = (1 << len(trials)) - 1
        self._gone = self._vanishing(graph)
        self._inexact = self._doubtful(graph, kept)
        freed = Counter[_Bits]()
        for storage, lost in self._losing(graph, kept).items():
            freed[lost] += kept.nbytes[storage]
        self._nbytes, self._nodes = self._each(freed), self._each(Counter(self._gone))

    def saving(self, name: str, frozen: frozenset[int], is_module: bool) -> Saving:
        """The saving of one of the trials."""
        at = self._at[frozen]
        exact = not self._inexact >> at & 1
        return Saving(name=name, nbytes=self._nbytes[at], nodes=self._nodes[at], module=is_module, exact=exact)

    def _vanishing(self, graph: Graph) -> list[_Bits]:
        """By node, in which trials it would not be there: a frozen leaf, and what leads to nothing else."""
        gone = [0] * len(graph.nodes)
        for edge in graph.edges:
            gone[edge.source] = self._every
        for frozen, at in self._at.items():
            for leaf in frozen:
                gone[leaf] |= 1 << at
        made = [-1 if node.sequence_nr is None else node.sequence_nr for node in graph.nodes]
        edges = list(reversed(graph.edges))
        edges.sort(key=lambda edge: made[edge.source])
        before: list[_Bits] = []
        while gone != before:  # twice, but for what other threads made: each node comes after those it leads to
            before = gone.copy()
            for edge in edges:
                gone[edge.source] &= gone[edge.target]
        return gone

    def _losing(self, graph: Graph, kept: Kept) -> dict[int, _Bits]:
        """By storage that does not live anyway, in which trials nothing would keep it any more."""
        every, gone, nodes = self._every, self._gone, graph.nodes
        serving = {name: serves(name) for name in {nodes[at].name for at, _, _ in kept.tensors}}
        slots = [serving[nodes[at].name].get(name) for at, name, _ in kept.tensors]
        asked = {at for (at, _, _), some in zip(kept.tensors, slots, strict=True) if some is not None}
        closed = {(edge.source, edge.slot): gone[edge.target] for edge in graph.edges if edge.source in asked}
        lost = dict.fromkeys([storage for _, _, storage in kept.tensors], every)
        for (at, _, storage), some in zip(kept.tensors, slots, strict=True):
            without = gone[at]
            if some is not None:
                needless = every
                for slot in some:
                    needless &= closed.get((at, slot), every)  # a slot without an edge needs no gradient anyway
                without |= needless
            lost[storage] &= without
        return lost

    def _doubtful(self, graph: Graph, kept: Kept) -> _Bits:
        """In which trials a node takes part of which not all is known."""
        if (
            max([node.order for node in graph.nodes], default=1) > 1
        ):  # its graph follows what the first derivative was asked for
            return self._every
        gone, doubtful = self._gone, 0
        unknown = kept.unreadable.union([node.id for node in graph.nodes if node.saved and not is_known(node)])
        for edge in graph.edges if unknown else ():
            if edge.source in unknown:
                doubtful |= gone[edge.target] & ~gone[edge.source]
        for at in kept.unreadable:
            doubtful |= gone[at]
        return doubtful

    def _each(self, amounts: Mapping[_Bits, int]) -> list[int]:
        """By trial, the sum of the amounts that are told of sets of trials."""
        sums = [0] * len(self._at)
        for trials, amount in amounts.items():
            for at in _members(trials):
                sums[at] += amount
        return sums


def _members(trials: _Bits) -> Iterator[int]:
    while trials:
        last = trials.bit_length() - 1
        yield last
        trials ^= 1 << last
