"""What a run keeps for backward, by module, and what freezing or checkpointing would change: a pure function over records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from explorer.capture.checkpointing import checkpointing
from explorer.capture.freezing import freezing
from explorer.capture.kept import Kept, enclosing
from explorer.ir import Call, Graph, Memory, Op, Tensor, Weight


def weigh(graph: Graph, ops: Sequence[Op] = (), calls: Sequence[Call] = (), tensors: Sequence[Tensor] = ()) -> Memory:
    """Bytes kept for backward and what would save some; in time linear in nodes, edges and the depth of modules.

    Args:
        graph: as it was before backward.
        ops: the forward calls that `Node.op` counts.
        calls: the module calls that `Op.within` counts.
        tensors: what has a name at the end of the run, with parameters and buffers.
    """
    kept = Kept.by(graph, tensors)
    weights = {weight.path: weight for weight in _weights(graph, tensors, kept)}
    return Memory(
        run=weights.pop("", Weight(path="")),
        modules=tuple(sorted(weights.values(), key=lambda weight: (-weight.saved, -weight.parameters, weight.path))),
        freezing=freezing(graph, tensors, kept),
        checkpointing=checkpointing(graph, ops, calls, kept),
    )


def _weights(graph: Graph, tensors: Iterable[Tensor], kept: Kept) -> Iterator[Weight]:
    """The run and every module that saved something or has parameters."""
    saved, own, parameters = defaultdict[str, int](int), defaultdict[str, int](int), _parameters(tensors)
    for (modules, lasts), nbytes in _by_modules(graph, kept).items():
        around = [enclosing(module) for module in modules]
        for path in set(chain(*around)):
            saved[path] += nbytes
            if not lasts and all(path in paths for paths in around):
                own[path] += nbytes
    for path in dict.fromkeys([*saved, *parameters]):
        yield Weight(path=path, saved=saved[path], own=own[path], parameters=parameters[path])


def _by_modules(graph: Graph, kept: Kept) -> Counter[tuple[frozenset[str | None], bool]]:
    """Bytes by the set of innermost modules that hold them, and whether they live anyway."""
    module_of = [node.module for node in graph.nodes].__getitem__
    each: Counter[tuple[tuple[str | None, ...], bool]] = Counter()
    for storage, nodes in kept.holders.items():
        each[tuple(map(module_of, nodes)), storage in kept.lasting] += kept.nbytes[storage]
    groups: Counter[tuple[frozenset[str | None], bool]] = Counter()
    for (modules, lasts), nbytes in each.items():
        groups[frozenset(modules), lasts] += nbytes
    return groups


def _parameters(tensors: Iterable[Tensor]) -> Counter[str]:
    sizes: Counter[str] = Counter()
    seen: set[tuple[str, int]] = set()
    for tensor in tensors:
        if tensor.origin == "parameter":
            for path in enclosing(tensor.name)[:-1]:
                if (path, tensor.storage_id) not in seen:
                    seen.add((path, tensor.storage_id))
                    sizes[path] += tensor.storage_nbytes
    return sizes
