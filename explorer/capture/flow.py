"""The gradients that flow in one backward: by hooks on the nodes, taken off again afterwards.

One hook after a node tells both what came in and what the node made of it. Before a node there is one only where that would
be too late: a leaf sends nothing, and a custom function may write into what it is given. Hooks only read; they run after the
user's tensor hooks, so what they see is what flows on. Cannot see: gradients that the engine hands to ``autograd.grad`` without
running the leaf's node (those are given by `arrived`).

The engine does not write into a gradient that somebody holds: it adds out of place. So those of several nodes are held, and
read together. But the first that arrives at a leaf may become its ``.grad``, and count as its version each time that another is
added to it in place: before that nothing is held any longer. Where one edge alone leads to a leaf without a ``.grad``, what it
carries is the ``.grad`` afterwards, and is read there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, chain
from time import perf_counter
from typing import Any, Protocol

import torch

from explorer.capture.private import Hook, cheap_hooks_after, current_node, hooks_after, quiet
from explorer.capture.reader import Reader
from explorer.capture.reading import Reading
from explorer.capture.walk import Walk
from explorer.ir import Gradient

MOST_TOGETHER = 512
"""Nodes of which all is held until it is read: fewer cost more calls, more are not worth what they hold."""

MOST_HELD = 2**26
"""Bytes of gradients that are held until they are read, were all as large as the largest. Of a ResNet-101 at 224 that are 5 MiB at the median, 25 at most."""

_Gradients = Sequence[torch.Tensor | None]
_Readings = tuple[Reading | None, ...]
_Records = tuple[Gradient | None, ...]
_Edge = tuple[int, int, int, int]
"""As in `Walk.edges`."""
_Slot = tuple[int, int]
"""A node, and which of what it sends."""
_Event = tuple[int, float, _Gradients | None, _Gradients | None]
"""Which node, the moment at which it had run, what it sent and what had come; with nothing sent it is about to run, with neither it was a leaf."""


class Listener(Protocol):
    """Who wants the gradients themselves, while they flow. Ids as in the `Walk`; a leaf has only a `before`."""

    def before(self, identity: int, gradients: _Gradients) -> None:
        """The node runs on `gradients`, one per output of the forward call: it is about to, or has and nothing else has since."""

    def after(self, identity: int, sent: _Gradients, gradients: _Gradients) -> None:
        """The node made `sent`, one per slot, of `gradients`; its saved tensors are still there."""


@dataclass(frozen=True)
class Sizes:
    """Bytes of the gradients that will flow: about those of the tensors that they belong to."""

    inner: int
    """Of the largest that no leaf gets."""
    leaves: Mapping[int, int]
    """By id."""

    def together(self, leaves: Iterable[int]) -> int:
        """Of how many nodes all that they send may be held, where it is sent to some of these `leaves` or none."""
        fitting = MOST_HELD // max(1, self.inner, *map(self.leaves.__getitem__, leaves))
        return min(MOST_TOGETHER, max(1, fitting))


class Flow:
    """What came in at each node, and what each edge carried. Ids and slots as in the `Walk`."""

    def __init__(self, walk: Walk, reader: Reader, *, steady: bool = False, sizes: Sizes | None = None) -> None:
        """`steady` where the process is our own, and no code but torch's runs in this backward: nobody writes into a gradient that is held.

        How many are held, where nobody listens, follows from the `sizes`; where they are not known, none is.
        """
        self.incoming: dict[int, _Readings] = {}
        self.sent: dict[int, _Readings] = {}
        """By slot."""
        self.seconds: dict[int, float] = {}
        """How long each node ran, by id: from the last hook before it to the first after it."""
        self.listeners: list[Listener] = []
        """Told of each node when it runs, so that nothing is held."""
        self.wanted: dict[int, Callable[[int, _Gradients], None]] = {}
        """By id of the node: who is told what came in there, before anybody else writes into it."""
        self._walk, self._reader, self._steady = walk, reader, steady
        self._read = reader.read_together if steady else self._read_alone
        self._sizes = sizes if steady else None
        self._events: list[_Event] = []
        self._began = 0.0

    @contextmanager
    def watching(self, ends: Iterable[int] = (), *, accumulating: bool = False, last: bool = False) -> Iterator[None]:
        """Read the gradients of the backward that runs inside; what arrives at leaves, and at `ends`, is handed out.

        `accumulating` where all that arrives at leaves is added to their ``.grad``; `last` where the code has ended.
        """
        walk, handles = self._walk, []
        hooked = partial(cheap_hooks_after, last=last) if self._steady else hooks_after
        only = _only_edges(walk) if accumulating and self._steady and not self.listeners else {}
        by_kind: defaultdict[str, list[int]] = defaultdict(list)
        for identity, kind in enumerate(walk.kinds):
            by_kind[kind].append(identity)
        awaited = [leaf for leaf in by_kind["leaf"] if leaf not in only]
        try:
            for identity in chain(awaited, by_kind["custom"]):
                handles.append(walk.nodes[identity].register_prehook(self._prehook(identity)))
            leaves = [walk.nodes[identity] for identity in by_kind["leaf"]]
            inner = [node for node, kind in zip(walk.nodes, walk.kinds, strict=True) if kind != "leaf"]
            together = self._sizes.together(awaited) if self._sizes and not self.listeners else 1
            after = self._hook({*ends, *awaited}, only.values(), together)
            with hooked(leaves, self._passed), hooked(inner, after):
                self._began = perf_counter()
                yield
        finally:
            for handle in handles:
                handle.remove()
            self._take()
            self._accumulated(only)
            self._reader.settle()

    def arrived(self, identity: int, output_nr: int, gradient: torch.Tensor | None) -> None:
        """Tell what ``autograd.grad`` returned for an input, where its node did not run."""
        known = list(self.incoming.get(identity, ()))
        known += [None] * (output_nr + 1 - len(known))
        known[output_nr] = known[output_nr] or (None if gradient is None else self._reader.read(gradient))
        self.incoming[identity] = tuple(known)

    def gradients(self, edges: Sequence[_Edge]) -> tuple[dict[int, _Records], list[Gradient | None]]:
        """What came in, by node, and what each of `edges` carried, as records; None too for what cannot be read."""
        nothing = (None,) * max([slot + 1 for _, slot, _, _ in edges], default=0)  # of a node that did not run
        sent_by, flows = self.sent.get, self.incoming.values()
        came = list(chain.from_iterable(flows))
        carried = [sent_by(source, nothing)[slot] for source, slot, _, _ in edges]
        records = tuple([None if one is None else one.gradient() for one in chain(came, carried)])
        ends = accumulate(map(len, flows))
        incoming = [records[end - len(flow) : end] for flow, end in zip(flows, ends, strict=True)]
        return dict(zip(self.incoming, incoming, strict=True)), list(records[len(came) :])

    def before(self, identity: int, gradients: _Gradients) -> None:
        """Tell that a node is about to run."""
        self._events.append((identity, perf_counter(), None, gradients))
        self._take()

    def after(self, identity: int, sent: _Gradients, gradients: _Gradients) -> None:
        """Tell what a node made: one gradient for each slot, of `gradients`."""
        self._events.append((identity, perf_counter(), sent, gradients))
        self._take()

    def _prehook(self, identity: int) -> Callable[[_Gradients], None]:
        def before(gradients: _Gradients) -> None:
            self.before(identity, gradients)

        return before

    def _hook(self, waiting: set[int], unheld: Iterable[_Slot], together: int) -> Hook:
        """To be called after each node; `waiting` are the ends that no gradient was sent to yet, `unheld` what is read later.

        What so many nodes sent is read `together`.
        """
        events, ids, leading = self._events, self._walk.ids, _leading(self._walk, waiting)
        later: defaultdict[int, set[int]] = defaultdict(set)
        for source, slot in unheld:
            later[source].add(slot)

        def after(sent: _Gradients, gradients: _Gradients) -> None:
            identity = ids[current_node()]
            if identity in later:
                slots = later[identity]
                sent = [None if slot in slots else one for slot, one in enumerate(sent)]
            events.append((identity, perf_counter(), sent, gradients))
            arriving = bool(waiting) and not waiting.isdisjoint(leading.get(identity, ()))
            if arriving:
                waiting.difference_update(leading[identity])
            if arriving or len(events) >= together:
                self._take()

        return after

    def _passed(self, _: Any, __: Any) -> None:
        """What a leaf did is not the next node's time."""
        self._events.append((-1, perf_counter(), None, None))

    def _take(self) -> None:
        """Read what was held, and tell it."""
        events, incoming, sent_by, seconds, wanted = self._events, self.incoming, self.sent, self.seconds, self.wanted
        before, listeners = self._began, self.listeners
        with quiet():
            read = self._readings([flow for _, _, sent, came in events for flow in (came or (), sent or ())])
            for identity, moment, sent, gradients in events:
                came, made = next(read), next(read)
                if gradients is not None and (sent is None or identity not in incoming):
                    incoming[identity] = came
                    if identity in wanted:
                        wanted[identity](identity, gradients)
                    for listener in listeners:
                        listener.before(identity, gradients)
                if gradients is not None and sent is not None:
                    sent_by[identity] = made
                    seconds[identity] = moment - before
                    for listener in listeners:
                        listener.after(identity, sent, gradients)
                before = moment
        events.clear()
        self._began = perf_counter()

    def _accumulated(self, only: Mapping[int, _Slot]) -> None:
        """Read what leaves were sent, by the `only` edge that leads to each."""
        with quiet():
            gradients = [self._walk.nodes[leaf].variable.grad for leaf in only]
            (readings,) = self._readings([gradients])
            for (leaf, (source, slot)), gradient, reading in zip(only.items(), gradients, readings, strict=True):
                if source in self.sent:  # it has run
                    sent = self.sent[source]
                    self.sent[source] = (*sent[:slot], reading, *sent[slot + 1 :])
                    self.incoming[leaf] = (reading,)
                    if leaf in self.wanted:
                        self.wanted[leaf](leaf, (gradient,))

    def _readings(self, flows: Sequence[_Gradients]) -> Iterator[_Readings]:
        """What the gradients of each flow hold now; the same one may be in several."""
        flat = list(chain.from_iterable(flows))
        each = {id(one): one for one in flat if one is not None}
        reading_of = dict(zip(each, self._read(list(each.values())), strict=True)).get
        self._reader.settle()
        readings, last = tuple(map(reading_of, map(id, flat))), 0
        for flow in flows:
            first, last = last, last + len(flow)
            yield readings[first:last]

    def _read_alone(self, gradients: list[torch.Tensor]) -> list[Reading]:
        return list(map(self._reader.read_quietly, gradients))


def _only_edges(walk: Walk) -> dict[int, _Slot]:
    """By leaf that has no ``.grad`` and that one edge alone leads to, where that begins."""
    uses = Counter([target for _, _, target, _ in walk.edges])
    with quiet():
        leaves = {
            at
            for at, kind in enumerate(walk.kinds)
            if kind == "leaf" and uses[at] == 1 and at >= walk.roots and walk.nodes[at].variable.grad is None
        }
    edges = walk.edges if leaves else ()
    return {target: (source, slot) for source, slot, target, _ in edges if target in leaves}


def _leading(walk: Walk, ends: Collection[int]) -> dict[int, list[int]]:
    """By node, which of `ends` it sends to."""
    found: dict[int, list[int]] = {}
    for source, _, target, _ in walk.edges:
        if target in ends:
            found.setdefault(source, []).append(target)
    return found
