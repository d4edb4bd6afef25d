"""How the elements of a tensor spread, cheap enough for every layer of a network while it learns."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from explorer.ir import Spread, number

BINS = 24
MOST_ELEMENTS = 2**14
"""Elements that are counted; of a larger tensor every so manyth, from the first on."""


def spread(tensor: Tensor) -> Spread:
    """Counts in bins of equal width between the smallest and the largest finite element that is counted."""
    flat = tensor.detach().reshape(-1)
    step = -(-flat.numel() // MOST_ELEMENTS) or 1
    values = flat[::step].float()
    low, high = _ends(values)
    if not (math.isfinite(low) and math.isfinite(high)):  # else nothing in between is odd
        values = values[values.isfinite()]
        low, high = _ends(values)
    if not values.numel():
        return Spread(low="NaN", high="NaN")
    if low == high:
        counts = [0] * BINS
        counts[BINS // 2] = values.numel()
    else:
        counts = list(map(int, torch.histc(values.cpu(), BINS, low, high).tolist()))
    return Spread(low=number(low), high=number(high), counts=tuple(counts))


def _ends(values: Tensor) -> tuple[float, float]:
    """The smallest and the largest; NaN where one is, or where there are none."""
    if not values.numel():
        return math.nan, math.nan
    low, high = values.aminmax()
    return low.item(), high.item()
