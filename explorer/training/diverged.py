"""Where a number that is not finite began: the step is run again, and every call of torch in it is listened to.

From a loss that is not finite the way leads back along what was not finite itself, to the first call that made such a number of finite
ones, or to a tensor that the step was given. So a mask of -inf, which softmax makes 0 of, is not taken for the beginning of a NaN elsewhere.
Where the loss is finite, hooks on the nodes of backward tell the first that made such a gradient of a finite one.
Cannot see: numbers inside vmap, of sparse tensors, and those that C++ makes and uses up inside one call.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from explorer.capture.modules import ModulePaths
from explorer.capture.private import next_sequence_nr, quiet, storage_address
from explorer.capture.source import Source
from explorer.capture.variables import modules_inside
from explorer.capture.walk import walk
from explorer.ir import Number, number
from explorer.training.backwards import told_of_backward
from explorer.training.calls import Call, Calls, tensors_in

_READING = frozenset({"__get__", "backward"})
"""Functions that make no number: attributes of a tensor, and backward, which is looked at node by node."""

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError)
"""What torch raises inside vmap, on the meta device, and of somebody's subclass."""


class Origin(NamedTuple):
    """What made the first number that is not finite, or what held it."""

    call: Call | None
    """In forward; of a node of backward the call that made the node."""
    node: str = ""
    """Name of the grad_fn, where it began in backward."""
    given: str = ""
    """The element of a variable that was not finite before the step, as in ``x_train[3, 0]``."""
    value: Number = "NaN"
    ranges: Sequence[tuple[float, float]] = ()
    """Smallest and largest number in each tensor of real numbers that the call, or the node, was given."""
    place: str = ""
    """Function and layer, as in ``log (model.head)``."""


class Origins:
    """Listens to one step; `began` is the origin of the first loss or gradient in it that was not finite, None where there was none."""

    def __init__(self, code: str, names: Mapping[str, Any]) -> None:
        """`names` are the variables of the code, while it runs."""
        self.began: Origin | None = None
        self._calls = Calls(Source(code))
        self._names = names
        self._bad: dict[int, tuple[Tensor, Origin]] = {}
        """By address of a storage; the tensor is held, so that no other takes its place."""
        self._made: list[tuple[int, Call]] = []
        """The calls that made nodes, with the sequence number of the first."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within the block the step runs."""
        with self._calls.heard(self._hear), told_of_backward(self._look_at):
            yield

    def _hear(self, call: Call) -> Callable[[Any], None] | None:
        if call.function in _READING:
            return None
        before, first = self._origin_among(call.inputs, call), next_sequence_nr()
        ranges = () if before else _ranges(call.inputs)

        def returned(output: Any) -> None:
            if next_sequence_nr() > first:
                self._made.append((first, call._replace(inputs=())))  # which are not to be kept
            for tensor in tensors_in((output, call.inputs)):  # a call may have written into what it was given
                if (value := _odd(tensor)) is not None:
                    origin = before or Origin(call, value=value, ranges=ranges, place=self._place(call))
                    self._bad[_address(tensor)] = tensor, origin

        return returned

    def _origin_among(self, inputs: Sequence[Any], call: Call | None) -> Origin | None:
        """Where the first of these tensors that is not finite has it from."""
        for tensor in tensors_in(inputs):
            if (value := _odd(tensor)) is not None:
                known = self._bad.get(_address(tensor))
                return known[1] if known else Origin(call, value=value, given=self._element(tensor))
        return None

    def _look_at(self, loss: Tensor) -> None:
        self.began = self.began or self._origin_among([loss], None)
        if self.began is None and loss.grad_fn is not None:
            nodes = walk([loss.grad_fn])
            for node, name, at in zip(nodes.nodes, nodes.names, nodes.numbers, strict=True):
                if at is not None:
                    node.register_hook(partial(self._flowed, name, at))
            nodes.release()

    def _flowed(self, name: str, at: int, sent: Sequence[Tensor | None], came: Sequence[Tensor | None]) -> None:
        """A node has made `sent` of `came`."""
        if self.began is not None or any(_odd(one) is not None for one in tensors_in(came)):
            return
        value = next((odd for one in tensors_in(sent) if (odd := _odd(one)) is not None), None)
        if value is not None:
            place = bisect_right(self._made, at, key=lambda made: made[0]) - 1
            call = self._made[place][1] if place >= 0 else None
            self.began = Origin(call, name, value=value, ranges=_ranges(came), place=self._place(call))

    def _place(self, call: Call | None) -> str:
        if call is None:
            return ""
        module = ModulePaths(modules_inside(self._names)).path(call.module)
        return f"{call.function} ({module})" if module else call.function

    def _element(self, tensor: Tensor) -> str:
        """The first element that is not finite, of the variable that holds the tensor; of the tensor itself where none does."""
        with quiet():
            known = (item for item in self._variables() if item[1].untyped_storage()._cdata == _address(tensor))
            name, held = next(known, ("", tensor))
            place = (~held.isfinite()).nonzero()[0].tolist() if _odd(held) is not None else []
        return f"{name or 'tensor'}[{', '.join(map(str, place))}]" if place else name

    def _variables(self) -> Iterator[tuple[str, Tensor]]:
        for name, value in self._names.items():
            if isinstance(value, Tensor):
                yield name, value
            elif isinstance(value, nn.Module):
                for kind in (value.named_parameters, value.named_buffers):
                    yield from ((f"{name}.{path}", one) for path, one in kind())


def _address(tensor: Tensor) -> int:
    return storage_address(tensor.untyped_storage())


def _odd(tensor: Tensor) -> Number | None:
    """The first number in it that is not finite; None where all are, or where it cannot be read."""
    try:
        with quiet(), torch.no_grad():
            if not (tensor.is_floating_point() or tensor.is_complex()) or tensor.layout is not torch.strided:
                return None
            plain = torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor
            if bool(plain.isfinite().all()):
                return None
            return number(plain[~plain.isfinite()][0].item())
    except _UNREADABLE:
        return None


def _ranges(inputs: Sequence[Any]) -> tuple[tuple[float, float], ...]:
    found = []
    with quiet(), torch.no_grad():
        for tensor in tensors_in(inputs):
            with suppress(*_UNREADABLE):
                if tensor.is_floating_point() and tensor.numel():
                    low, high = tensor.aminmax()
                    found.append((low.item(), high.item()))
    return tuple(found)
