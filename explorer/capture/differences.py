"""How far two tensors are from each other that ought to be equal, and how far they may be.

The same kernels on the same numbers give the same bits on a CPU. Where others run (``create_graph`` takes formulas that
can be differentiated again, CUDA adds up in the order in which threads arrive), only rounding may differ.
"""

from __future__ import annotations

import math

import torch

_ULPS = 256
"""Units in the last place that may be lost on a CPU, along a whole backward."""

_INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def same_bits(left: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether two tensors have one dtype, one shape and the same bits: NaN equals NaN, and -0.0 is not 0.0."""
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    if left.layout != torch.strided or right.layout != torch.strided:
        return torch.equal(_dense(left), _dense(right))
    return torch.equal(_bits(left), _bits(right))


def difference(left: torch.Tensor, right: torch.Tensor) -> float:
    """The largest absolute difference of two elements; infinite where shapes differ or only one of two is NaN."""
    left, right = _dense(left), _dense(right)
    if left.shape != right.shape:
        return math.inf
    if not left.numel():
        return 0.0
    wide = torch.complex128 if left.is_complex() or right.is_complex() else torch.float64
    left, right = left.to(wide), right.to(wide)
    apart = (left - right).abs()
    apart[(left == right) | (left.isnan() & right.isnan())] = 0.0  # two infinities of one sign are no distance apart
    return float(apart.nan_to_num(nan=math.inf, posinf=math.inf).max())


def magnitude(tensor: torch.Tensor | None) -> float:
    """The largest absolute value of the finite elements; 0 where there are none."""
    if tensor is None or not tensor.numel():
        return 0.0
    return float(_dense(tensor).abs().to(torch.float64).nan_to_num(nan=0.0, posinf=0.0).max())


def tolerance(dtype: torch.dtype, device: str) -> float:
    """How far rounding may take two gradients apart, as a part of the largest number that went into them.

    Half of the digits of `dtype`; on a CPU, where kernels run again in the same order, at most 256 units in the last
    place: 3e-5 in float32, 6e-14 in float64, 9e-2 in bfloat16.
    """
    eps = torch.finfo(dtype).eps
    return min(math.sqrt(eps), _ULPS * eps) if device == "cpu" else math.sqrt(eps)


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.detach()
    return tensor if tensor.layout == torch.strided else tensor.to_dense()


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """The same elements seen as integers of their size."""
    tensor = tensor.detach().resolve_conj().resolve_neg()
    real = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    return real.view(_INTEGERS[real.element_size()])
