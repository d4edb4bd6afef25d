"""What a proof has found: one comparison after another, then the record that tells the worst of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from explorer.capture.differences import difference, magnitude, same_bits, tolerance
from explorer.ir import Verification, number


@dataclass(frozen=True)
class _Comparison:
    at: int
    leaf: bool
    same: bool
    apart: float
    allowed: float

    @property
    def share(self) -> float:
        """Which part of what is allowed the difference takes; above 1 it is too much."""
        if not self.apart:
            return 0.0
        return self.apart / self.allowed if self.allowed else math.inf


class Comparisons:
    """Our own gradients beside autograd's, by node id. A leaf's counts as such, also where ``autograd.grad`` returned it."""

    def __init__(self) -> None:
        self._all: list[_Comparison] = []

    @property
    def telling(self) -> bool:
        """Whether a leaf was compared, or something was wrong on the way to one."""
        return any(one.leaf or one.share > 1 for one in self._all)

    def add(
        self, at: int, mine: torch.Tensor | None, theirs: torch.Tensor | None, *, leaf: bool, scale: float = 0.0
    ) -> None:
        """Compare; an undefined gradient counts as zeros. `scale` is the largest number that went into the gradient."""
        some = mine if theirs is None else theirs
        if some is None:
            return
        mine, theirs = (torch.zeros_like(some) if one is None else one for one in (mine, theirs))
        same = same_bits(mine, theirs)
        apart = 0.0 if same else difference(mine, theirs)
        allowed = tolerance(theirs.dtype, theirs.device.type) * max(scale, magnitude(theirs)) if apart else 0.0
        self._all.append(_Comparison(at, leaf, same, apart, allowed))

    def wrong(self, at: int, apart: float = math.inf) -> None:
        """Something came to a node, or left it, that had no place there."""
        self._all.append(_Comparison(at, False, False, apart, 0.0))

    def verification(self, name: Callable[[int], str], executed: int, adopted: tuple[str, ...]) -> Verification:
        """The record. Worst is what takes the largest part of its tolerance, a leaf before a node; there is at least one."""
        worst = max(self._all, key=lambda one: (one.leaf and one.share > 1, one.share, one.apart))
        leaves = [one for one in self._all if one.leaf]
        return Verification(
            status="failed" if worst.share > 1 else "verified",
            leaves=len(leaves),
            equal=sum(one.same for one in leaves),
            largest_difference=number(worst.apart),
            tolerance=worst.allowed,
            worst=name(worst.at) if worst.apart else None,
            executed=executed,
            adopted=adopted,
        )
