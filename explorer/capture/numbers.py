"""A tensor's numbers: all of them where they are few, their statistics where they are many.

Reads through torch's own methods, without gradients, so that nothing is added to the graph that is being looked at.
Cannot see: numbers on the meta device, of fake tensors, inside vmap, and of sparse or quantised layouts (None).
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch

from explorer.capture.private import quiet
from explorer.ir import PREVIEW_ELEMENTS, Gradient, Nested, Number, Stats, number

MOST_ELEMENTS = 2**27
"""Statistics of more elements than this are not taken: they would cost seconds."""

_CHUNK = 2**16
_SMALL = 2**14
"""Elements of a tensor that is rather copied than summed up at once."""

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)

_numel = torch.Tensor.numel


def read_values(tensor: torch.Tensor, most: int = PREVIEW_ELEMENTS) -> Nested | None:
    """The elements as nested lists (one number for 0-dim), or None where they are more than `most` or cannot be read."""
    try:
        with quiet():
            if tensor.layout != torch.strided or tensor.numel() > most or tensor.ndim > 60:
                return None
            return _writable(torch.Tensor.tolist(tensor))
    except _UNREADABLE:
        return None


def read_stats(tensor: torch.Tensor) -> Stats | None:
    """Statistics over all elements in float64, or None where they cannot be read or are more than `MOST_ELEMENTS`."""
    try:
        with quiet():
            return _stats(tensor.detach())
    except _UNREADABLE:
        return None


class Reading:
    """One tensor's numbers as they were when it was read. A copy is looked at only when it is asked about."""

    __slots__ = ("_copy", "_stats", "dtype", "shape")

    def __init__(self, tensor: torch.Tensor, copy: torch.Tensor | None, stats: Stats | None) -> None:
        self.shape, self.dtype = tensor.shape, tensor.dtype
        self._copy, self._stats = copy, stats

    @property
    def value(self) -> Nested | None:
        """The elements where they are few, as `read_values` gives them."""
        return None if self._copy is None else read_values(self._copy)

    @property
    def stats(self) -> Stats | None:
        """As `read_stats` gives them."""
        return self._stats if self._copy is None else read_stats(self._copy)

    def gradient(self) -> Gradient | None:
        """As the record of a gradient; None where the numbers could not be read."""
        stats = self.stats
        if stats is None:
            return None
        return Gradient(shape=tuple(self.shape), dtype=dtype_name(self.dtype), stats=stats, value=self.value)


class Reader:
    """Reads tensors of which most will never be shown, as in all steps of a training but the last: copies are cheaper than sums."""

    def __init__(self, room: int = 2**22) -> None:
        """`room` is how many elements may be copied in all; what does not fit is summed up at once."""
        self._room = room

    def read(self, tensor: torch.Tensor) -> Reading:
        """The numbers of `tensor` as they are now."""
        try:
            with quiet():
                numel = tensor.numel()
                if numel > _SMALL or numel > self._room or tensor.layout != torch.strided:
                    return Reading(tensor, None, _stats(tensor.detach()))
                self._room -= numel
                return Reading(tensor, tensor.detach().clone(), None)
        except _UNREADABLE:
            return Reading(tensor, None, None)


@cache
def dtype_name(dtype: torch.dtype) -> str:
    """``float32`` for ``torch.float32``."""
    return str(dtype).removeprefix("torch.")


def _writable(value: Any) -> Nested:
    """Numbers as records write them; where all are finite, as they are."""
    if isinstance(value, list):
        flat = _flat(value)
        if flat and isinstance(flat[0], float | int) and math.isfinite(math.hypot(*flat)):
            return value
        return [_writable(item) for item in value]
    if isinstance(value, float):
        return number(value)
    if isinstance(value, complex):
        return f"{value.real:.6g}{value.imag:+.6g}j"
    return value


def _stats(tensor: torch.Tensor) -> Stats | None:
    if tensor.layout != torch.strided:
        return None
    numel = tensor.numel()
    distinct, copies = _without_repeats(tensor)
    if distinct.numel() > MOST_ELEMENTS:
        return None
    if distinct.is_complex():
        distinct = distinct.abs()
        return _sum_up(_Moments.of_small(distinct.flatten().tolist()), numel, copies, ordered=False)
    if distinct.numel() <= PREVIEW_ELEMENTS:
        return _sum_up(_Moments.of_small(_flat(distinct.tolist())), numel, copies)
    flat = distinct.reshape(-1)
    return _sum_up(_Moments.of_large(flat if flat.dtype != torch.bool else flat.view(torch.uint8)), numel, copies)


def _without_repeats(tensor: torch.Tensor) -> tuple[torch.Tensor, int]:
    """One copy of what a stride of 0 repeats, in the order of memory, and how often it is repeated."""
    copies = 1
    if tensor.is_contiguous():
        return tensor, copies
    for dim, (size, stride) in enumerate(zip(tensor.shape, tensor.stride(), strict=True)):
        if stride == 0 and size > 1:
            tensor, copies = tensor.narrow(dim, 0, 1), copies * size
    strides = tensor.stride()
    return tensor.permute(sorted(range(tensor.ndim), key=lambda dim: -strides[dim])), copies


def _flat(values: Any) -> list[Any]:
    flat: list[Any] = values if isinstance(values, list) else [values]
    while flat and isinstance(flat[0], list):
        flat = [value for row in flat for value in row]
    return flat


class _Moments:
    """What is added up over the elements: count, mean and squared distance from it (Chan's rule), extremes, kinds."""

    def __init__(self) -> None:
        self.finite = self.zeros = self.nans = self.infs = 0
        self.mean = self.squares = self.norm = 0.0
        self.min, self.max = math.inf, -math.inf

    @classmethod
    def of_small(cls, values: list[float]) -> _Moments:
        moments = cls()
        moments.norm = math.hypot(*values)
        if not math.isfinite(moments.norm):
            moments.nans = sum(map(math.isnan, values))
            moments.infs = sum(map(math.isinf, values))
            values = [value for value in values if math.isfinite(value)]
            moments.norm = math.hypot(*values)
        if values:
            moments.finite = len(values)
            moments.zeros = values.count(0)
            moments.min, moments.max = float(min(values)), float(max(values))
            moments.mean = mean = sum(value / len(values) for value in values)
            around = math.hypot(*[value - mean for value in values])
            moments.squares = around * around
        return moments

    @classmethod
    def of_large(cls, flat: torch.Tensor) -> _Moments:
        moments = cls()
        if flat.numel() <= _CHUNK:
            moments._add(flat, flat.to(torch.float64, copy=True))
            return moments
        doubles = torch.empty(_CHUNK, dtype=torch.float64, device=flat.device)
        for chunk in torch.split(flat, _CHUNK):
            moments._add(chunk, doubles[: chunk.numel()].copy_(chunk))
        return moments

    def _add(self, chunk: torch.Tensor, double: torch.Tensor) -> None:
        """Add the elements of `chunk`, of which `double` is a copy that may be changed."""
        squares = torch.dot(double, double).item()
        if not math.isfinite(squares):
            chunk = self._without_non_finite(chunk)
            if not chunk.numel():
                return
            double = chunk.to(torch.float64)
            squares = torch.dot(double, double).item()
        low, high = float(chunk.amin().item()), float(chunk.amax().item())
        count = chunk.numel()
        if low <= 0 <= high:  # signs are -1, 0 and 1: their squares add up to the count of the others, exactly
            signs = (chunk if chunk.dtype == torch.float32 else double).sign()
            self.zeros += count - int(torch.dot(signs, signs).item())
        total = double.sum().item()
        mean = total / count
        around = squares - total * mean
        if not around > 1e-6 * squares:  # too little is left of the difference: sum it up around the mean instead
            double.sub_(mean)
            around = torch.dot(double, double).item()
        distance = mean - self.mean
        self.squares += around + distance**2 * self.finite * count / (self.finite + count)
        self.mean += distance * count / (self.finite + count)
        self.finite += count
        self.norm = math.hypot(self.norm, math.sqrt(squares))
        self.min, self.max = min(self.min, low), max(self.max, high)

    def _without_non_finite(self, chunk: torch.Tensor) -> torch.Tensor:
        finite = chunk[chunk.isfinite()]
        nans = int(chunk.isnan().sum())
        self.nans += nans
        self.infs += chunk.numel() - nans - finite.numel()
        return finite


def _sum_up(moments: _Moments, numel: int, copies: int, ordered: bool = True) -> Stats:
    norm: Number = number(moments.norm * math.sqrt(copies))
    if moments.nans:
        norm = "NaN"
    elif moments.infs:
        norm = "Infinity"
    some = moments.finite > 0 and ordered
    return Stats(
        numel=numel,
        norm=norm,
        min=number(moments.min) if some else None,
        max=number(moments.max) if some else None,
        mean=number(moments.mean) if some else None,
        std=number(math.sqrt(moments.squares / moments.finite)) if some else None,
        zeros=moments.zeros * copies,
        nans=moments.nans * copies,
        infs=moments.infs * copies,
    )
