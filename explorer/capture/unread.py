"""Reads what the forward calls took and gave: small tensors wait, held, until a hundred calls are read in one go.

That costs half of reading each between two calls of torch. What could have changed meanwhile is written down at the call (version
counters, which variables held the inputs), and whoever is about to change anything else lets the log `settle` first.
"""

from __future__ import annotations

import math
from operator import attrgetter

import msgspec
import torch

from explorer.capture.drafts import OpDraft
from explorer.capture.finite import FiniteWatch
from explorer.capture.metas import Storages, version_of
from explorer.capture.private import quiet, sequence_nr, uncollected
from explorer.capture.views import views_of
from explorer.ir import TensorMeta

_MOST_CALLS = 128
"""Calls that wait."""

_SMALL = 2**16
"""Bytes of a call's tensors with which it may wait: what is held cannot be freed."""

_VERSION, _NBYTES, _GRAD_FN, _IS_VIEW = map(attrgetter, ("_version", "nbytes", "grad_fn", "is_view"))

_Tensors = list[torch.Tensor]
_Versions = tuple[int, ...]


class Unread:
    """Steps of each call: `open`, the call itself, then `close`, or nothing where it turned out to be none of the log."""

    def __init__(self, storages: Storages, finite: FiniteWatch) -> None:
        self._storages, self._finite = storages, finite
        self._waiting: list[tuple[OpDraft, _Tensors, _Tensors]] = []
        """Calls with what they took and gave."""

    def open(self, op: OpDraft, inputs: _Tensors, alone: bool, reads: bool) -> _Versions:
        """Before the call; the versions of its inputs, unless it only `reads` them.

        Around one that is `alone` nothing waits: it may change any tensor, or has some that are not torch's own.
        """
        if alone:
            self.settle()
            with quiet():
                op.inputs = self._metas(inputs)
        return _versions(inputs, alone) if alone or not reads else ()

    def close(self, op: OpDraft, inputs: _Tensors, before: _Versions, outputs: _Tensors, alone: bool) -> None:
        """After the call, also where it raised; `before` are the versions that `open` told."""
        after = before and _versions(inputs, alone)
        if after != before:
            op.in_place, op.versions_after = True, after
        if alone:
            with quiet():
                op.outputs, op.nodes = self._metas(outputs), _numbers(outputs)
                self._look(op, inputs, outputs)
                self._finite.settle()
            return
        self._waiting.append((op, inputs, outputs))
        if after != before:  # it wrote, and nobody knew that it would
            self.settle()
            op.inputs = tuple(map(_at_version, op.inputs, before))
        elif len(self._waiting) >= _MOST_CALLS or _nbytes(inputs + outputs) > _SMALL:
            self.settle()

    def settle(self) -> None:
        """Read what waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            with quiet(), uncollected():
                metas = self._metas([one for _, inputs, outputs in waiting for one in (*inputs, *outputs)])
                numbers = _numbers([one for _, _, outputs in waiting for one in outputs])
                taken = given = 0
                for op, inputs, outputs in waiting:
                    op.inputs, taken = metas[taken : taken + len(inputs)], taken + len(inputs)
                    op.outputs, taken = metas[taken : taken + len(outputs)], taken + len(outputs)
                    op.nodes, given = numbers[given : given + len(outputs)], given + len(outputs)
                    self._look(op, inputs, outputs)
                self._finite.settle()

    def _metas(self, tensors: _Tensors) -> tuple[TensorMeta, ...]:
        """Of each, in order; a tensor that is among them several times is read once."""
        each = {id(one): one for one in tensors}
        metas = dict(zip(each, self._storages.read_all(list(each.values())), strict=True))
        return tuple(map(metas.__getitem__, map(id, tensors)))

    def _look(self, op: OpDraft, inputs: _Tensors, outputs: _Tensors) -> None:
        """Whether what a call gave is finite, and of what it is a view."""
        self._finite.look(op.index, op.name, outputs, op.outputs)
        if True in map(_IS_VIEW, op.outputs):
            op.views = views_of(outputs, op.outputs, inputs, op.inputs, self._storages)


def _numbers(tensors: _Tensors) -> tuple[int | None, ...]:
    """The sequence numbers of the nodes that made them."""
    return tuple([None if node is None else sequence_nr(node) for node in map(_GRAD_FN, tensors)])


def _at_version(meta: TensorMeta, version: int) -> TensorMeta:
    return msgspec.structs.replace(meta, version=version)


def _versions(tensors: _Tensors, alone: bool) -> _Versions:
    try:
        if not alone:
            return tuple(map(_VERSION, tensors))
    except RuntimeError:  # an inference tensor keeps no count
        pass
    with quiet():
        return tuple(map(version_of, tensors))


def _nbytes(tensors: _Tensors) -> float:
    try:
        total: int = sum(map(_NBYTES, tensors))
    except RuntimeError:  # of a sparse tensor torch does not tell
        return math.inf
    return total
