"""Statistics of one tensor of any size, read once in pieces that fit a core's cache.

A piece is added up in its own precision, by torch for sums and by numpy (on the CPU) for extremes and zeros, which are the
fastest of their kind; pieces are added up in float64. Where digits would be lost the piece is read again with care, in
float64, as a small tensor is from the start. Counts and extremes are exact; norm, mean and std have six good digits or more.
What is left of the cost is memory: 0.4 ns of the 0.7 that an element of float32 takes (`docs/benchmarks.md`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy
import torch

from explorer.capture.histogram import Sampler
from explorer.ir import Number, Stats, number

_CHUNK = 2**17
_CHUNK_ELSEWHERE = 2**24
_SMALL = 2**14
"""Elements up to which float64 throughout costs nothing that matters."""

_SINGLE = (torch.float32, torch.float16, torch.bfloat16)


class _Quick(NamedTuple):
    """Where sums of elements and of squares, in their own precision, are as good as any."""

    least: float
    most: float
    """Between these a sum of squares has lost no element to underflow or overflow that would count."""
    share: float
    """A squared distance from the mean that is a smaller part of the squares has lost digits in the difference."""


_QUICK = {torch.float32: _Quick(1e-24, 1e36, 0.25), torch.float64: _Quick(1e-280, 1e300, 1e-3)}


class Moments:
    """What is added up over the elements: count, mean and squared distance from it (Chan's rule), extremes, kinds."""

    def __init__(self, flat: torch.Tensor, sampled: bool = True) -> None:
        """Of a one-dimensional tensor of real numbers; with `sampled`, some elements are kept for a histogram."""
        self.finite = self.zeros = self.nans = self.infs = 0
        self.mean = self.around = self.norm = 0.0
        self.min, self.max = math.inf, -math.inf
        self._flags = numpy.empty(min(_CHUNK, flat.numel()), dtype=bool)
        dtype = torch.float32 if flat.dtype in _SINGLE and flat.numel() > _SMALL else torch.float64
        sampler = Sampler(flat.numel()) if sampled else None
        for chunk in torch.split(flat, _CHUNK if flat.is_cpu else _CHUNK_ELSEWHERE):
            piece = chunk.to(dtype)
            if not self._add_quickly(piece, _QUICK[dtype]):
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

    def _add_quickly(self, piece: torch.Tensor, quick: _Quick) -> bool:
        """Add elements in their own precision; False, and nothing done, where that would not do."""
        count, squares = piece.numel(), torch.dot(piece, piece).item()
        if not quick.least < squares < quick.most:
            return False
        total = piece.sum().item()
        around = squares - total * total / count
        if around < squares * quick.share:
            return False
        self._merge(count, total / count, around, math.sqrt(squares))
        self._order(piece)
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
            low, high = self._order(double)
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

    def _order(self, chunk: torch.Tensor) -> tuple[float, float]:
        """Take extremes and zeros of finite elements into account; returns the extremes."""
        if chunk.is_cpu:
            array = chunk.numpy()
            low, high = float(array.min()), float(array.max())
            if low <= 0 <= high:
                self.zeros += int(numpy.count_nonzero(numpy.equal(array, 0, out=self._flags[: array.size])))
        else:
            low, high = chunk.amin().item(), chunk.amax().item()
            self.zeros += int((chunk == 0).sum()) if low <= 0 <= high else 0
        self.min, self.max = min(self.min, low), max(self.max, high)
        return low, high
