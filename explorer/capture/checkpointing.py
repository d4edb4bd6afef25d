"""What a run would no longer keep for backward if every call of a module were checkpointed (``use_reentrant=False``).

What the nodes of those calls alone keep is computed again in backward; the inputs of each call are kept for that, also
where nothing saved them before.
Cannot see: inputs that the module takes and does not use, the state of the random number generator that each checkpoint
keeps, Python numbers (8 bytes each, which a checkpoint keeps).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from explorer.capture.kept import Kept
from explorer.capture.needs import is_readable
from explorer.ir import Call, Graph, Op, Saving

MOST = 1_000
"""Modules that are listed."""

Paths = frozenset[str]
"""The modules in whose calls something was made."""


def checkpointing(graph: Graph, ops: Sequence[Op], calls: Sequence[Call], kept: Kept) -> tuple[Saving, ...]:
    """A saving for each module that made a node of `graph`, most bytes first."""
    if not calls:
        return ()
    chains = list(_chains(calls))
    within = [None if node.op is None else ops[node.op].within for node in graph.nodes]
    live = {call for at in set(within) if at is not None for call in chains[at]}
    paths: dict[int | None, Paths] = {at: Paths(calls[call].module for call in chains[at]) for at in live}
    paths[None] = Paths()
    common = _common(kept, [paths[at] for at in within])
    freed = Counter[str]()
    for storage, modules in common.items():
        freed.update(dict.fromkeys(modules, kept.nbytes[storage]))
    inputs = _Inputs(live, kept.lasting)
    for op in ops:
        if op.within is not None:
            inputs.add(op, chains[op.within])
    staying, doubtful = inputs.by_module(calls)
    # Of a node without a call nobody knows the module; a second derivative holds what the first one needed.
    if any(node.order > 1 or (node.op is None and node.kind != "leaf") for node in graph.nodes):
        doubtful.update(*paths.values())
    doubtful.update(*(paths[at] for at, node in zip(within, graph.nodes, strict=True) if not is_readable(node)))
    found = []
    for module in Paths().union(*paths.values()):
        stays = sum(
            inputs.nbytes[storage] for storage in staying[module] if storage not in common or module in common[storage]
        )
        found.append(Saving(name=module, nbytes=freed[module] - stays, module=True, exact=module not in doubtful))
    return tuple(sorted(found, key=lambda saving: (-saving.nbytes, saving.name))[:MOST])


def _chains(calls: Sequence[Call]) -> Iterator[tuple[int, ...]]:
    """Each module call with all calls around it, the innermost first."""
    known: list[tuple[int, ...]] = []
    for at, call in enumerate(calls):
        known.append((at, *(() if call.outer is None else known[call.outer])))
        yield known[at]


def _common(kept: Kept, paths: Sequence[Paths]) -> dict[int, Paths]:
    """By storage that does not live anyway: the modules that hold every node that keeps it."""
    found = {}
    for storage, nodes in kept.holders.items():
        if storage not in kept.lasting:
            modules = paths[nodes[0]]
            for node in nodes:
                if paths[node] is not modules:
                    modules &= paths[node]
            found[storage] = modules
    return found


class _Inputs:
    """The storages that come into each module call from outside and do not live anyway."""

    def __init__(self, live: set[int], lasting: set[int]) -> None:
        self.nbytes: dict[int, int] = {}
        self._live, self._lasting = live, lasting
        self._inputs: defaultdict[int, set[int]] = defaultdict(set)
        self._made: defaultdict[int, set[int]] = defaultdict(set)
        self._written: set[int] = set()
        """Calls that write into an input: computed again, they would give something else."""

    def add(self, op: Op, chain: Sequence[int]) -> None:
        """Count one forward call of torch, in the order of calls; `chain` are the module calls around it."""
        taken = {meta.storage_id: meta.storage_nbytes for meta in op.inputs if meta.storage_id not in self._lasting}
        given = [meta.storage_id for meta in op.outputs]
        self.nbytes.update(taken)
        for call in chain:
            if call in self._live:
                inputs, made = self._inputs[call], self._made[call]
                for storage in taken:
                    if storage not in made:
                        inputs.add(storage)
                for storage in given:
                    if storage not in inputs:
                        made.add(storage)
                    elif op.in_place:
                        self._written.add(call)

    def by_module(self, calls: Sequence[Call]) -> tuple[defaultdict[str, set[int]], set[str]]:
        """The storages by module, over all its calls; and the modules that write into one."""
        found: defaultdict[str, set[int]] = defaultdict(set)
        for call, storages in self._inputs.items():
            found[calls[call].module] |= storages
        return found, {calls[call].module for call in self._written}
