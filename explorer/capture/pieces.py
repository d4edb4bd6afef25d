"""What has to be read of a tensor while its elements are there: sums over pieces that fit a core's cache, and a sample.

After a kernel of torch's nothing of ours is in the processor's cache, and each function that is called then takes 20 to 45 us where it
takes one otherwise: so few are, and `explorer.capture.moments` makes numbers of it later, of many tensors one after the other.

Sums are in float64, by numkong, which adds up elements and squares in one pass; extremes and zeros are numpy's, the fastest of
their kind (on another device than the CPU all is torch's). Where float64 would lose digits, as between large elements that hardly
differ, the piece is read again with care. Memory is half of the cost (`docs/benchmarks.md`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numkong
import numpy
import torch
from numpy.typing import NDArray

from explorer.capture.histogram import stride_of_sample

_CHUNK = 2**17
_CHUNK_ELSEWHERE = 2**24

_SINGLE = (torch.float32, torch.float16, torch.bfloat16)
_LEAST = 1e-280
"""A smaller sum of squares has lost elements to underflow."""
_SHARE = 1e-6
"""A squared distance from the mean that is a smaller part of the squares has lost digits in the difference."""

_Array = NDArray[Any]
_Raw = tuple[int, float, float, float, float, int]
"""Of a piece: count, sum, sum of squares, least, largest, zeros."""
Sum = tuple[int, float, float, float, float, float, int, int, int]
"""Of a piece's finite elements: count, mean, squared distance from it, norm, least, largest, zeros; then its NaNs and infinities."""

_least, _largest = numpy.minimum.reduce, numpy.maximum.reduce


class Pieces:
    """Of a one-dimensional tensor of real numbers: `sums` by piece, and as a `sample`, if one is wanted, some elements as float32 or float64."""

    __slots__ = ("numel", "sample", "sums")

    def __init__(self, flat: _Array | torch.Tensor, sampled: bool = True) -> None:
        """Of an array of float32 or float64, or of a tensor, which is converted piece by piece."""
        self.numel = len(flat)
        self.sums: list[Sum] = []
        samples: list[_Array] = []
        stride = stride_of_sample(self.numel)
        for first, piece in _cut(flat):
            self.sums.append(_quickly(piece) or _carefully(piece))
            if sampled:  # now that it is in the cache
                samples.append(_copied(piece[-first % stride :: stride]))
        self.sample = numpy.concatenate(samples) if len(samples) > 1 else samples[0] if samples else None


def array_of(tensor: torch.Tensor) -> _Array | None:
    """All elements one after the other, where they lie so and numkong has a kernel for them; None where not."""
    try:
        array: _Array = tensor.detach().numpy()
    except (RuntimeError, TypeError):  # of another device, layout or dtype, or memory that says something else
        return None
    return array.reshape(-1) if array.dtype.char in "fd" and array.flags.c_contiguous else None


def _quickly(piece: _Array | torch.Tensor) -> Sum | None:
    """None where the elements need care."""
    raw = _raw(piece) if isinstance(piece, numpy.ndarray) else _raw_elsewhere(piece)
    if raw is None:
        return None
    count, total, squares, low, high, zeros = raw
    if low == high:
        return count, low, 0.0, abs(low) * math.sqrt(count), low, high, zeros, 0, 0
    around = squares - total * total / count
    if squares < _LEAST or around < squares * _SHARE:
        return None
    return count, total / count, around, math.sqrt(squares), low, high, zeros, 0, 0


def _carefully(piece: _Array | torch.Tensor) -> Sum:
    """Of elements of any size, and of those that are not finite."""
    double = torch.as_tensor(piece, dtype=torch.float64)
    nans = infs = 0
    if not math.isfinite(double.sum().item()):
        finite, nans = double[double.isfinite()], int(double.isnan().sum())
        infs = double.numel() - nans - finite.numel()
        double = finite
    count = double.numel()
    if not count:
        return 0, 0.0, 0.0, 0.0, math.inf, -math.inf, 0, nans, infs
    low, high, zeros = double.amin().item(), double.amax().item(), int((double == 0).sum())
    size = max(abs(low), abs(high)) or 1.0
    mean = (double / count).sum().item() if low < high else low
    norm = size * torch.linalg.vector_norm(double / size).item()
    double = double - mean
    return count, mean, torch.dot(double, double).item(), norm, low, high, zeros, nans, infs


def _raw(piece: _Array) -> _Raw | None:
    """None where a sum is not finite."""
    total, squares = numkong.moments(piece)
    if not math.isfinite(squares):
        return None
    low, high = float(_least(piece)), float(_largest(piece))
    zeros = int(numkong.sum(numpy.equal(piece, 0).view(numpy.uint8))) if low <= 0 <= high else 0
    return len(piece), total, squares, low, high, zeros


def _raw_elsewhere(piece: torch.Tensor) -> _Raw | None:
    norm = torch.linalg.vector_norm(piece, dtype=torch.float64).item()
    if not math.isfinite(norm * norm):
        return None
    low, high = piece.amin().item(), piece.amax().item()
    zeros = int((piece == 0).sum()) if low <= 0 <= high else 0
    return piece.numel(), piece.sum(dtype=torch.float64).item(), norm * norm, low, high, zeros


def _cut(flat: _Array | torch.Tensor) -> Iterator[tuple[int, _Array | torch.Tensor]]:
    """Pieces, each with the position of its first element: arrays, but tensors of what lies on another device."""
    step = _CHUNK if isinstance(flat, numpy.ndarray) or flat.is_cpu else _CHUNK_ELSEWHERE
    for first in range(0, len(flat), step):
        piece = flat[first : first + step]
        yield first, piece if isinstance(piece, numpy.ndarray) else _converted(piece)


def _converted(piece: torch.Tensor) -> _Array | torch.Tensor:
    """As float32 or float64: numkong has a kernel for these."""
    piece = piece.to(torch.float32 if piece.dtype in _SINGLE else torch.float64)
    return piece.numpy() if piece.is_cpu else piece


def _copied(some: _Array | torch.Tensor) -> _Array:
    return some.copy() if isinstance(some, numpy.ndarray) else some.cpu().numpy()
