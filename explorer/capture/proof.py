"""The captured backward, executed a second time node by node beside the engine, and compared with what autograd left.

The proof has sums of its own. It starts with the gradients at the roots; when the engine has run a node (and still holds its
saved tensors), the same node is called by hand on our own sum, and what it makes is added to the sums at the ends of the
captured edges, in the engine's order: the first arrival as it is, later ones added. So an edge that is missing, or that has
the wrong slot or output number, changes a leaf's sum, which is compared with ``.grad`` or with what ``autograd.grad`` returned.

What may not run twice is taken over from the engine (*adopted*), after its own incoming sum has been compared; so is what a
hook of the code changed. Cannot see: that a kernel itself computes wrongly, for it is the same kernel.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch

from explorer.capture.again import may_run_again, run_again
from explorer.capture.compared import Comparisons
from explorer.capture.differences import magnitude, same_bits
from explorer.capture.metas import is_tensor
from explorer.capture.private import graph_task, quiet
from explorer.capture.walk import Walk
from explorer.ir import Verification

_Gradient = torch.Tensor | None


@dataclass(frozen=True)
class Asked:
    """What a backward was asked for, in the ids of the `Walk`."""

    roots: Sequence[tuple[int, int, torch.Tensor]]
    """Node, output number, and the gradient that backward starts with there."""
    inputs: Sequence[tuple[int, int, int]] = ()
    """For ``autograd.grad``: position among what is returned, node and output number."""


@dataclass(frozen=True)
class _Leaf:
    """A leaf when the engine was about to add to it: ``.grad`` until then, our sum, and whether the engine's is defined."""

    before: _Gradient
    mine: _Gradient
    defined: bool


class Proof:
    """A `Listener` of one backward's `Flow`; then `finish`, then `verification`. It raises nothing and changes nothing."""

    def __init__(self, walk: Walk, asked: Asked, hooked: Collection[int] = (), packed: Collection[int] = ()) -> None:
        """`hooked` nodes have hooks of the code around them, `packed` ones saved tensors behind the code's own ``unpack``."""
        self._walk, self._inputs, self._hooked, self._packed = walk, asked.inputs, hooked, packed
        self._targets = {(source, slot): (target, output_nr) for source, slot, target, output_nr in walk.edges}
        self._ends = {at for at, kind in enumerate(walk.kinds) if kind == "leaf"}
        self._ends.update(at for _, at, _ in asked.inputs)
        self._sums: defaultdict[int, dict[int, torch.Tensor]] = defaultdict(dict)
        self._scales: dict[int, float] = {}
        self._leaves: dict[int, _Leaf] = {}
        self._shared: set[int] = set()
        self._found = Comparisons()
        self._executed = 0
        self._adopted: dict[str, None] = {}
        self._task: int | None = None
        self._reason: str | None = "raised"
        for at, output_nr, gradient in asked.roots:
            self._add(at, output_nr, _copied(gradient))

    def before(self, identity: int, gradients: Sequence[_Gradient]) -> None:
        """The engine is about to run a node, or to add to a leaf's ``.grad``."""
        if self._reason == "unreadable":
            return
        if self._is_another_task():
            self._shared.add(identity)
            return
        try:
            with quiet(), torch.no_grad():
                self._before(identity, gradients)
        except Exception:  # gradients that cannot be looked at, as inside vmap: the code's own backward must go on
            self._give_up()

    def after(self, identity: int, sent: Sequence[_Gradient], gradients: Sequence[_Gradient]) -> None:
        """The engine has run a node on `gradients`; it made `sent`."""
        if self._reason == "unreadable" or self._is_another_task():
            return
        try:
            with quiet(), torch.no_grad():
                self._after(identity, sent, gradients)
        except Exception:
            self._give_up()

    def finish(self, returned: object = None) -> None:
        """Compare, when backward has come to its end. `returned` is what ``autograd.grad`` gave."""
        if self._reason == "unreadable":
            return
        try:
            with quiet(), torch.no_grad():
                self._compare_leaves()
                self._compare_returned(returned if isinstance(returned, tuple) else ())
                self._reason = None if self._found.telling else "nothing"
                self._let_go()
        except Exception:
            self._give_up()

    def verification(self, names: Mapping[int, str]) -> Verification:
        """As a record; `names` are the variables of leaves, by node id."""
        if self._reason is not None:
            return Verification(status="skipped", reason=self._reason)
        return self._found.verification(lambda at: self._name(at, names), self._executed, tuple(self._adopted))

    def _before(self, at: int, gradients: Sequence[_Gradient]) -> None:
        engines, sums = _defined(gradients), self._sums[at]
        if at in self._hooked and not _same(sums, engines):
            self._adopt(at)
            self._sums[at] = sums = {output_nr: _copied(gradient) for output_nr, gradient in engines.items()}
        if self._walk.kinds[at] == "leaf":
            held = self._walk.nodes[at].variable.grad
            before = None if held is None else held.detach().clone()
            self._leaves[at] = _Leaf(before, sums.get(0), bool(engines))

    def _after(self, at: int, sent: Sequence[_Gradient], gradients: Sequence[_Gradient]) -> None:
        node, sums = self._walk.nodes[at], self._sums[at]
        own = [sums.get(output_nr) for output_nr in range(len(gradients))]
        results: Sequence[_Gradient] | None = None
        if may_run_again(node) and at not in self._packed:
            with suppress(Exception):  # it cannot run twice, or not on our sums: comparing these will tell
                results = run_again(node, own)
                self._executed += 1
        if results is None:
            for mine, theirs in zip(own, gradients, strict=True):
                self._found.add(at, mine, theirs, leaf=False)
        if results is None or (at in self._hooked and not _same(_defined(results), _defined(sent))):
            self._adopt(at)
            results = [None if gradient is None else _copied(gradient) for gradient in sent]
        for slot, (mine, theirs) in enumerate(zip(results, sent, strict=False)):
            self._send(at, slot, mine, theirs, own)
        if at not in self._ends:
            del self._sums[at]

    def _send(self, at: int, slot: int, mine: _Gradient, theirs: _Gradient, own: Sequence[_Gradient]) -> None:
        """Carry what a node made of `own` along its edge; `theirs` is the same of the engine."""
        if (at, slot) not in self._targets:
            node, kind = self._walk.nodes[at], self._walk.kinds[at]
            if theirs is not None and kind != "custom" and node.next_functions[slot][0] is not None:
                self._found.wrong(at, magnitude(theirs))
            return
        target, output_nr = self._targets[at, slot]
        if mine is None:
            return
        try:
            mine = mine if theirs is None else _fitted(mine, theirs)
            self._add(target, output_nr, mine)
        except RuntimeError:  # shapes that do not belong together
            self._found.wrong(target)
            return
        if target in self._ends and (theirs is None or not same_bits(mine, theirs)):
            self._scales[target] = max([self._scales.get(target, 0.0), *(magnitude(one) for one in own)])

    def _add(self, at: int, output_nr: int, gradient: torch.Tensor) -> None:
        sums = self._sums[at]
        held = sums.get(output_nr)
        if held is None:
            sums[output_nr] = gradient
        else:
            sums[output_nr] = gradient + held if held.is_sparse else held + gradient

    def _compare_leaves(self) -> None:
        for at, leaf in self._leaves.items():
            grad = self._walk.nodes[at].variable.grad
            if at in self._shared:
                self._adopt(at)
            elif grad is not None or not leaf.defined:  # else a hook of the code took it away
                mine = (
                    leaf.mine if leaf.before is None else leaf.before if leaf.mine is None else leaf.before + leaf.mine
                )
                self._found.add(at, mine, grad, leaf=True, scale=self._scales.get(at, 0.0))

    def _compare_returned(self, returned: Sequence[Any]) -> None:
        for position, at, output_nr in self._inputs:
            theirs = returned[position]
            mine = self._sums[at].get(output_nr)
            if at in self._hooked and not _same(_defined([mine]), _defined([theirs])):
                self._adopt(at)
            else:
                self._found.add(at, mine, theirs, leaf=True, scale=self._scales.get(at, 0.0))

    def _is_another_task(self) -> bool:
        """Whether this is a backward inside of ours, as a reentrant checkpoint runs it."""
        task = graph_task()
        if self._task is None:
            self._task = task
        return task != self._task

    def _adopt(self, at: int) -> None:
        self._adopted.setdefault(self._walk.names[at])

    def _give_up(self) -> None:
        self._reason = "unreadable"
        self._let_go()

    def _let_go(self) -> None:
        self._sums.clear()
        self._leaves.clear()

    def _name(self, at: int, names: Mapping[int, str]) -> str:
        return names.get(at) or (f"leaf{at}" if self._walk.kinds[at] == "leaf" else self._walk.names[at])


def _defined(gradients: Iterable[Any]) -> dict[int, torch.Tensor]:
    return {at: gradient for at, gradient in enumerate(gradients) if is_tensor(gradient)}


def _same(mine: Mapping[int, torch.Tensor], theirs: Mapping[int, torch.Tensor]) -> bool:
    return mine.keys() == theirs.keys() and all(same_bits(one, theirs[at]) for at, one in mine.items())


def _fitted(mine: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """As the engine fits what a node returns to the shape and dtype of the node that it goes to."""
    return (mine if mine.shape == theirs.shape else mine.sum_to_size(theirs.shape)).to(theirs.dtype)


def _copied(gradient: torch.Tensor) -> torch.Tensor:
    """A copy, so that nothing which is written into ``.grad`` later is written into our sums; elements repeated by a stride of 0 stay so."""
    once = gradient = gradient.detach()
    if gradient.layout == torch.strided:
        for dim, (size, stride) in enumerate(zip(gradient.shape, gradient.stride(), strict=True)):
            once = once.narrow(dim, 0, 1) if stride == 0 and size > 1 else once
    return once.clone().expand(gradient.shape) if once is not gradient else gradient.clone()
