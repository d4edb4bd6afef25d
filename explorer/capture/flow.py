"""The gradients that flow in one backward: by hooks on the nodes, taken off again afterwards.

One hook after a node tells both what came in and what the node made of it. Before a node there is one only where that would
be too late: a leaf sends nothing, and a custom function may write into what it is given. Hooks only read; they run after the
user's tensor hooks, so what they see is what flows on. Cannot see: gradients that the engine hands to ``autograd.grad``
without running the leaf's node (those are given by `arrived`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import Any, Protocol

import torch

from explorer.capture.private import quiet
from explorer.capture.reader import Reader, Reading
from explorer.capture.walk import Walk

_Gradients = Sequence[torch.Tensor | None]


class Listener(Protocol):
    """Who wants the gradients themselves, while they flow. Ids as in the `Walk`; a leaf has only a `before`."""

    def before(self, identity: int, gradients: _Gradients) -> None:
        """The node runs on `gradients`, one per output of the forward call: it is about to, or has and nothing else has since."""

    def after(self, identity: int, sent: _Gradients, gradients: _Gradients) -> None:
        """The node made `sent`, one per slot, of `gradients`; its saved tensors are still there."""


class Flow:
    """What came in at each node, and what each edge carried. Ids and slots as in the `Walk`."""

    def __init__(self, walk: Walk, reader: Reader, *, steady: bool = False) -> None:
        """`steady` where no code but torch's own runs in this backward: what one edge alone carries arrives as it was sent."""
        self.incoming: dict[int, tuple[Reading | None, ...]] = {}
        self.sent: dict[int, tuple[Reading | None, ...]] = {}
        """By slot."""
        self.seconds: dict[int, float] = {}
        """How long each node ran, by id: from the last hook before it to the first after it."""
        self.listeners: list[Listener] = []
        self._walk, self._reader = walk, reader
        self._began = 0.0
        self._alone = _alone(walk) if steady else {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Read the gradients of the backward that runs inside."""
        handles = []
        try:
            for identity, (node, kind) in enumerate(zip(self._walk.nodes, self._walk.kinds, strict=True)):
                if kind != "operation":
                    handles.append(node.register_prehook(partial(self.before, identity)))
                handles.append(node.register_hook(self._passed if kind == "leaf" else partial(self.after, identity)))
            self._began = perf_counter()
            yield
        finally:
            for handle in handles:
                handle.remove()
            self._reader.settle()

    def arrived(self, identity: int, output_nr: int, gradient: torch.Tensor | None) -> None:
        """Tell what ``autograd.grad`` returned for an input, where its node did not run."""
        known = list(self.incoming.get(identity, ()))
        known += [None] * (output_nr + 1 - len(known))
        known[output_nr] = known[output_nr] or (None if gradient is None else self._reader.read(gradient))
        self.incoming[identity] = tuple(known)

    def before(self, identity: int, gradients: _Gradients) -> None:
        """Tell that a node is about to run, where no engine runs it."""
        with quiet():
            self.incoming[identity] = self._came(identity, gradients)
        for listener in self.listeners:
            listener.before(identity, gradients)
        self._began = perf_counter()

    def after(self, identity: int, sent: _Gradients, gradients: _Gradients) -> None:
        """Tell what a node made, where no engine ran it: one gradient for each slot, of `gradients`."""
        self.seconds[identity] = perf_counter() - self._began
        if identity not in self.incoming:
            self.before(identity, gradients)
        with quiet():
            read = self._reader.read_quietly
            self.sent[identity] = tuple([None if gradient is None else read(gradient) for gradient in sent])
        for listener in self.listeners:
            listener.after(identity, sent, gradients)
        self._began = perf_counter()

    def _passed(self, _: Any, __: Any) -> None:
        """What a leaf did is not the next node's time."""
        self._began = perf_counter()

    def _came(self, identity: int, gradients: _Gradients) -> tuple[Reading | None, ...]:
        source, slot = self._alone.get(identity, _NOWHERE)
        sent = self.sent.get(source)
        if sent is not None and len(gradients) == 1 and (reading := sent[slot]) is not None:
            return (reading,)
        read = self._reader.read_quietly
        return tuple([None if gradient is None else read(gradient) for gradient in gradients])


_NOWHERE = (-1, 0)


def _alone(walk: Walk) -> dict[int, tuple[int, int]]:
    """Of each node to which one edge leads and no root: that edge, as source and slot."""
    found: dict[int, tuple[int, int]] = {}
    several = set(range(walk.roots))
    for source, slot, target, _ in walk.edges:
        if target in found:
            several.add(target)
        found[target] = source, slot
    for at in several:
        found.pop(at, None)
    return found
