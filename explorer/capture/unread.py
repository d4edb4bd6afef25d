"""Reads what the forward calls took and gave: tensors wait, held, until a hundred calls are read in one go.

After a kernel of torch's nothing of ours is in the processor's cache: to read one call's tensors then costs 200 us, a tenth of it where
others were read just before. What could have changed meanwhile is written down at the call (version counters, which variables held the
inputs). Who is about to write numbers says into which tensors, and all is read before if one of these waits; who is about to change
anything else lets the log `settle` first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from operator import attrgetter, itemgetter

import msgspec
import torch

from explorer.capture.drafts import OpDraft
from explorer.capture.facts import version_of
from explorer.capture.finite import FiniteWatch
from explorer.capture.metas import Storages, memory_of
from explorer.capture.private import quiet, sequence_nrs
from explorer.capture.views import views_of
from explorer.ir import TensorMeta
from explorer.ir.collector import put_off

_MOST_CALLS = 512
"""Calls that wait."""

_MOST_HELD = 2**24
"""Bytes of what calls took and gave with which these wait: what is held cannot be freed."""

_VERSION, _GRAD_FN, _IS_VIEW = map(attrgetter, ("_version", "grad_fn", "is_view"))
_TOOK, _GAVE = itemgetter(1), itemgetter(3)
_REQUIRES_GRAD = attrgetter("requires_grad")

_Tensors = Sequence[torch.Tensor]
_Versions = tuple[int, ...]
_Call = tuple[OpDraft, _Tensors, _Versions, _Tensors]
"""With what it took, the versions of that before where it wrote, and what it gave."""


class Unread:
    """Steps of each call: `open`, the call itself, then `close`, or nothing where it turned out to be none of the log."""

    def __init__(self, storages: Storages, finite: FiniteWatch) -> None:
        self._storages, self._finite = storages, finite
        self._waiting: list[_Call] = []
        self._held: float = 0
        """Bytes of what these took and gave."""
        self._memory: set[int] = set()
        """The storages of what waits, by address; of so many calls:"""
        self._located = 0

    def admit(self, inputs: _Tensors, into: slice) -> bool:
        """Whether a call can wait that takes `inputs` and writes numbers `into` some of them; what that would make untrue is read now."""
        if True in map(_REQUIRES_GRAD, inputs) and not inputs[0].requires_grad:
            return False  # what is written may require a gradient from then on
        new = self._waiting[self._located :]
        found = memory_of([one for _, took, _, gave in new for one in (*took, *gave)])
        written = memory_of(inputs[into])
        if found is None or written is None:
            return False
        self._memory |= found
        self._located = len(self._waiting)
        if not self._memory.isdisjoint(written):
            self.settle()
        return True

    def open(self, op: OpDraft, inputs: _Tensors, alone: bool) -> _Versions:
        """Before a call, unless it waits and only reads, of which no versions are wanted; the versions of its inputs.

        Around one that is `alone` nothing waits: it may change any tensor, or has some that are not torch's own.
        """
        if alone:
            self.settle()
            with quiet():
                op.inputs = tuple(self._storages.read_all(inputs))
        return _versions(inputs, alone)

    def close(
        self,
        op: OpDraft,
        inputs: _Tensors,
        before: _Versions,
        outputs: _Tensors,
        *,
        alone: bool,
        writes: bool,
        taken: float | None,
    ) -> None:
        """After the call, also where it raised; `before` are the versions that `open` told. One that `writes` was known to, if it has.

        `taken` are the bytes of its inputs, where they are known.
        """
        after = before and _versions(inputs, alone)
        if after != before:
            op.in_place, op.versions_after = True, after
        if alone:
            with quiet():
                self._read([(op, inputs, before, outputs)], again=False)
            return
        self._waiting.append((op, inputs, before if after != before else (), outputs))
        self._held += _nbytes(inputs) + _nbytes(outputs) if taken is None else taken + _nbytes(outputs)
        if after != before and not writes:
            self.settle()
        elif len(self._waiting) >= _MOST_CALLS or self._held >= _MOST_HELD:
            with suppress(
                RecursionError
            ):  # deep in code that calls itself: when it has come back there is room to read
                self.settle()

    def settle(self) -> None:
        """Read what waits; where no room is left on the stack, it waits on."""
        if self._waiting:
            with quiet(), put_off():
                self._read(self._waiting)
                self._waiting = []  # before the collector looks at what that held
            self._memory.clear()
            self._held = self._located = 0

    def _read(self, calls: list[_Call], again: bool = True) -> None:
        """Tell the calls what they took, unless they know that, and gave; look at what that is."""
        took = list(chain.from_iterable(map(_TOOK, calls))) if again else []
        gave = list(chain.from_iterable(map(_GAVE, calls)))
        seen, numbers = _Seen(took + gave, self._storages), _numbers(gave)
        first, given = 0, 0
        for op, inputs, before, outputs in calls:
            last = given + len(outputs)
            if again:
                end = first + len(inputs)
                op.inputs = seen.metas[first:end]
                first = end
                if before:
                    op.inputs = tuple(map(_at_version, op.inputs, before))
            op.outputs, op.nodes = seen.metas[len(took) + given : len(took) + last], numbers[given:last]
            given = last
        self._finite.look([(op.index, op.name, outputs) for op, _, _, outputs in calls], seen.where)
        if seen.has_views:
            for op, inputs, _, outputs in calls:
                if True in map(_IS_VIEW, op.outputs):
                    op.views = views_of(outputs, op.outputs, inputs, op.inputs, self._storages)


class _Seen:
    """What several tensors are, by position; one that is among them several times is read once."""

    def __init__(self, tensors: _Tensors, storages: Storages) -> None:
        ids = list(map(id, tensors))
        each = dict(zip(ids, tensors, strict=True))
        facts = storages.forms.facts(list(each.values()))
        metas = storages.read_all(list(each.values()), facts)
        self.metas = tuple(map(dict(zip(each, metas, strict=True)).__getitem__, ids))
        self.has_views = True in map(_IS_VIEW, metas)
        self.where = (
            {} if facts is None else dict(zip(each, zip(facts.forms, facts.addresses, strict=True), strict=True))
        )
        """By ``id``: the form, and the address of the elements if they lie one after the other."""


def _numbers(tensors: _Tensors) -> tuple[int | None, ...]:
    """The sequence numbers of the nodes that made them."""
    return tuple(sequence_nrs(map(_GRAD_FN, tensors)))


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
    total = 0
    try:
        for tensor in tensors:
            total += tensor.nbytes
    except RuntimeError:  # of a sparse tensor torch does not tell
        return math.inf
    return total
