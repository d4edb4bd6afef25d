"""The gradients that flow in one backward: by a hook before and one after every node, taken off again afterwards.

The hooks only read; they run after the user's tensor hooks, so what they see is what flows on. Cannot see: gradients
that the engine hands to ``autograd.grad`` without running the leaf's node (those are given by `arrived`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Protocol

import torch

from explorer.capture.numbers import Reader, Reading
from explorer.capture.private import quiet
from explorer.capture.walk import Walk, node_kind

_Arrival = tuple[tuple[object, ...] | None, Reading]
_Gradients = Sequence[torch.Tensor | None]


class Listener(Protocol):
    """Who wants the gradients themselves, while they flow. Ids as in the `Walk`; a leaf has only a `before`."""

    def before(self, identity: int, gradients: _Gradients) -> None:
        """The node is about to run on `gradients`, one per output of the forward call."""

    def after(self, identity: int, sent: _Gradients, gradients: _Gradients) -> None:
        """The node made `sent`, one per slot, of `gradients`; its saved tensors are still there."""


class Flow:
    """What came in at each node, and what each edge carried. Ids and slots as in the `Walk`."""

    def __init__(self, walk: Walk, reader: Reader) -> None:
        self.incoming: dict[int, tuple[Reading | None, ...]] = {}
        self.sent: dict[tuple[int, int], Reading] = {}
        self.seconds: dict[int, float] = {}
        """How long each node ran, by id: from the last hook before it to the first after it."""
        self.listeners: list[Listener] = []
        self._began: dict[int, float] = {}
        self._walk, self._reader = walk, reader
        self._targets = {(source, slot): (target, output_nr) for source, slot, target, output_nr in walk.edges}
        self._arrivals: defaultdict[tuple[int, int], list[_Arrival]] = defaultdict(list)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Read the gradients of the backward that runs inside."""
        handles = []
        try:
            for identity, node in enumerate(self._walk.nodes):
                handles.append(node.register_prehook(self._before(identity)))
                if node_kind(node) != "leaf":
                    handles.append(node.register_hook(self._after(identity)))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def arrived(self, identity: int, output_nr: int, gradient: torch.Tensor | None) -> None:
        """Tell what ``autograd.grad`` returned for an input, where its node did not run."""
        known = list(self.incoming.get(identity, ()))
        known += [None] * (output_nr + 1 - len(known))
        known[output_nr] = known[output_nr] or (None if gradient is None else self._reader.read(gradient))
        self.incoming[identity] = tuple(known)

    def before(self, identity: int, gradients: _Gradients) -> None:
        """Tell that a node is about to run, where no engine runs it."""
        self._before(identity)(gradients)

    def after(self, identity: int, sent: _Gradients, gradients: _Gradients) -> None:
        """Tell what a node made, where no engine ran it: one gradient for each slot, of `gradients`."""
        self._after(identity)(sent, gradients)

    def _before(self, identity: int) -> Callable[[Sequence[torch.Tensor | None]], None]:
        def read(gradients: _Gradients) -> None:
            self.incoming[identity] = tuple(
                None if gradient is None else self._read_sum(gradient, (identity, output_nr))
                for output_nr, gradient in enumerate(gradients)
            )
            for listener in self.listeners:
                listener.before(identity, gradients)
            self._began[identity] = perf_counter()

        return read

    def _after(self, identity: int) -> Callable[[Sequence[torch.Tensor | None], Any], None]:
        def read(sent: _Gradients, incoming: _Gradients) -> None:
            self.seconds[identity] = perf_counter() - self._began.pop(identity)
            for slot, gradient in enumerate(sent):
                target = self._targets.get((identity, slot))
                if gradient is not None and target is not None:
                    record = self.sent[identity, slot] = self._reader.read(gradient)
                    self._arrivals[target].append((_memory(gradient), record))
            for listener in self.listeners:
                listener.after(identity, sent, incoming)

        return read

    def _read_sum(self, gradient: torch.Tensor, target: tuple[int, int]) -> Reading:
        """What one edge alone brought, unchanged by a hook since, has been read already."""
        arrivals = self._arrivals.pop(target, [])
        if len(arrivals) == 1 and arrivals[0][0] is not None and arrivals[0][0] == _memory(gradient):
            return arrivals[0][1]
        return self._reader.read(gradient)


def _memory(gradient: torch.Tensor) -> tuple[object, ...] | None:
    """Equal for the same elements as long as nothing was written there; None where there is no memory to compare."""
    try:
        with quiet():
            address = gradient.data_ptr() if gradient.layout == torch.strided else 0
            return (address, gradient._version, gradient.shape, gradient.stride()) if address else None
    except RuntimeError:  # fake, meta, or inside vmap
        return None
