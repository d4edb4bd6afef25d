"""The forward log: every call of torch that Python makes, by ``TorchFunctionMode``, and every ``autograd.Function``.

Each call keeps the span of sequence numbers of the nodes that were made while it ran, so that all of them, also the
kernels' own inside ``layer_norm`` or ``cross_entropy``, are attributed to its source line and module.
Cannot see: calls that torch's C++ makes inside one call, and calls on other threads.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from explorer.capture.check import Checker
from explorer.capture.direct import DirectForwards
from explorer.capture.finite import FiniteWatch
from explorer.capture.hooks import NOTED, HookLog
from explorer.capture.metas import Storages, is_tensor
from explorer.capture.modules import ModuleCall, RunningModule
from explorer.capture.operators import OperatorLog
from explorer.capture.orders import Orders
from explorer.capture.private import next_sequence_nr, quiet, sequence_nr
from explorer.capture.segments import packing_now
from explorer.capture.source import Place, Source
from explorer.capture.views import ViewDraft, views_of
from explorer.ir import TensorMeta

MOST_OPS = 20_000
"""Calls that are kept; the code runs on unrecorded after them."""

_TENSOR: Any = torch.Tensor
_BACKWARD = frozenset({torch.Tensor.backward, torch.autograd.backward, torch.autograd.grad})
_READERS = frozenset({_TENSOR.grad.__get__, _TENSOR.requires_grad_})
MOST_TENSORS = 64
"""Inputs, and outputs, of one call that are kept."""


class Span:
    """A piece of the run: the nodes numbered from `start` up to but not including `end` were made in it."""

    __slots__ = ("end", "module", "op", "outer", "packing", "place", "start")

    def __init__(self, place: Place, module: ModuleCall | None, outer: Span | None, op: OpDraft | None) -> None:
        self.place, self.module, self.outer, self.op = place, module, outer, op
        self.start = next_sequence_nr()
        self.end: int | None = None
        self.packing = packing_now()

    def holds(self, number: int) -> bool:
        return self.start <= number and (self.end is None or number < self.end)


class OpDraft:
    """One forward call while it is written down; its node is known by sequence number until the graph is."""

    __slots__ = (
        "in_place",
        "index",
        "input_names",
        "inputs",
        "module",
        "name",
        "nodes",
        "operators",
        "outputs",
        "place",
        "seconds",
        "versions_after",
        "views",
    )

    def __init__(self, index: int, name: str, place: Place, module: ModuleCall | None) -> None:
        self.index, self.name, self.place, self.module = index, name, place, module
        self.inputs: tuple[TensorMeta, ...] = ()
        self.outputs: tuple[TensorMeta, ...] = ()
        self.input_names: tuple[str | None, ...] = ()
        self.nodes: tuple[int | None, ...] = ()
        self.operators: tuple[int, ...] = ()
        self.views: tuple[ViewDraft, ...] = ()
        self.versions_after: tuple[int, ...] = ()
        self.in_place = False
        self.seconds = 0.0


class ForwardLog(TorchFunctionMode):
    """Writes down calls while `watching`. `ops` and `spans` are in the order in which the calls began."""

    def __init__(self, source: Source, storages: Storages, modules: RunningModule) -> None:
        super().__init__()
        self.ops: list[OpDraft] = []
        self.spans: list[Span] = []
        self.full = False
        self.first = next_sequence_nr()
        self.finite = FiniteWatch()
        self.hooks = HookLog()
        self.orders = Orders()
        self.operators = OperatorLog()
        self.backward: Callable[[Any, Sequence[Any], Mapping[str, Any]], Any] | None = None
        """Makes the calls of backward that the mode is told of, where those are not watched otherwise."""
        self.stopped: Place | None = None
        """Where the first call was made that is no longer listed."""
        self.direct: DirectForwards | None = None
        """Looks for a ``forward`` that runs no hooks, where the code may call one."""
        self.checker: Checker | None = None
        """Keeps the arguments of one call, where one is to be checked."""
        self._source, self._storages, self._modules = source, storages, modules
        self._open: Span | None = None
        self._paused = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        # `apply` is no torch function, so the mode does not see it; mypy dislikes giving a method another value, here meant.
        apply = torch.autograd.Function.__dict__["apply"]
        torch.autograd.Function.apply = classmethod(self._custom(apply))  # type: ignore[assignment,method-assign]
        try:
            with self, self.hooks.watching():
                yield
        finally:
            torch.autograd.Function.apply = apply  # type: ignore[method-assign]

    @contextmanager
    def backward_span(self, place: Place, nodes: Iterable[Any] = ()) -> Iterator[None]:
        """What backward over `nodes` makes (with ``create_graph``) belongs to its line; calls inside it are no forward calls."""
        paused, self._paused = self._paused, True
        span = self._begin(place, None)
        try:
            with self.orders.backward(nodes):
                yield
        finally:
            self._end(span)
            self._paused = paused

    def spans_of(self, numbers: Iterable[int | None]) -> list[Span | None]:
        """The innermost span in which each node was made, by sequence number; None for a leaf, which has no number."""
        starts = [span.start for span in self.spans]
        return [None if number is None else self._span_of(number, starts) for number in numbers]

    def _span_of(self, number: int, starts: list[int]) -> Span | None:
        at = bisect_right(starts, number) - 1
        span = self.spans[at] if at >= 0 else None
        while span is not None and not span.holds(number):
            span = span.outer
        return self._around(number) if span is None and self.backward is not None else span

    def _around(self, number: int) -> Span | None:
        """Where ``Function.apply`` is not watched: its node is made just before its forward begins, and belongs where that does."""
        at = bisect_right(self.spans, number, key=lambda span: span.start)
        inside = self.spans[at] if at < len(self.spans) else None
        if inside is None or number < self.first or inside.start != number + 1:
            return None
        span = Span(inside.place, inside.module, None, None)
        span.packing = inside.packing
        return span

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in NOTED:
            frame = next(self._source.frames(), None)
            return self.hooks.call(func, args, kwargs, frame.f_locals if frame else {})
        if func in _BACKWARD and self.backward is not None:
            return self.backward(func, args, kwargs)
        if self._paused or self.full or func in _BACKWARD or func in _READERS:
            returned = func(*args, **kwargs)
            if self.full and self.stopped is None and tensors_among((returned,)):
                self.stopped = self._source.here(next(self._source.frames(), None))
            return returned
        return self._record(name_of(func), func, args, kwargs)

    def _custom(self, apply: Any) -> Callable[..., Any]:
        def applied(cls: Any, *args: Any, **kwargs: Any) -> Any:
            call = apply.__get__(None, cls)
            if self._paused or self.full:
                return call(*args, **kwargs)
            return self._record(cls.__name__, call, args, kwargs)

        return applied

    def _record(self, name: str, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        frame = next(self._source.frames(), None)
        inputs = tensors_among((*args, *kwargs.values()))
        if not inputs and name in SILENT:
            return func(*args, **kwargs)
        if self.direct is not None and self.direct.first is None:
            self.direct.look()
        op = OpDraft(len(self.ops), name, self._source.here(frame), self._modules.current)
        with quiet():
            op.inputs = tuple([self._storages.read(tensor) for tensor in inputs])
        op.input_names = _names(inputs, frame, op.place)
        kept = len(self.ops), len(self.spans)
        self.ops.append(op)
        span = self._begin(op.place, op)
        if self.checker is not None:
            self.checker.meet(op.index, name, func, args, kwargs)
        op.operators, watch = self.operators.meet(func, args, kwargs, inputs, op.inputs)
        began = time.perf_counter()
        try:
            result = func(*args, **kwargs)
        finally:
            op.seconds = time.perf_counter() - began
            self._end(span)
            if watch is not None:
                watch.end()
        outputs = tensors_among((result,)) or (inputs[:1] if name == "__setitem__" else [])
        if outputs:
            self._close(op, inputs, outputs)
            if watch is not None:
                op.operators = self.operators.keep(watch, name, args, kwargs, [*inputs, *outputs])
        elif len(self.ops) == kept[0] + 1:
            del self.ops[kept[0] :], self.spans[kept[1] :]  # it only read: a shape, a number, a flag
        self.full = len(self.ops) >= MOST_OPS
        return result

    def _close(self, op: OpDraft, inputs: list[torch.Tensor], outputs: list[torch.Tensor]) -> None:
        with quiet():
            op.outputs = tuple([self._storages.read(tensor) for tensor in outputs])
            after = [tensor._version if not tensor.is_inference() else 0 for tensor in inputs]
            op.nodes = tuple([None if (node := out.grad_fn) is None else sequence_nr(node) for out in outputs])
            self.finite.look(op.index, op.name, outputs)
            op.views = views_of(outputs, op.outputs, inputs, op.inputs, self._storages)
        op.in_place = after != [meta.version for meta in op.inputs]
        op.versions_after = tuple(after) if op.in_place else ()

    def _begin(self, place: Place, op: OpDraft | None) -> Span:
        span = Span(place, self._modules.current, self._open, op)
        self.spans.append(span)
        self._open = span
        return span

    def _end(self, span: Span) -> None:
        span.end = next_sequence_nr()
        self._open = span.outer


SILENT = frozenset({"__set__", "__repr__", "__format__", "manual_seed", "set_default_device"})


def name_of(func: Callable[..., Any]) -> str:
    """What a function of torch is called; of a property (``x.T``) the property."""
    name = getattr(func, "__name__", "")
    if name == "__get__":
        name = getattr(getattr(func, "__self__", None), "__name__", name)
    return name or type(func).__name__


def tensors_among(values: Sequence[Any]) -> list[torch.Tensor]:
    """The tensors among call arguments, also some lists deep (``torch.cat([a, b])``), at most `MOST_TENSORS`."""
    found: list[torch.Tensor] = []
    _collect(values, found, 0)
    return found


def _collect(values: Iterable[Any], found: list[torch.Tensor], depth: int) -> None:
    for value in values:
        kind = type(value)
        if len(found) >= MOST_TENSORS:
            return
        if kind is torch.Tensor or is_tensor(value):
            found.append(value)
        elif depth < 3 and (kind is list or kind is tuple or kind.__module__ == "torch.return_types"):
            _collect(value, found, depth + 1)


def _names(tensors: list[torch.Tensor], frame: FrameType | None, place: Place) -> tuple[str | None, ...]:
    names: list[str | None] = [None] * len(tensors)
    if frame is not None and place.names:
        inner, outer = frame.f_locals, frame.f_globals  # asked once: of a function each time makes a dictionary
        for name in place.names:
            value = inner[name] if name in inner else outer.get(name)
            for at, tensor in enumerate(tensors):
                if value is tensor and names[at] is None:
                    names[at] = name
    return tuple(names)
