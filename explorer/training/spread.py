"""How the elements of a tensor spread, cheap enough for every layer of a network while it learns."""

from __future__ import annotations

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
    values = values[values.isfinite()]
    if not values.numel():
        return Spread(low="NaN", high="NaN")
    low, high = (end.item() for end in values.aminmax())
    if low == high:
        counts = [0] * BINS
        counts[BINS // 2] = values.numel()
    else:
        counts = [int(count) for count in torch.histc(values.cpu(), BINS, low, high).tolist()]
    return Spread(low=number(low), high=number(high), counts=tuple(counts))
