"""What a run would no longer keep for backward if every call of a module were checkpointed (``use_reentrant=False``).

What the nodes of those calls alone keep is computed again in backward; the inputs of each call are kept for that, also
where nothing saved them before.
Cannot see: inputs that the module takes and does not use, the state of the random number generator that each checkpoint
keeps, Python numbers (8 bytes each, which a checkpoint keeps).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from explorer.capture.kept import Kept
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
    paths = _paths(calls)
    common = _common(kept, [paths[at] for at in within])
    freed = Counter[str]()
    for modules, nbytes in _grouped(common, kept.nbytes).items():
        for module in modules:
            freed[module] += nbytes
    inputs = _Inputs(calls, chains, live, kept.lasting)
    inputs.count(ops)
    staying, doubtful = inputs.by_module, inputs.writing
    # Of a node without a call nobody knows the module; a second derivative holds what the first one needed.
    if any(node.order > 1 or (node.op is None and node.kind != "leaf") for node in graph.nodes):
        doubtful.update(*(paths[at] for at in live))
    doubtful.update(*(paths[within[at]] for at in kept.unreadable))
    found = []
    for module in Paths().union(*{paths[at] for at in live}):
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


def _paths(calls: Sequence[Call]) -> dict[int | None, Paths]:
    """By module call, and None for none: its module and those around it; equal ones are one object."""
    found: dict[int | None, Paths] = {None: Paths()}
    known: dict[tuple[Paths, str], Paths] = {}
    for at, call in enumerate(calls):
        around = found[call.outer]
        paths = known.get((around, call.module))
        if paths is None:
            paths = known[around, call.module] = around | {call.module}
        found[at] = paths
    return found


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


def _grouped(common: Mapping[int, Paths], nbytes: Mapping[int, int]) -> Counter[Paths]:
    groups = Counter[Paths]()
    for storage, modules in common.items():
        groups[modules] += nbytes[storage]
    return groups


class _Inputs:
    """The storages that come into the calls of each module from outside and do not live anyway."""

    def __init__(
        self, calls: Sequence[Call], chains: Sequence[Sequence[int]], live: Collection[int], lasting: Collection[int]
    ) -> None:
        """`chains` are the module calls around each, `live` those in which a node was made."""
        self.nbytes: dict[int, int] = {}
        self.by_module: defaultdict[str, set[int]] = defaultdict(set)
        self.writing: set[str] = set()
        """Modules that write into an input in a call: computed again, that would give something else."""
        self._calls, self._chains, self._lasting = calls, chains, lasting
        self._into = [self.by_module[call.module] if at in live else None for at, call in enumerate(calls)]
        """By module call: where its inputs are put down; None where it made no node."""
        self._made: dict[int, Collection[int]] = {}
        """By storage that a call of torch made, in which module calls that was."""

    def count(self, ops: Iterable[Op]) -> None:
        """Go through the forward calls of torch in their order."""
        lasting, made, nbytes, put = self._lasting, self._made, self.nbytes, self._into
        for op in ops:
            if op.within is None:
                continue
            chain = self._chains[op.within]
            for meta in op.inputs:
                storage = meta.storage_id
                if storage not in lasting:
                    inside = made.get(storage, ())
                    if inside is not chain:
                        nbytes[storage] = meta.storage_nbytes
                        for call in chain:
                            if call not in inside and (inputs := put[call]) is not None:
                                inputs.add(storage)
            for meta in op.outputs:
                storage = meta.storage_id
                if storage not in nbytes:
                    made.setdefault(storage, chain)
            if op.in_place:
                self._written(op, chain)

    def _written(self, op: Op, chain: Iterable[int]) -> None:
        """A call has written into a tensor that it was given, in the module calls of `chain`."""
        given = {meta.storage_id for meta in op.inputs if meta.storage_id not in self._lasting}
        for meta in op.outputs:
            if meta.storage_id in given:
                inside = self._made.get(meta.storage_id, ())
                self.writing.update(
                    self._calls[call].module for call in chain if self._into[call] is not None and call not in inside
                )
