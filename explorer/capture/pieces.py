"""What is added up of elements that must be converted first, of another dtype or on another device: piece by piece, in float64.

Pieces fit a core's cache; on another device than the CPU all is torch's. Where float64 would lose digits, as between large elements
that hardly differ, and where some are not finite, a piece is read again with care.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy
import torch
from numpy.typing import NDArray

from explorer.capture.histogram import stride_of_sample
from explorer.capture.kernel import read
from explorer.capture.kernel_code import LEAST_SHARE, LEAST_SQUARES

_CHUNK = 2**17
_CHUNK_ELSEWHERE = 2**24

_SINGLE = (torch.float32, torch.float16, torch.bfloat16)

_Raw = tuple[float, float, float, float, int]
"""Of a piece: sum, sum of squares, least, largest, zeros."""
Sum = tuple[int, float, float, float, float, float, int, int, int]
"""Of a piece's finite elements: count, mean, distance from it (as a norm), norm, least, largest, zeros; then its NaNs and infinities."""


class Pieces:
    """Of a one-dimensional tensor of real numbers: `sums` by piece, and as a `sample`, if one is wanted, some elements as float32 or float64."""

    __slots__ = ("numel", "sample", "sums")

    def __init__(self, flat: torch.Tensor, sampled: bool = True) -> None:
        """Of a tensor of any dtype and device."""
        self.numel = len(flat)
        self.sums: list[Sum] = []
        samples: list[NDArray[Any]] = []
        stride = stride_of_sample(self.numel)
        for first, piece in _cut(flat):
            self.sums.append(_quickly(piece) or _carefully(piece))
            if sampled:  # now that it is in the cache
                samples.append(piece[-first % stride :: stride].cpu().numpy())
        self.sample = numpy.concatenate(samples) if samples else None


def _quickly(piece: torch.Tensor) -> Sum | None:
    """None where the elements need care."""
    count, raw = len(piece), _raw(piece) if piece.is_cpu else _raw_elsewhere(piece)
    if raw is None:
        return None
    total, squares, low, high, zeros = raw
    if low == high:
        return count, low, 0.0, abs(low) * math.sqrt(count), low, high, zeros, 0, 0
    around = squares - total * total / count
    if squares < LEAST_SQUARES or around < squares * LEAST_SHARE:
        return None
    return count, total / count, math.sqrt(around), math.sqrt(squares), low, high, zeros, 0, 0


def _carefully(piece: torch.Tensor) -> Sum:
    """Of elements of any size, and of those that are not finite."""
    double = piece.to(torch.float64)
    nans = infs = 0
    if not math.isfinite(double.sum().item()):
        finite, nans = double[double.isfinite()], int(double.isnan().sum())
        infs = double.numel() - nans - finite.numel()
        double = finite
    count = double.numel()
    if not count:
        return 0, 0.0, 0.0, 0.0, math.inf, -math.inf, 0, nans, infs
    low, high, zeros = double.amin().item(), double.amax().item(), int((double == 0).sum())
    mean = (double / count).sum().item() if low < high else low
    return count, mean, _norm(double - mean), _norm(double), low, high, zeros, nans, infs


def _norm(elements: torch.Tensor) -> float:
    """Also of those whose squares float64 cannot hold."""
    size = elements.abs().amax().item() or 1.0
    return size * float(torch.linalg.vector_norm(elements / size).item())


def _raw(piece: torch.Tensor) -> _Raw | None:
    """None where that says too little."""
    array = piece.numpy()  # refuses what has no memory, such as a fake tensor, whose address would end the process
    rows = read(array.dtype.name, [array.__array_interface__["data"][0]], [len(array)])
    if rows.odd:
        return None
    total, squares, low, high, zeros, *_ = rows.table[0].tolist()
    return total, squares, low, high, int(zeros)


def _raw_elsewhere(piece: torch.Tensor) -> _Raw | None:
    norm = torch.linalg.vector_norm(piece, dtype=torch.float64).item()
    if not math.isfinite(norm * norm):
        return None
    low, high = piece.amin().item(), piece.amax().item()
    zeros = int((piece == 0).sum()) if low <= 0 <= high else 0
    return piece.sum(dtype=torch.float64).item(), norm * norm, low, high, zeros


def _cut(flat: torch.Tensor) -> Iterator[tuple[int, torch.Tensor]]:
    """Pieces as float32 or float64, on the CPU one after the other in memory, each with the position of its first element."""
    step = _CHUNK if flat.is_cpu else _CHUNK_ELSEWHERE
    dtype = torch.float32 if flat.dtype in _SINGLE else torch.float64
    for first in range(0, len(flat), step):
        yield first, flat[first : first + step].to(dtype).contiguous()
