"""How long each forward call and each node took: in the recorded run, and as the median of further runs that only take times.

In the recorded run a call's time is that of the call alone, without what is written down about it. A further run has a
`Stopwatch` for a recorder: a mark before and after each call, and hooks on the nodes of the one backward that is shown.
Calls and nodes are matched by their order, so a run that takes another way (random control flow) is left out.
Cannot see: what a call leaves to other threads, and the first call's warm-up, which the recorded run has paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy
import torch

from explorer.capture.clocks import Clock
from explorer.capture.forward import MOST_OPS, ForwardLog, tensors_among
from explorer.capture.functions import SILENT, Function
from explorer.capture.metas import Storages, is_tensor
from explorer.capture.modules import ModuleCalls
from explorer.capture.private import quiet
from explorer.capture.prover import edge_to, listed
from explorer.capture.snapshot import MOST_NODES_WITH_NUMBERS
from explorer.capture.source import NOWHERE, Source
from explorer.capture.variables import Named
from explorer.capture.walk import Walk, walk
from explorer.ir import Times

_NANO = 1e9


@dataclass(frozen=True)
class Lap:
    """The times of one run, in order: names of calls and nodes with seconds, None for a node that did not run."""

    calls: Sequence[tuple[str, float]]
    nodes: Sequence[tuple[str, float | None]]

    def is_like(self, calls: Sequence[str], nodes: Sequence[str]) -> bool:
        """Whether the run made the same calls and the same nodes."""
        return [name for name, _ in self.calls] == list(calls) and [name for name, _ in self.nodes] == list(nodes)


def recorded(forward: Sequence[float], backward: Mapping[int, float], nodes: int) -> Times:
    """The times of the recorded run: seconds by call, and by id of those of the `nodes` nodes that ran."""
    ran = dict(zip(backward, _rounded(list(backward.values())), strict=True))
    return Times(
        forward=tuple(_rounded(forward)),
        backward=tuple(map(ran.get, range(nodes))) if ran else (),
    )


def medians(laps: Sequence[Lap], device: str) -> Times:
    """The middle time of each call and each node over `laps` (at least one), all alike."""
    calls = zip(*([seconds for _, seconds in lap.calls] for lap in laps), strict=True)
    nodes = zip(*([seconds for _, seconds in lap.nodes] for lap in laps), strict=True)
    return Times(
        forward=tuple(_rounded([median(times) for times in calls])),
        backward=tuple([_middle(times) for times in nodes]),
        repeats=len(laps),
        device=device,
    )


class Stopwatch:
    """Takes the place of a `Recorder` in a further run; `lap` then tells its times."""

    snapshot = None

    def __init__(self, clock: Clock, chosen: int | None) -> None:
        """`chosen` is the code's own backward call whose nodes are watched; None where the product calls backward itself."""
        self.calls = OwnCalls(chosen)
        self.source = Source("")
        self._clock = clock
        self._log = _CallTimes(clock)
        self._nodes = _NodeTimes(clock)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take the times of what runs inside."""
        backward, grad = torch.autograd.backward, torch.autograd.grad
        torch.autograd.backward, torch.autograd.grad = self._counted(backward), self._counted(grad)
        try:
            with self._log.watching():
                yield
        finally:
            torch.autograd.backward, torch.autograd.grad = backward, grad

    def set_aside(self, _: object) -> bool:
        """What the recorded run decided stands: `chosen` says it."""
        return False

    def unreadable_line(self) -> None:
        """Nothing is read."""

    def look(self, results: Sequence[Named], *_: Mapping[str, Any]) -> None:
        """Nothing is read before backward."""

    def differentiate(self, results: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor | None]) -> None:
        """Run backward from the results; raises what backward raises."""
        with self._nodes.watching(results):
            torch.autograd.backward(results, gradients)

    def lap(self) -> Lap:
        """The times of the run, which has ended."""
        self._clock.settle()
        return Lap(self._log.times(), self._nodes.times())

    def release(self) -> None:
        """Let the nodes go."""
        self._nodes.walk.release()

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            targets = args[0] if args else kwargs.get("tensors", kwargs.get("outputs"))
            with self._log.backward_span(NOWHERE), self.calls.made(), self._nodes.watching(targets, self.calls.now):
                return call(*args, **kwargs)

        return counted


class OwnCalls:
    """The code's own backward calls, as far as a further run knows of them."""

    def __init__(self, shown: int | None) -> None:
        self.shown = shown
        self.calls = () if shown is None else (shown,)
        self.now = False
        """Whether the call that is shown has just begun."""
        self._count = 0
        self._inside = False

    @contextmanager
    def made(self) -> Iterator[None]:
        """A call runs inside; what torch calls within it (a mode's second call of the same function) is none of the code's."""
        inside, self._inside = self._inside, True
        self.now = not inside and self._count == self.shown
        self._count += not inside
        try:
            yield
        finally:
            self._inside = inside


class _CallTimes(ForwardLog):
    """A forward log of the same calls that writes down nothing but a mark before and one after each."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(Source(""), Storages(), ModuleCalls())
        self._clock = clock
        self._marks: list[tuple[str, Any, Any]] = []

    def times(self) -> list[tuple[str, float]]:
        return [(name, self._clock.seconds(begin, end)) for name, begin, end in self._marks]

    def _record(
        self,
        function: Function,
        _types: Iterable[type],
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Any:
        name = function.name
        if name in SILENT and not tensors_among((*args, *kwargs.values())):
            return func(*args, **kwargs)
        at = len(self._marks)
        self._marks.append((name, None, None))  # its place, in the order in which calls begin
        begin = self._clock.now()
        try:
            result = func(*args, **kwargs)
        finally:
            self._marks[at] = (name, begin, self._clock.now())
        if len(self._marks) == at + 1 and not (name == "__setitem__" or is_tensor(result) or tensors_among((result,))):
            del self._marks[at:]
        self.full = len(self._marks) >= MOST_OPS
        return result


class _NodeTimes:
    """A mark before and one after each node of one backward. Ids as in `walk`."""

    def __init__(self, clock: Clock) -> None:
        self.walk = Walk()
        self._clock = clock
        self._begins: dict[int, Any] = {}
        self._ends: dict[int, Any] = {}

    @contextmanager
    def watching(self, targets: object, wanted: bool = True) -> Iterator[None]:
        """Take the times of the backward from `targets` that runs inside, if it is `wanted`."""
        if not wanted:
            yield
            return
        with quiet():
            edges = [edge for target in listed(targets) if (edge := edge_to(target)) is not None]
            self.walk = walk([edge.node for edge in edges])
        handles = []
        try:
            for at, node in enumerate(self.walk.nodes if len(self.walk.nodes) <= MOST_NODES_WITH_NUMBERS else ()):
                handles += [
                    node.register_prehook(self._mark(self._begins, at)),
                    node.register_hook(self._mark(self._ends, at)),
                ]
            yield
        finally:
            for handle in handles:
                handle.remove()

    def times(self) -> list[tuple[str, float | None]]:
        names = self.walk.names if len(self.walk.names) <= MOST_NODES_WITH_NUMBERS else []
        return [(name, self._seconds(at)) for at, name in enumerate(names)]

    def _seconds(self, at: int) -> float | None:
        return (
            self._clock.seconds(self._begins[at], self._ends[at]) if at in self._ends and at in self._begins else None
        )

    def _mark(self, marks: dict[int, Any], at: int) -> Callable[..., None]:
        def mark(*_: object) -> None:
            marks[at] = self._clock.now()

        return mark


def _rounded(seconds: Sequence[float]) -> list[float]:
    """To nanoseconds; by ``round(seconds, 9)``, which goes by way of text, it would take many times as long."""
    rounded: list[float] = (numpy.rint(numpy.asarray(seconds, numpy.float64) * _NANO) / _NANO).tolist()
    return rounded


def _middle(times: Sequence[float | None]) -> float | None:
    ran = [seconds for seconds in times if seconds is not None]
    return round(median(ran) * _NANO) / _NANO if ran else None
