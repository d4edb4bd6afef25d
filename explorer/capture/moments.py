"""Statistics of one tensor of any size, read once in pieces that fit a core's cache.

Sums are in float64, by numkong, which adds up elements and squares in one pass; extremes and zeros are numpy's, the fastest of
their kind (on another device than the CPU all is torch's). Where float64 would lose digits, as between large elements that hardly
differ, the piece is read again with care. Memory is half of the cost (`docs/benchmarks.md`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numkong
import numpy
import torch

from explorer.capture.histogram import Sampler
from explorer.ir import Number, Stats, number

_CHUNK = 2**17
_CHUNK_ELSEWHERE = 2**24

_SINGLE = (torch.float32, torch.float16, torch.bfloat16)
_LEAST = 1e-280
"""A smaller sum of squares has lost elements to underflow."""
_SHARE = 1e-6
"""A squared distance from the mean that is a smaller part of the squares has lost digits in the difference."""


class Moments:
    """What is added up over the elements: count, mean and squared distance from it (Chan's rule), extremes, kinds."""

    def __init__(self, flat: torch.Tensor, sampled: bool = True) -> None:
        """Of a one-dimensional tensor of real numbers; with `sampled`, some elements are kept for a histogram."""
        self.finite = self.zeros = self.nans = self.infs = 0
        self.mean = self.around = self.norm = 0.0
        self.min, self.max = math.inf, -math.inf
        self._flags = numpy.empty(min(_CHUNK, flat.numel()), dtype=bool)
        dtype = torch.float32 if flat.dtype in _SINGLE else torch.float64
        sampler = Sampler(flat.numel()) if sampled else None
        for chunk in _pieces(flat):
            piece = chunk.to(dtype)
            if not self._add_quickly(piece):
                self._add_carefully(piece.to(torch.float64))
            if sampler is not None:
                sampler.take(piece)
        self._stored: int | None = None
        self._sample = sampler.sample() if sampler is not None and self.finite else None

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
        histogram = self._sample.histogram(self.min, self.max) if self._sample and ordered else ()
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

    def _norm(self, copies: int) -> Number:
        if self.nans:
            return "NaN"
        return "Infinity" if self.infs else number(self.norm * math.sqrt(copies))

    def _add_quickly(self, piece: torch.Tensor) -> bool:
        """Add elements; False, and nothing done, where that needs care."""
        total, squares = _totals(piece)
        if not piece.numel() or not math.isfinite(squares):
            return False
        count, (low, high) = piece.numel(), _extremes(piece)
        if low == high:
            mean, around, norm = low, 0.0, abs(low) * math.sqrt(count)
        else:
            mean, around, norm = total / count, squares - total * total / count, math.sqrt(squares)
            if squares < _LEAST or around < squares * _SHARE:
                return False
        self._merge(count, mean, around, norm)
        self._order(piece, low, high)
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
            low, high = _extremes(double)
            self._order(double, low, high)
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

    def _order(self, piece: torch.Tensor, low: float, high: float) -> None:
        """Take the extremes of a piece into account, and its zeros."""
        self.min, self.max = min(self.min, low), max(self.max, high)
        if low == 0 == high:
            self.zeros += piece.numel()
        elif low <= 0 <= high and piece.is_cpu:
            array = piece.numpy()
            self.zeros += int(numpy.count_nonzero(numpy.equal(array, 0, out=self._flags[: array.size])))
        elif low <= 0 <= high:
            self.zeros += int((piece == 0).sum())


def _totals(piece: torch.Tensor) -> tuple[float, float]:
    """The sum of the elements and of their squares."""
    if piece.is_cpu:
        return numkong.moments(piece.numpy())
    norm = torch.linalg.vector_norm(piece, dtype=torch.float64).item()
    return piece.sum(dtype=torch.float64).item(), norm * norm


def _extremes(piece: torch.Tensor) -> tuple[float, float]:
    if piece.is_cpu:
        array = piece.numpy()
        return float(numpy.minimum.reduce(array)), float(numpy.maximum.reduce(array))
    return piece.amin().item(), piece.amax().item()


def _pieces(flat: torch.Tensor) -> Sequence[torch.Tensor]:
    """As they fit a cache, where there is one to think of."""
    most = _CHUNK if flat.is_cpu else _CHUNK_ELSEWHERE
    return (flat,) if flat.numel() <= most else torch.split(flat, most)
