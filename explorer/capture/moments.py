"""Statistics of one tensor of any size, made of what was read of it in pieces (`explorer.capture.pieces`)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy
import torch
from numpy.typing import NDArray

from explorer.capture.histogram import histogram, histograms
from explorer.capture.pieces import Pieces
from explorer.ir import Number, Stats, number

_SAMPLES_AT_ONCE = 128


class Moments:
    """What is added up over the elements: count, mean and squared distance from it (Chan's rule), extremes, kinds."""

    def __init__(self, pieces: Pieces) -> None:
        self.finite = self.zeros = self.nans = self.infs = 0
        self.mean = self.around = self.norm = 0.0
        self.min, self.max = math.inf, -math.inf
        for count, mean, around, norm, low, high, zeros, nans, infs in pieces.sums:
            self.nans += nans
            self.infs += infs
            if count:
                self._merge(count, mean, around, norm)
                self._order(low, high, zeros)
        self._stored: int | None = None
        self._sample = pieces.sample if self.finite else None
        self._counted = None if self._sample is None or len(self._sample) == pieces.numel else len(self._sample)
        """How many elements the histogram counts, where these are not all."""
        self._histogram: tuple[int, ...] | None = None

    def add_missing(self, count: int) -> None:
        """Add `count` zeros that a sparse layout does not store; what was added before is what it does."""
        self._stored = self.finite + self.nans + self.infs
        if count:
            self._merge(count, 0.0, 0.0, 0.0)
            self._order(0.0, 0.0, count)

    def stats(self, copies: int = 1, ordered: bool = True) -> Stats:
        """As a record, of `copies` times these elements. What is not `ordered`, such as absolute values of complex numbers, has only counts and a norm."""
        some = self.finite > 0 and ordered
        counts = self._counts() if ordered else ()
        counted = self._counted if counts else None
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
            histogram=counts if counted else tuple(count * copies for count in counts),
            counted=counted,
            nnz=self._stored,
        )

    def _counts(self) -> tuple[int, ...]:
        if self._histogram is None:
            self._histogram = () if self._sample is None else histogram(self._sample, self.min, self.max)
        return self._histogram

    def _norm(self, copies: int) -> Number:
        if self.nans:
            return "NaN"
        return "Infinity" if self.infs else number(self.norm * math.sqrt(copies))

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
            alike[len(sample)].append((one, sample))
    for group in alike.values():
        for first in range(0, len(group), _SAMPLES_AT_ONCE):
            moments, samples = zip(*group[first : first + _SAMPLES_AT_ONCE], strict=True)
            ranges = torch.tensor([(one.min, one.max) for one in moments], dtype=torch.float64)
            rows = torch.from_numpy(numpy.stack(samples, dtype=numpy.float64))
            for one, counts in zip(moments, histograms(rows, *ranges.unbind(1)), strict=True):
                one._histogram = counts
