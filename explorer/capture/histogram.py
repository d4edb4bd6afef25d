"""How a tensor's elements spread: counts in 24 bins of equal width, of all elements or of an evenly strided sample."""

from __future__ import annotations

import math
from typing import Any

import numpy
from numpy.typing import NDArray

BINS = 24
MOST_COUNTED = 1_024
"""A larger tensor is sampled: a histogram for the eye needs no more, and strided reads of main memory are slow."""


def histogram(elements: NDArray[Any], low: float, high: float) -> tuple[int, ...]:
    """Counts of the finite elements in `BINS` bins from `low` to `high`, the last one closed; empty where the range is no number."""
    elements = elements.astype(numpy.float64)
    finite = elements[numpy.isfinite(elements)]
    width = high - low
    if width == 0:  # as torch.histc: a range of no width is widened on both sides
        return tuple(finite.size if at == BINS // 2 else 0 for at in range(BINS))
    if not width < math.inf:
        return ()
    bins = ((finite - low) / width * BINS).astype(numpy.int64)
    return tuple(numpy.bincount(numpy.minimum(bins, BINS - 1), minlength=BINS).tolist())


def stride_of_sample(numel: int) -> int:
    """1 where all elements are counted; odd, so as not to follow the rows of a matrix."""
    return 1 if numel <= MOST_COUNTED else -(-numel // MOST_COUNTED) | 1
