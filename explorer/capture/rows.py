"""Statistics of many tensors at once, of the rows in which `explorer.capture.kernel` has read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import repeat

import torch

from explorer.capture.histogram import MOST_COUNTED, stride_of_sample
from explorer.capture.kernel import SUMS, Rows, read
from explorer.ir import PREVIEW_ELEMENTS, Stats


def row_stats(stack: torch.Tensor) -> list[Stats | None]:
    """Of each of the real tensors that are stacked, none of them empty; None for one that must be read with care."""
    dtype = torch.float32 if stack.dtype is torch.float32 else torch.float64
    rows = stack.reshape(len(stack), -1).detach().to("cpu", dtype).contiguous()
    matrix = rows.numpy()  # refuses what has no memory, such as a fake tensor, whose address would end the process
    first, (count, numel) = matrix.__array_interface__["data"][0], matrix.shape
    addresses, numels = range(first, first + matrix.nbytes, matrix.nbytes // count), [numel] * count
    return stats_of(read(matrix.dtype.name, addresses, numels), numels)


def stats_of(rows: Rows, numels: Sequence[int]) -> list[Stats | None]:
    """Of each row, with so many elements; None for one that says too little."""
    told = max(numels) > PREVIEW_ELEMENTS
    histograms = map(tuple, rows.table[:, SUMS:].astype(int).tolist()) if told else repeat(())
    return list(map(_of_row, numels, rows.table[:, :SUMS].tolist(), histograms))


def _of_row(numel: int, sums: Sequence[float], histogram: tuple[int, ...]) -> Stats | None:
    total, squares, low, high, zeros, odd = sums
    if odd:
        return None
    constant = low == high
    return Stats(
        numel=numel,
        norm=abs(low) * math.sqrt(numel) if constant else math.sqrt(squares),
        min=low,
        max=high,
        mean=low if constant else total / numel,
        std=0.0 if constant else math.sqrt((squares - total * total / numel) / numel),
        zeros=int(zeros),
        histogram=histogram if numel > PREVIEW_ELEMENTS else (),
        counted=_counted(numel),
    )


def _counted(numel: int) -> int | None:
    """How many elements a histogram counts, where these are not all."""
    return None if numel <= MOST_COUNTED else len(range(0, numel, stride_of_sample(numel)))
