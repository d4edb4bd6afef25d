"""The forward log: every call of torch that Python makes, by ``TorchFunctionMode``, and every ``autograd.Function``.

Each call keeps the span of sequence numbers of the nodes that were made while it ran, so that all of them, also the
kernels' own inside ``layer_norm`` or ``cross_entropy``, are attributed to its source line and module.
Cannot see: calls that torch's C++ makes inside one call, and calls on other threads.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy
import torch
from torch.overrides import TorchFunctionMode

from explorer.capture.check import Checker
from explorer.capture.direct import DirectForwards
from explorer.capture.drafts import OpDraft, Span
from explorer.capture.finite import FiniteWatch
from explorer.capture.functions import READERS, SILENT, Function, Functions
from explorer.capture.hooks import NOTED, HookLog
from explorer.capture.metas import Storages, is_tensor
from explorer.capture.modules import RunningModule
from explorer.capture.operators import OperatorLog
from explorer.capture.orders import Orders
from explorer.capture.private import next_sequence_nr, packing_noticed, transform_level
from explorer.capture.segments import Packing, packing_now
from explorer.capture.source import Place, Source
from explorer.capture.spots import Spots
from explorer.capture.unread import Unread

MOST_OPS = 20_000
"""Calls that are kept; of later ones only where they were made, so that their nodes have a line and a module."""

MOST_SPANS = 2**16
MOST_SPANS_IN_MODULES = 300_000
"""Places that are kept. In plain code fewer: with more lines the JSON of 100,000 nodes would be over 30 MB."""

MOST_TENSORS = 64
"""Inputs, and outputs, of one call that are kept."""

_CALLER = 3
"""How many frames above that of `Source.frame` the one lies that called torch: `ForwardLog._record` and what torch calls are ours."""

_TENSOR: Any = torch.Tensor
_PARAMETER: Any = torch.nn.Parameter
_OF_TORCH = frozenset({_TENSOR, _PARAMETER})
"""torch's own types of tensors."""

_BACKWARD = frozenset({torch.Tensor.backward, torch.autograd.backward, torch.autograd.grad})
_UNLISTED = _BACKWARD | READERS | {_TENSOR.grad.__get__, _TENSOR.requires_grad_}
"""Functions that are no call of the log."""
_APART = _UNLISTED | NOTED


class ForwardLog(TorchFunctionMode):
    """Writes down calls while `watching`. `ops` and `spans` are in the order in which the calls began."""

    def __init__(self, source: Source, storages: Storages, modules: RunningModule) -> None:
        super().__init__()
        self.ops: list[OpDraft] = []
        self.spans: list[Span] = []
        self.full = False
        self.first = next_sequence_nr()
        self._packed = True
        """Whether something may have packed the tensors of nodes from `first` on."""
        self.finite = FiniteWatch()
        self.unread = Unread(storages, self.finite)
        self.hooks = HookLog()
        self.orders = Orders()
        self.operators = OperatorLog(storages)
        self.backward: Callable[[Any, Sequence[Any], Mapping[str, Any]], Any] | None = None
        """Makes the calls of backward that the mode is told of, where those are not watched otherwise."""
        self.stopped: Place | None = None
        """Where the first call was made that is no longer listed."""
        self.direct: DirectForwards | None = None
        """Looks for a ``forward`` that runs no hooks, where the code may call one."""
        self.checker: Checker | None = None
        """Keeps the arguments of one call, where one is to be checked."""
        self._source, self._modules = source, modules
        self._functions, self._spots = Functions(), Spots(source)
        self._open: Span | None = None
        self._paused = False
        self._shared = False
        """Whether memory of a tensor is in other hands too: from then on nothing waits."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        # `apply` is no torch function, so the mode does not see it; mypy dislikes giving a method another value, here meant.
        apply = torch.autograd.Function.__dict__["apply"]
        torch.autograd.Function.apply = classmethod(self._custom(apply))  # type: ignore[assignment,method-assign]  # meant: see above
        self._packed = packing_now() is not None
        try:
            with self, self.hooks.watching(), packing_noticed(self._packs):
                yield
        finally:
            torch.autograd.Function.apply = apply  # type: ignore[method-assign]  # as above

    def may_have_packed(self, numbers: Iterable[int | None]) -> bool:
        """Whether a tensor may be packed that one of the nodes with these sequence numbers has saved."""
        return self._packed or any(number < self.first for number in numbers if number is not None)

    def _packs(self) -> None:
        self._packed = True

    def _packing(self) -> Packing | None:
        """What packs the tensors that are saved now."""
        return packing_now() if self._packed else None

    @contextmanager
    def backward_span(self, place: Place, nodes: Iterable[Any] = ()) -> Iterator[None]:
        """What backward over `nodes` makes (with ``create_graph``) belongs to its line; calls inside it are no forward calls."""
        self.unread.settle()
        paused, self._paused = self._paused, True
        span = Span(place, self._modules.current, self._open, next_sequence_nr(), self._packing())
        self._begin(span)
        try:
            with self.orders.backward(nodes):
                yield
        finally:
            self._end(span)
            self._paused = paused

    def spans_of(self, numbers: Iterable[int | None]) -> list[Span | None]:
        """The innermost span in which each node was made, by sequence number; None for a leaf, which has no number."""
        self.unread.settle()
        numbers, spans = list(numbers), self.spans
        starts, known = [span.start for span in spans], [-1 if number is None else number for number in numbers]
        begun: list[int] = numpy.searchsorted(starts, known, "right").tolist()
        found: list[Span | None] = []
        for number, at in zip(numbers, begun, strict=True):
            span = spans[at - 1] if at else None
            while span is not None and span.end is not None and span.end <= number:  # type: ignore[operator]  # it has one
                span = span.outer
            if span is None and number is not None and self.backward is not None:
                span = self._around(number)
            found.append(span)
        return found

    def _around(self, number: int) -> Span | None:
        """Where ``Function.apply`` is not watched: its node is made just before its forward begins, and belongs where that does."""
        at = bisect_right(self.spans, number, key=lambda span: span.start)
        inside = self.spans[at] if at < len(self.spans) else None
        if inside is None or number < self.first or inside.start != number + 1:
            return None
        return Span(inside.place, inside.module, None, next_sequence_nr(), inside.packing)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if self._paused or self.full or func in _APART:
            return self._pass(func, args, kwargs or {})
        function = self._functions[func]
        if kwargs:
            function = function.given(kwargs)
        return self._record(function, types, func, args, kwargs or {})

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)  # type: ignore[no-untyped-call]  # torch wrote no types there
        self.unread.settle()

    def _pass(self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Make a call that is not listed."""
        if func in NOTED:
            frame = self._source.frame()
            return self.hooks.call(func, args, kwargs, frame.f_locals if frame else {})
        if func in _BACKWARD and self.backward is not None:
            return self.backward(func, args, kwargs)
        if self._functions[func].writes:
            self.unread.settle()
        returned = self._placed(func, args, kwargs) if self.full else func(*args, **kwargs)
        if self.full and self.stopped is None and func not in _UNLISTED and tensors_among((returned,)):
            self.stopped = self._source.here(self._source.frame())
        return returned

    def _placed(self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Make a call of which only the place is kept, where it makes a node."""
        module = self._modules.current
        most = MOST_SPANS if module is None else MOST_SPANS_IN_MODULES
        if self._paused or func in _UNLISTED or len(self.spans) >= most:
            return func(*args, **kwargs)
        place = self._source.here(self._source.frame())
        span = Span(place, module, self._open, next_sequence_nr(), self._packing())
        self._begin(span)
        try:
            return func(*args, **kwargs)
        finally:
            self._end(span)
            if span.end == span.start and self.spans[-1] is span:
                self.spans.pop()

    def _custom(self, apply: Any) -> Callable[..., Any]:
        def applied(cls: Any, *args: Any, **kwargs: Any) -> Any:
            call = apply.__get__(None, cls)
            if self._paused or self.full:
                return call(*args, **kwargs)
            return self._record(Function(cls.__name__, writes=True), (), call, args, kwargs)

        return applied

    def _record(
        self,
        function: Function,
        types: Iterable[type],
        func: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Make a call and write it down; `types` are those of its tensors that torch dispatches by."""
        name = function.name
        inputs = tensors_among((*args, *kwargs.values()) if kwargs else args)
        if not inputs and name in SILENT:
            return func(*args, **kwargs)
        if self.direct is not None and self.direct.first is None:
            self.direct.look()
        ops, spans, outer = self.ops, self.spans, self._open
        if self.checker is not None:
            self.checker.meet(len(ops), name, func, args, kwargs)
        self._shared |= function.shares
        alone = (  # its tensors are read at once: it may change others, or they may be something else afterwards
            self._shared
            or outer is not None  # as is what a custom function's forward gives
            or transform_level() is not None
            or not _OF_TORCH.issuperset(types)
            or (function.writes and not self._can_wait(function, args, inputs))
        )
        frame, kept = self._source.frame(_CALLER), len(spans)
        spot, packing = self._spots.of(frame), self._packing() if self._packed else None
        op = OpDraft(spot.place, self._modules.current, outer, next_sequence_nr(), packing, index=len(ops), name=name)
        op.input_names = spot.variables.holding(inputs, frame)
        versions = self.unread.open(op, inputs, alone) if alone or not function.reads else ()
        last, watch, taken = spot.last.get(func), None, None
        if last is not None and last.fits(args, kwargs, inputs):
            op.operators, taken = last.operators, last.nbytes
        else:
            op.operators, watch = self.operators.meet(func, args, kwargs, inputs, spot.last)
        ops.append(op)  # only now: what was asked before raises itself where the code has called itself without an end
        spans.append(op)
        self._open = op
        try:
            began = perf_counter()
            try:
                result = func(*args, **kwargs) if kwargs else func(*args)
            finally:
                op.seconds = perf_counter() - began
                op.end, self._open = next_sequence_nr(), outer
                if watch is not None:
                    watch.end()
        except BaseException:
            self.unread.close(op, inputs, versions, (), alone=alone, writes=function.writes, taken=taken)
            raise
        outputs = _given(name, result, inputs)
        if outputs:
            self.unread.close(op, inputs, versions, outputs, alone=alone, writes=function.writes, taken=taken)
            if watch is not None:
                op.operators = self.operators.keep(watch, name, args, kwargs, [*inputs, *outputs])
        elif ops[-1] is op:
            del ops[-1:], spans[kept:]  # it only read
        self.full = len(ops) >= MOST_OPS
        return result

    def _can_wait(self, function: Function, args: Sequence[Any], inputs: Sequence[torch.Tensor]) -> bool:
        """Whether the tensors of a call that writes can be read later as well: it changes nothing but the numbers of some of them."""
        return bool(args) and function.into is not None and self.unread.admit(inputs, function.into)

    def _begin(self, span: Span) -> None:
        self.spans.append(span)
        self._open = span

    def _end(self, span: Span) -> None:
        span.end, self._open = next_sequence_nr(), span.outer


def _given(name: str, result: Any, inputs: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
    """The tensors that the function `name` gave; ``x[0] = y`` gives what it wrote into."""
    outputs = (result,) if type(result) is _TENSOR else tensors_among((result,))
    return inputs[:1] if name == "__setitem__" and not outputs else outputs


_PLAIN = frozenset({int, float, bool, str, type(None), torch.dtype, torch.device, torch.Size, slice, type(...)})
"""Types of arguments that hold no tensor: most of what is no tensor itself."""


def tensors_among(values: Sequence[Any]) -> Sequence[torch.Tensor]:
    """The tensors among call arguments, also some lists deep (``torch.cat([a, b])``), at most `MOST_TENSORS`.

    `values` themselves where all of them are of torch's own types, as those of most calls are.
    """
    if _OF_TORCH.issuperset(map(type, values)) and len(values) <= MOST_TENSORS:
        return values
    found: list[torch.Tensor] = []
    _collect(values, found, 0)
    return found


def _collect(values: Iterable[Any], found: list[torch.Tensor], depth: int) -> None:
    for value in values:
        kind = type(value)
        if len(found) >= MOST_TENSORS:
            return
        if kind in _OF_TORCH:
            found.append(value)
        elif kind in _PLAIN:
            continue
        elif is_tensor(value):
            found.append(value)
        elif depth < 3 and (kind is list or kind is tuple or kind.__module__ == "torch.return_types"):
            _collect(value, found, depth + 1)
