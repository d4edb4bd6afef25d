"""Which storages the nodes of a graph keep for backward, and who else holds them.

A saved tensor keeps the whole storage under it, also where it is a view of a part. Parameters and named inputs live anyway.
Cannot see: tensors without a storage (sparse, inside vmap), what was packed by ``saved_tensors_hooks``, what ``CopySlices``
holds inside, attributes of ``ctx``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from explorer.capture.needs import HIDING
from explorer.ir import Graph, Tensor

_DOT = re.compile(r"\.(?![^\[]*\])")
"""A dot between two names, not one inside the brackets of ``d['a.b']``."""


@cache
def enclosing(path: str | None) -> tuple[str, ...]:
    """The whole run (``""``) and all modules that `path` lies in, itself the last: ``("", "m", "m.0")`` for ``m.0``."""
    if not path:
        return ("",)
    return ("", *(path[: dot.start()] for dot in _DOT.finditer(path)), path)


@dataclass
class Kept:
    """Storages that are kept for backward, by their ids."""

    nbytes: dict[int, int] = field(default_factory=dict)
    holders: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """The nodes that saved a tensor over this storage, one for each tensor."""
    tensors: list[tuple[int, str, int]] = field(default_factory=list)
    """Node, name and storage of each saved tensor that does not live anyway."""
    lasting: set[int] = field(default_factory=set)
    """Storages that live anyway: those of leaves that have a name or are in the graph."""
    unreadable: set[int] = field(default_factory=set)
    """Nodes of which not all that they saved is known."""

    @classmethod
    def by(cls, graph: Graph, tensors: Iterable[Tensor]) -> Kept:
        kept = cls()
        kept.lasting.update(tensor.storage_id for tensor in tensors if tensor.is_leaf)
        for node in graph.nodes:
            if node.kind == "leaf" and node.output is not None:
                kept.lasting.add(node.output.storage_id)
            if node.name in HIDING:
                kept.unreadable.add(node.id)
        for at, saved in [(node.id, saved) for node in graph.nodes for saved in node.saved if saved.text is None]:
            tensor = saved.tensor
            if tensor is not None and tensor.storage_id >= 0:
                storage = tensor.storage_id
                kept.nbytes[storage] = tensor.storage_nbytes
                kept.holders[storage].append(at)
                if storage not in kept.lasting:
                    kept.tensors.append((at, saved.name, storage))
            elif saved.error is not None:
                kept.unreadable.add(at)
        return kept


def largest(names: Iterable[str], nbytes: dict[str, int], most: int) -> Sequence[str]:
    """At most `most` of `names`, those with the most bytes first."""
    return sorted(names, key=lambda name: (-nbytes[name], name))[:most]
