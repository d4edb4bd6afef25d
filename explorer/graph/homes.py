"""Which call a tensor is drawn in: a parameter in the module that holds it, whoever takes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.graph.arrays import NONE, Coded, Flags, Whole, whole


@dataclass
class Nest:
    """Calls inside one another, parents before children, and the nodes that each made itself."""

    path: Coded
    """By call: its module, as in ``model.layer1.0``; of a group and of a step a name that no module has."""
    parent: Whole
    """By call: the one around it; `NONE` at the top."""
    is_module: Flags
    """By call; groups of repeats and steps of a loop are none."""
    owner: Whole
    """By node id: the innermost call; `NONE` outside of all, and for leaves."""

    @cached_property
    def outside(self) -> Whole:
        """By call: the innermost call, of it and those around it, that no module is around; itself where all of these are loops in plain code.

        `NONE` where there is none, and last for what lies outside of all calls.
        """
        found: list[int] = []
        for index, (around, is_module) in enumerate(zip(self.parent.tolist(), self.is_module.tolist(), strict=True)):
            outside = NONE if around == NONE else found[around]
            found.append(index if not is_module and outside == around else outside)
        return whole([*found, NONE])


def homes(nest: Nest, names: Coded, tensor: Whole, consumer: Whole) -> Whole:
    """By use of a tensor: the call that it is drawn in, the innermost one around its consumer that the tensor's name begins with.

    A plain variable such as ``x`` is handed to a module from outside and so drawn outside, but in the step of the loop that
    uses it; a tensor without a name, or with a path that fits no module here, stays with its consumer.

    Args:
        nest: the calls.
        names: of tensors.
        tensor: by use: which of the names.
        consumer: by use: the node that takes the tensor.
    """
    name, here = names.place[tensor], nest.owner[consumer]
    dotted = np.array([not text or "." in text for text in names.texts], np.bool_)[name]
    found = np.where(dotted, here, nest.outside[here])
    use = np.flatnonzero((here != NONE) & np.array([bool(text) for text in names.texts], np.bool_)[name])
    call, paths = here[use], len(nest.path.texts)
    while len(use):
        pair, same = np.unique(name[use] * paths + nest.path.place[call], return_inverse=True)
        asked = zip((pair // paths).tolist(), (pair % paths).tolist(), strict=True)
        fits = np.array([_begins(names.texts[one], nest.path.texts[path]) for one, path in asked], np.bool_)[same]
        found[use[fits]] = call[fits]
        use, call = use[~fits], nest.parent[call[~fits]]
        use, call = use[call != NONE], call[call != NONE]
    return found


def _begins(name: str | None, path: str | None) -> bool:
    return name is not None and name.startswith(f"{path}.")
