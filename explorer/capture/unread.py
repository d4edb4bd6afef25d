"""Reads what the forward calls took and gave: small tensors wait, held, until some tens of calls are read in one go.

That costs half of reading each between two calls of torch. What could have changed meanwhile is written down at the call (version
counters, which variables held the inputs), and whoever is about to change anything else lets the log `settle` first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from types import FrameType

import msgspec
import torch

from explorer.capture.drafts import OpDraft
from explorer.capture.finite import FiniteWatch
from explorer.capture.metas import Storages, version_of
from explorer.capture.private import quiet, sequence_nr
from explorer.capture.views import views_of
from explorer.ir import TensorMeta

_MOST_CALLS = 64
"""Calls that wait."""

_SMALL = 2**16
"""Bytes of a call's tensors with which it may wait: what is held cannot be freed."""

_VERSION, _NBYTES, _IS_VIEW = attrgetter("_version"), attrgetter("nbytes"), attrgetter("is_view")


class Held(msgspec.Struct, eq=False, gc=False):
    """The tensors of one call."""

    op: OpDraft
    alone: bool
    inputs: list[torch.Tensor]
    versions: tuple[int, ...]
    """Of the inputs, before the call."""
    variables: tuple[int, ...]
    """The ids of what the variables of `op.place.names` held."""
    outputs: list[torch.Tensor] = []


class Unread:
    """Steps of each call: `open`, the call itself, then `close`, or nothing where it turned out to be none of the log."""

    def __init__(self, storages: Storages, finite: FiniteWatch) -> None:
        self._storages, self._finite = storages, finite
        self._waiting: list[Held] = []

    def open(self, op: OpDraft, inputs: list[torch.Tensor], frame: FrameType | None, alone: bool) -> Held:
        """Before a call that `frame` makes. Around one that is `alone` nothing waits: it may change any tensor, or has some that are not torch's own."""
        held = Held(op, alone, inputs, _versions(inputs, alone), _variables(frame, op.place.names))
        if alone:
            self.settle()
            with quiet():
                _give(held, self._metas([inputs]))
        return held

    def close(self, held: Held, outputs: list[torch.Tensor]) -> None:
        """After the call, also where it raised."""
        op, inputs, held.outputs = held.op, held.inputs, outputs
        after = _versions(inputs, held.alone)
        if after != held.versions:
            op.in_place, op.versions_after = True, after
        if held.alone:
            with quiet():
                self._take(held, self._metas([outputs]))
                self._finite.settle()
            return
        self._waiting.append(held)
        if after != held.versions:  # it wrote, and nobody knew that it would
            self.settle()
            op.inputs = tuple(map(_at_version, op.inputs, held.versions))
        elif len(self._waiting) >= _MOST_CALLS or _nbytes(inputs + outputs) > _SMALL:
            self.settle()

    def settle(self) -> None:
        """Read what waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            with quiet():
                metas = self._metas([tensors for held in waiting for tensors in (held.inputs, held.outputs)])
                for held in waiting:
                    _give(held, metas)
                    self._take(held, metas)
                self._finite.settle()

    def _metas(self, tensors: list[list[torch.Tensor]]) -> dict[int, TensorMeta]:
        """By id, each read once, in the order in which the calls met them."""
        each = {id(one): one for one in chain.from_iterable(tensors)}
        return dict(zip(each, self._storages.read_all(list(each.values())), strict=True))

    def _take(self, held: Held, metas: dict[int, TensorMeta]) -> None:
        """Write down what the call gave."""
        op, outputs = held.op, held.outputs
        if outputs:
            op.outputs = of_outputs = tuple([metas[id(one)] for one in outputs])
            op.nodes = tuple([None if (node := one.grad_fn) is None else sequence_nr(node) for one in outputs])
            self._finite.look(op.index, op.name, outputs, of_outputs)
            if True in map(_IS_VIEW, of_outputs):
                op.views = views_of(outputs, of_outputs, held.inputs, op.inputs, self._storages)


def _give(held: Held, metas: dict[int, TensorMeta]) -> None:
    """Write down what the call was given."""
    op, inputs = held.op, held.inputs
    op.inputs = tuple([metas[id(one)] for one in inputs])
    named = dict(zip(held.variables, op.place.names, strict=True))  # of two names of one tensor the first in the text
    op.input_names = tuple([named.get(id(one)) for one in inputs])


def _at_version(meta: TensorMeta, version: int) -> TensorMeta:
    return msgspec.structs.replace(meta, version=version)


def _versions(tensors: list[torch.Tensor], alone: bool) -> tuple[int, ...]:
    try:
        if not alone:
            return tuple(map(_VERSION, tensors))
    except RuntimeError:  # an inference tensor keeps no count
        pass
    with quiet():
        return tuple(map(version_of, tensors))


def _variables(frame: FrameType | None, names: Sequence[str]) -> tuple[int, ...]:
    """The ids of what `names` mean in `frame`."""
    if frame is None:
        return ()
    return tuple(map(id, map(frame.f_locals.get, names, map(frame.f_globals.get, names))))


def _nbytes(tensors: list[torch.Tensor]) -> float:
    try:
        total: int = sum(map(_NBYTES, tensors))
    except RuntimeError:  # of a sparse tensor torch does not tell
        return math.inf
    return total
