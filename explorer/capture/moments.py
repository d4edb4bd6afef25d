"""Statistics of one tensor of any size, made of what was read of it in pieces (`explorer.capture.pieces`)."""

from __future__ import annotations

import math

from explorer.capture.histogram import histogram
from explorer.capture.pieces import Pieces
from explorer.ir import Number, Stats, number


class Moments:
    """What is added up over the elements: count, mean and distance from it (Chan's rule), extremes, kinds."""

    def __init__(self, pieces: Pieces) -> None:
        self.finite = self.zeros = self.nans = self.infs = 0
        self.mean = self.spread = self.norm = 0.0
        self.min, self.max = math.inf, -math.inf
        for count, mean, spread, norm, low, high, zeros, nans, infs in pieces.sums:
            self.nans += nans
            self.infs += infs
            if count:
                self._merge(count, mean, spread, norm)
                self._order(low, high, zeros)
        self._stored: int | None = None
        self._sample = pieces.sample if self.finite else None
        self._counted = None if self._sample is None or len(self._sample) == pieces.numel else len(self._sample)
        """How many elements the histogram counts, where these are not all."""

    def add_missing(self, count: int) -> None:
        """Add `count` zeros that a sparse layout does not store; what was added before is what it does."""
        self._stored = self.finite + self.nans + self.infs
        if count:
            self._merge(count, 0.0, 0.0, 0.0)
            self._order(0.0, 0.0, count)

    def stats(self, copies: int = 1, ordered: bool = True) -> Stats:
        """As a record, of `copies` times these elements. What is not `ordered`, such as absolute values of complex numbers, has only counts and a norm."""
        some = self.finite > 0 and ordered
        counts = histogram(self._sample, self.min, self.max) if ordered and self._sample is not None else ()
        counted = self._counted if counts else None
        return Stats(
            numel=copies * (self.finite + self.nans + self.infs),
            norm=self._norm(copies),
            min=number(self.min) if some else None,
            max=number(self.max) if some else None,
            mean=number(self.mean) if some else None,
            std=number(self.spread / math.sqrt(self.finite)) if some else None,
            zeros=self.zeros * copies,
            nans=self.nans * copies,
            infs=self.infs * copies,
            histogram=counts if counted else tuple(count * copies for count in counts),
            counted=counted,
            nnz=self._stored,
        )

    def _norm(self, copies: int) -> Number:
        if self.nans:
            return "NaN"
        return "Infinity" if self.infs else number(self.norm * math.sqrt(copies))

    def _merge(self, count: int, mean: float, spread: float, norm: float) -> None:
        distance = mean - self.mean
        between = distance * math.sqrt(self.finite / (self.finite + count) * count) if self.finite else 0.0
        self.spread = math.hypot(
            self.spread, spread, between
        )  # without elements before there is nothing between, however large the mean
        self.mean += distance * count / (self.finite + count)
        self.finite += count
        self.norm = math.hypot(self.norm, norm)

    def _order(self, low: float, high: float, zeros: int) -> None:
        """Take the extremes of a piece into account, and its zeros."""
        self.min, self.max = min(self.min, low), max(self.max, high)
        self.zeros += zeros
