"""The first forward call that gave a NaN, and the first that gave an infinity: by the sum of each output.

Cannot see: numbers inside vmap, on another device than the CPU, of sparse and complex outputs, of over `MOST_ELEMENTS` elements,
and in memory that was not filled yet (``torch.empty``). What views, ReLU and random initialisation give is not looked at: it
is finite where what they were given is, which an earlier call has made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

MOST_ELEMENTS = 2**24
_FEW = 64
_KEEP_FINITE = frozenset(
    {"empty", "empty_like", "empty_strided", "new_empty", "zeros", "zeros_like", "zero_", "ones", "ones_like", "arange"}
    | {"rand", "rand_like", "randn", "randn_like", "uniform_", "kaiming_uniform_", "kaiming_normal_", "xavier_uniform_"}
    | {"xavier_normal_", "view", "view_as", "reshape", "flatten", "unflatten", "transpose", "permute", "t", "T", "mT"}
    | {"squeeze", "unsqueeze", "expand", "expand_as", "chunk", "split", "unbind", "narrow", "select", "__getitem__"}
    | {"contiguous", "detach", "data", "relu", "relu_", "max_pool2d"}
)
"""Calls that give nothing that is not finite unless they were given it, or give memory that was not filled yet."""
_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError)


class FiniteWatch:
    """Indices of the first calls with an output that is not finite; to be told under ``quiet``."""

    def __init__(self) -> None:
        self.first_nan: int | None = None
        self.first_inf: int | None = None

    def look(self, index: int, name: str, outputs: Sequence[torch.Tensor]) -> None:
        """Look at the outputs of call number `index`."""
        if (self.first_nan is not None and self.first_inf is not None) or name in _KEEP_FINITE:
            return
        for output in outputs:
            if output.is_floating_point() and output.is_cpu and output.layout == torch.strided:
                self._look_at(index, output)

    def _look_at(self, index: int, output: torch.Tensor) -> None:
        try:
            if output.numel() > MOST_ELEMENTS or math.isfinite(_sum(output)):
                return
            if self.first_nan is None and bool(output.isnan().any()):
                self.first_nan = index
            if self.first_inf is None and bool(output.isinf().any()):
                self.first_inf = index
        except _UNREADABLE:
            return


def _sum(output: torch.Tensor) -> float:
    """Of few elements by Python: torch's own call would take longer than all that it adds up."""
    if output.numel() > _FEW or output.ndim > 2:
        return float(output.detach().sum().item())
    values: Any = torch.Tensor.tolist(output)
    return float(values if output.ndim == 0 else sum(values) if output.ndim == 1 else sum(map(sum, values)))
