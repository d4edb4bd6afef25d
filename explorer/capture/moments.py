"""Statistics of one tensor of any size, read once in pieces that fit a core's cache.

Sums are in float64, by numkong, which adds up elements and squares in one pass; extremes and zeros are numpy's, the fastest of
their kind (on another device than the CPU all is torch's). Where float64 would lose digits, as between large elements that hardly
differ, the piece is read again with care. Memory is half of the cost (`docs/benchmarks.md`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numkong
import numpy
import torch
from numpy.typing import NDArray

from explorer.capture.histogram import histograms, sample_of
from explorer.ir import Number, Stats, number

_CHUNK = 2**17
_CHUNK_ELSEWHERE = 2**24
_SAMPLES_AT_ONCE = 128

_SINGLE = (torch.float32, torch.float16, torch.bfloat16)
_LEAST = 1e-280
"""A smaller sum of squares has lost elements to underflow."""
_SHARE = 1e-6
"""A squared distance from the mean that is a smaller part of the squares has lost digits in the difference."""

_Piece = NDArray[Any] | torch.Tensor
_Sums = tuple[int, float, float, float, float, int]
"""Of a piece: count, sum, sum of squares, least, largest, zeros."""

_least, _largest = numpy.minimum.reduce, numpy.maximum.reduce


class Moments:
    """What is added up over the elements: count, mean and squared distance from it (Chan's rule), extremes, kinds."""

    def __init__(self, flat: torch.Tensor, sampled: bool = True) -> None:
        """Of a one-dimensional tensor of real numbers; with `sampled`, some elements are kept for a histogram."""
        self.finite = self.zeros = self.nans = self.infs = 0
        self.mean = self.around = self.norm = 0.0
        self.min, self.max = math.inf, -math.inf
        for piece in _arrays(flat) if flat.is_cpu else _tensors(flat):
            if not self._add_quickly(_sums(piece)):
                self._add_carefully(torch.as_tensor(piece, dtype=torch.float64))
        self._stored: int | None = None
        self._sample = sample_of(flat, _dtype(flat)) if sampled and self.finite else None
        self._histogram: tuple[int, ...] | None = None

    def add_missing(self, count: int) -> None:
        """Add `count` zeros that a sparse layout does not store; what was added before is what it does."""
        self._stored = self.finite + self.nans + self.infs
        if count:
            self._merge(count, 0.0, 0.0, 0.0)
            self.zeros += count
            self.min, self.max = min(self.min, 0.0), max(self.max, 0.0)

    def stats(self, copies: int = 1, ordered: bool = True) -> Stats:
        """As a record, of `copies` times these elements. What is not `ordered`, such as absolute values of complex numbers, has only counts and a norm."""
        some = self.finite > 0 and ordered
        histogram = self._counts() if ordered else ()
        counted = self._sample.counted if self._sample and histogram else None
        return Stats(
            numel=copies * (self.finite + self.nans + self.infs),
            norm=self._norm(copies),
            min=number(self.min) if some else None,
            max=number(self.max) if some else None,
            mean=number(self.mean) if some else None,
            std=number(math.sqrt(self.around / self.finite)) if some else None,
            zeros=self.zeros * copies,
            nans=self.nans * copies,
            infs=self.infs * copies,
            histogram=histogram if counted else tuple(count * copies for count in histogram),
            counted=counted,
            nnz=self._stored,
        )

    def _counts(self) -> tuple[int, ...]:
        if self._histogram is None:
            self._histogram = self._sample.histogram(self.min, self.max) if self._sample else ()
        return self._histogram

    def _norm(self, copies: int) -> Number:
        if self.nans:
            return "NaN"
        return "Infinity" if self.infs else number(self.norm * math.sqrt(copies))

    def _add_quickly(self, sums: _Sums | None) -> bool:
        """Add up; False, and nothing done, where the elements need care."""
        if sums is None:
            return False
        count, total, squares, low, high, zeros = sums
        if low == high:
            mean, around, norm = low, 0.0, abs(low) * math.sqrt(count)
        else:
            mean, around, norm = total / count, squares - total * total / count, math.sqrt(squares)
            if squares < _LEAST or around < squares * _SHARE:
                return False
        self._merge(count, mean, around, norm)
        self._order(low, high, zeros)
        return True

    def _add_carefully(self, double: torch.Tensor) -> None:
        """Add float64 elements of any size, and those that are not finite."""
        if not math.isfinite(double.sum().item()):
            finite, nans = double[double.isfinite()], int(double.isnan().sum())
            self.nans += nans
            self.infs += double.numel() - nans - finite.numel()
            double = finite
        count = double.numel()
        if count:
            low, high = double.amin().item(), double.amax().item()
            self._order(low, high, int((double == 0).sum()))
            size = max(abs(low), abs(high)) or 1.0
            mean = (double / count).sum().item() if low < high else low
            norm = size * torch.linalg.vector_norm(double / size).item()
            double = double - mean
            self._merge(count, mean, torch.dot(double, double).item(), norm)

    def _merge(self, count: int, mean: float, around: float, norm: float) -> None:
        distance = mean - self.mean
        self.around += around + distance * distance * self.finite * count / (self.finite + count)
        self.mean += distance * count / (self.finite + count)
        self.finite += count
        self.norm = math.hypot(self.norm, norm)

    def _order(self, low: float, high: float, zeros: int) -> None:
        """Take the extremes of a piece into account, and its zeros."""
        self.min, self.max = min(self.min, low), max(self.max, high)
        self.zeros += zeros


def count_together(several: Iterable[Moments]) -> None:
    """Count the samples of several, which costs a third of counting each; what is not finite is left to be counted alone."""
    alike: defaultdict[int, list[tuple[Moments, NDArray[Any]]]] = defaultdict(list)
    for one in several:
        sample = one._sample
        if sample is not None and not one.nans and not one.infs and one.max - one.min < math.inf:
            alike[len(sample.elements)].append((one, sample.elements))
    for group in alike.values():
        for first in range(0, len(group), _SAMPLES_AT_ONCE):
            moments, samples = zip(*group[first : first + _SAMPLES_AT_ONCE], strict=True)
            ranges = torch.tensor([(one.min, one.max) for one in moments], dtype=torch.float64)
            rows = torch.from_numpy(numpy.stack(samples, dtype=numpy.float64))
            for one, counts in zip(moments, histograms(rows, *ranges.unbind(1)), strict=True):
                one._histogram = counts


def _sums(piece: _Piece) -> _Sums | None:
    """None where a sum is not finite, or there are none."""
    if not isinstance(piece, numpy.ndarray):
        return _sums_elsewhere(piece)
    total, squares = numkong.moments(piece)
    if not piece.size or not math.isfinite(squares):
        return None
    low, high = float(_least(piece)), float(_largest(piece))
    zeros = int(numkong.sum(numpy.equal(piece, 0).view(numpy.uint8))) if low <= 0 <= high else 0
    return piece.size, total, squares, low, high, zeros


def _sums_elsewhere(piece: torch.Tensor) -> _Sums | None:
    norm = torch.linalg.vector_norm(piece, dtype=torch.float64).item()
    if not piece.numel() or not math.isfinite(norm * norm):
        return None
    low, high = piece.amin().item(), piece.amax().item()
    zeros = int((piece == 0).sum()) if low <= 0 <= high else 0
    return piece.numel(), piece.sum(dtype=torch.float64).item(), norm * norm, low, high, zeros


def _arrays(flat: torch.Tensor) -> Iterator[NDArray[Any]]:
    """Pieces that fit a core's cache, all the way through; what numkong has no kernel for is converted piece by piece."""
    dtype = _dtype(flat)
    if flat.dtype is dtype:
        whole = flat.numpy()
        for first in range(0, max(1, len(whole)), _CHUNK):
            yield whole[first : first + _CHUNK]
    else:
        for piece in torch.split(flat, _CHUNK):
            yield piece.to(dtype).numpy()


def _tensors(flat: torch.Tensor) -> Iterator[torch.Tensor]:
    """Pieces of what lies on another device."""
    for piece in torch.split(flat, _CHUNK_ELSEWHERE):
        yield piece.to(_dtype(flat))


def _dtype(flat: torch.Tensor) -> torch.dtype:
    return torch.float32 if flat.dtype in _SINGLE else torch.float64
