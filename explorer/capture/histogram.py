"""How a tensor's elements spread: counts in 24 bins of equal width, of all elements or of an evenly strided sample."""

from __future__ import annotations

from dataclasses import dataclass

import torch

BINS = 24
MOST_COUNTED = 1_024
"""A larger tensor is sampled: a histogram for the eye needs no more, and strided reads of main memory are slow."""


@dataclass(frozen=True)
class Sample:
    """Some elements, copied; to be counted only where they are shown."""

    elements: torch.Tensor
    counted: int | None
    """How many there are, where they are not all."""

    def histogram(self, low: float, high: float) -> tuple[int, ...]:
        """Counts of the finite elements in `BINS` bins from `low` to `high`, the last one closed; empty where the range is no number."""
        doubles = self.elements.to(torch.float64)
        finite = doubles[doubles.isfinite()]
        if low == high:  # as torch.histc: a range of no width is widened on both sides
            return tuple(finite.numel() if at == BINS // 2 else 0 for at in range(BINS))
        try:
            return tuple(map(int, torch.histc(finite, BINS, low, high).tolist()))
        except RuntimeError:  # the width overflows
            return ()


def stride_of_sample(numel: int) -> int:
    """1 where all elements are counted; odd, so as not to follow the rows of a matrix."""
    return 1 if numel <= MOST_COUNTED else -(-numel // MOST_COUNTED) | 1


def sample(flat: torch.Tensor) -> Sample:
    """Of a one-dimensional tensor, at most `MOST_COUNTED` of its elements, evenly spread."""
    taken = flat[:: stride_of_sample(flat.numel())].clone()
    return Sample(taken, None if flat.numel() <= MOST_COUNTED else taken.numel())
