"""Statistics of many small tensors of one shape and dtype at once: stacked, they cost a few operations of torch instead of thousands."""

from __future__ import annotations

from collections.abc import Iterator

import numpy
import torch

from explorer.capture.histogram import MOST_COUNTED, histograms, stride_of_sample
from explorer.ir import PREVIEW_ELEMENTS, Stats

_ELEMENTS_AT_ONCE = 2**17
_NORMS = (1e-140, 1e140)
"""A norm between these has lost no square to underflow or overflow in float64."""


def row_stats(stack: torch.Tensor) -> Iterator[Stats | None]:
    """Statistics in float64 of each of the real tensors that are stacked, none of them empty.

    None for one that `Moments` must read: it has elements that are not finite, or too large or too small to be squared.
    """
    rows = stack.reshape(len(stack), -1)
    for some in torch.split(rows, max(1, _ELEMENTS_AT_ONCE // rows.shape[1])):
        yield from _of_matrix(some.to("cpu", torch.float64))


def _of_matrix(rows: torch.Tensor) -> Iterator[Stats | None]:
    numel = rows.shape[1]
    norms = torch.linalg.vector_norm(rows, dim=1)
    lows, highs = rows.amin(1), rows.amax(1)
    means = rows.mean(1)
    stds = (rows - means[:, None]).square_().mean(1).sqrt_()
    zeros = numpy.add.reduce(numpy.equal(rows.numpy(), 0), axis=1)  # torch counts in a third of the speed
    plain = ((norms > _NORMS[0]) & (norms < _NORMS[1])) | ((lows == 0) & (highs == 0))
    counted = None if numel <= MOST_COUNTED else len(range(0, numel, stride_of_sample(numel)))
    some = rows[:, :: stride_of_sample(numel)]
    counts = histograms(some, lows, highs) if numel > PREVIEW_ELEMENTS else [()] * len(rows)
    columns = [column.tolist() for column in (plain, norms, lows, highs, means, stds, zeros)]
    for is_plain, norm, low, high, mean, std, zero, histogram in zip(*columns, counts, strict=True):
        yield (
            Stats(
                numel=numel,
                norm=norm,
                min=low,
                max=high,
                mean=mean,
                std=std,
                zeros=zero,
                histogram=histogram,
                counted=counted if histogram else None,
            )
            if is_plain
            else None
        )
