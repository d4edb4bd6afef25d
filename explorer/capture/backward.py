"""The code's own calls of backward: ``torch.autograd.backward`` (which ``Tensor.backward`` calls) and ``.grad``.

Each is captured before it frees its buffers, and only the chosen one is kept. Cannot see: a backward that was reached
by a reference taken before the watching began.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch.autograd.graph import GradientEdge

from explorer.capture.forward import ForwardLog
from explorer.capture.metas import Storages, is_tensor
from explorer.capture.numbers import read_values
from explorer.capture.private import quiet
from explorer.capture.proof import Proof
from explorer.capture.prover import PARAMETERS, Prover, edge_to, listed
from explorer.capture.snapshot import Result, Snapshot
from explorer.capture.source import NOWHERE, Source
from explorer.capture.variables import Named, named_tensors
from explorer.capture.walk import Walk, edge_of, walk
from explorer.ir import BackwardCall

MOST_CALLS = 10_000
"""Calls that are listed; later ones run unlisted (the last is still the one shown)."""

_CALLED_ON = re.compile(r"(.+?)\.backward\(")


class BackwardCalls:
    """Watches the code's backward calls. `snapshot` is the one to show, so far; `calls` lists them all."""

    def __init__(self, source: Source, storages: Storages, log: ForwardLog, prover: Prover, chosen: int = -1) -> None:
        self.calls: list[BackwardCall] = []
        self.snapshot: Snapshot | None = None
        self.shown: int | None = None
        self.unlisted = 0
        """Calls beyond `MOST_CALLS`."""
        self._source, self._storages, self._log, self._chosen = source, storages, log, chosen
        self._prover = prover
        self._inside = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While it lasts both functions of torch are ours."""
        backward, grad = torch.autograd.backward, torch.autograd.grad
        torch.autograd.backward = self._watched(backward, "backward")
        torch.autograd.grad = self._watched(grad, "grad")
        try:
            yield
        finally:
            torch.autograd.backward, torch.autograd.grad = backward, grad

    def called(self, call: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Capture one call that a mode was told of, where torch's functions are not to be replaced."""
        return self._watched(call, "grad" if call is torch.autograd.grad else "backward")(*args, **kwargs)

    def put_aside(self) -> None:
        """Show none of the calls."""
        if self.snapshot is not None:
            self.snapshot.release()
        self.snapshot = self.shown = None

    def _watched(self, call: Callable[..., Any], kind: Literal["backward", "grad"]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return call(*args, **kwargs)
            self._inside = True
            try:
                return self._capture(call, kind, args, kwargs)
            finally:
                self._inside = False

        return watched

    def _capture(
        self,
        call: Callable[..., Any],
        kind: Literal["backward", "grad"],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Any:
        frames = list(self._source.frames())
        place = self._source.here(frames[0]) if frames else NOWHERE
        scopes = [frame.f_locals for frame in reversed(frames)]
        args, kwargs = _repeatable(args, kwargs)
        targets = args[0] if args else kwargs.get("tensors", kwargs.get("outputs"))
        with quiet():
            named = named_tensors(*scopes)
            results = _results(targets, place.text, named)
        index = len(self.calls)
        wanted = self._chosen in (-1, index) and results
        snapshot = None
        if wanted:
            if self.snapshot is not None:  # let the one before go first
                self.snapshot.release()
                self.snapshot = None
            snapshot = self._read(results, named)
        nodes = (snapshot.walk if snapshot else walk([result.node for result in results])).nodes
        self._list(index, place.line, kind, results, len(nodes))
        if snapshot is not None:
            self.snapshot, self.shown = snapshot, len(self.calls) - 1
            snapshot.prove(self._prover, kind, args, kwargs)
        with self._log.backward_span(place, nodes):
            if snapshot is None:
                return call(*args, **kwargs)
            inputs = {**dict(zip(PARAMETERS[kind], args, strict=False)), **kwargs}.get("inputs")
            everywhere = kind == "backward" and inputs is None
            with snapshot.flow.watching(_ends(inputs, snapshot.walk), accumulating=everywhere):
                returned = call(*args, **kwargs)
        if isinstance(snapshot.proof, Proof):
            snapshot.proof.finish(returned)
        if kind == "grad":
            _tell_arrivals(snapshot, inputs, returned)
        return returned

    def _read(self, results: list[Result], named: list[Named]) -> Snapshot | None:
        try:
            return Snapshot.before_backward(results, self._storages, self._log, named)
        except Exception:  # a graph that cannot be read (torch.func's own tensors) must not break the code's own call
            return None

    def _list(
        self, index: int, line: int | None, kind: Literal["backward", "grad"], results: list[Result], nodes: int
    ) -> None:
        if index >= MOST_CALLS:
            self.unlisted += 1
            return
        first = results[0] if results else None
        single = first is not None and first.tensor is not None and len(results) == 1
        self.calls.append(
            BackwardCall(
                index=index,
                line=line,
                kind=kind,
                name=first.name if first else None,
                value=read_values(first.tensor, 1) if single and first and first.tensor is not None else None,
                nodes=nodes,
            )
        )


def _results(targets: Any, text: str, named: Sequence[Named]) -> list[Result]:
    """What backward starts from, with names; what needs no gradient is left for torch to complain about."""
    names = {id(one.tensor): one.name for one in reversed(named)}
    called_on = _CALLED_ON.match(text)
    found = []
    for target in listed(targets):
        if isinstance(target, GradientEdge):
            found.append(Result(target.node, target.output_nr, text, None))
        elif is_tensor(target) and (edge := edge_of(target)) is not None:
            name = names.get(id(target)) or (called_on[1] if called_on else text)
            found.append(Result(edge.node, edge.output_nr, name, target))
    return found


def _repeatable(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The same arguments, ready to be gone through twice: torch takes any iterable once, also the generator ``parameters()``."""
    return [_listed(value) for value in args], {name: _listed(value) for name, value in kwargs.items()}


def _listed(value: Any) -> Any:
    """A tuple of an iterable that is neither a tensor nor a sequence already."""
    kind = type(value)
    return tuple(value) if hasattr(kind, "__iter__") and not issubclass(kind, torch.Tensor | tuple | list) else value


def _ends(inputs: Any, walk: Walk) -> list[int]:
    """The nodes at which what arrives is handed to the code."""
    with quiet():
        edges = [edge_to(target) for target in listed(inputs)]
    return [walk.ids[edge.node] for edge in edges if edge is not None and edge.node in walk.ids]


def _tell_arrivals(snapshot: Snapshot, inputs: Any, returned: Any) -> None:
    with quiet():
        for target, gradient in zip(listed(inputs), returned, strict=False):
            edge = edge_to(target)
            if edge is not None and edge.node in snapshot.walk.ids and is_tensor(gradient):
                snapshot.arrived(snapshot.walk.ids[edge.node], edge.output_nr, gradient)
