"""Finite differences of one call, beside the vector-Jacobian product of autograd.

A seeded direction v of the outputs turns the call into one number v^T f. Its difference quotient is taken to both sides and in the
middle, element by element where an input has few, else along one seeded direction.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch

from explorer.capture.repeated import Again

_SMALLEST = 0.01
"""An element nearer to 0 than this gets the step of one of this size."""

_MOST_SINGLE = 64
_SECONDS = 2.0
_SEED = 20_260

Verdict = tuple[Literal["agrees", "differs"], str | None]


class ImpossibleError(Exception):
    """Why there is nothing to compare, in the word that the record holds."""


class Pull:
    """The call with a direction of its outputs, so that it has one number to differentiate."""

    def __init__(self, call: Again, tensors: list[torch.Tensor], unused: frozenset[int]) -> None:
        self._call = call
        began, state = time.perf_counter(), torch.get_rng_state()
        first = self._attached(tensors)[1]
        self.seconds = time.perf_counter() - began
        if not bool(torch.equal(state, torch.get_rng_state())) or not _same(first, self._attached(tensors)[1]):
            raise ImpossibleError("random")
        if not any(map(is_real_or_complex, first)):
            raise ImpossibleError("integer")
        self._chosen = [at for at, output in enumerate(first) if output.requires_grad and at not in unused]
        if not self._chosen:
            raise ImpossibleError("nothing")
        chosen = [first[at].detach() for at in self._chosen]
        generator = torch.Generator().manual_seed(_SEED)
        self._directions = [torch.where(one.isfinite(), _direction(one, generator), 0) for one in chosen]
        if not any(bool(direction.any()) for direction in self._directions):
            raise ImpossibleError("not_finite")
        self.size = sum(_inner(way.abs(), one.abs()) for way, one in zip(self._directions, chosen, strict=True))
        """What v^T f is summed from: its rounding error is a part of this."""
        self.eps = max(float(torch.finfo(one.dtype).eps) for one in chosen)
        self.step = self.eps ** (1 / 3)
        """Where rounding and curvature cost the same."""
        self.tolerance = 1e-6 if self.eps < 1e-15 else 5e-3 if self.eps < 1e-6 else 0.1
        """Of the largest derivative, or of 1."""

    def number(self, tensors: list[torch.Tensor]) -> float:
        """v^T f, the real part of it where f is complex."""
        with torch.no_grad():
            outputs = self._call.outputs(tensors)
            parts = zip(self._directions, self._chosen, strict=True)
            return sum(_inner(direction, outputs[at]) for direction, at in parts)

    def products(self, tensors: list[torch.Tensor], places: list[int]) -> list[torch.Tensor]:
        """v^T J for each of the inputs at `places`, as autograd computes it, in float64."""
        leaves, outputs = self._attached(tensors)
        chosen = [outputs[at] for at in self._chosen]
        sent = [direction.to(output.dtype) for direction, output in zip(self._directions, chosen, strict=True)]
        inputs = [leaves[at] for at in places]
        found = torch.autograd.grad(chosen, inputs, sent, allow_unused=True)
        pairs = zip(found, inputs, strict=True)
        return [doubled(torch.zeros_like(leaf) if product is None else product).detach() for product, leaf in pairs]

    def _attached(self, tensors: list[torch.Tensor]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        leaves = [
            tensor.clone().requires_grad_(wanted and (tensor.dtype.is_floating_point or tensor.is_complex()))
            for tensor, wanted in zip(tensors, self._call.wanted, strict=True)
        ]
        return leaves, self._call.outputs(leaves)


@dataclass(frozen=True)
class Asked:
    """Finite differences by one input: to both sides and in the middle, element by element or along one direction."""

    left: torch.Tensor
    middle: torch.Tensor
    right: torch.Tensor
    rounding: float
    """How far off they may be because f itself is rounded."""
    along: torch.Tensor | None = None

    def seen(self, product: torch.Tensor) -> torch.Tensor:
        """A product as it compares with these."""
        return product if self.along is None else torch.tensor(_inner(self.along, product), dtype=torch.float64)

    def near(self, found: torch.Tensor, tolerance: float) -> torch.Tensor:
        """Where a product is what these are."""
        return (found - self.middle).abs() <= self._room(found, tolerance)

    def jumps(self, found: torch.Tensor, tolerance: float) -> torch.Tensor:
        """Where the two sides differ."""
        return ~((self.right - self.left).abs() <= self._room(found, tolerance))

    def alike_in_part(self, found: torch.Tensor, tolerance: float) -> bool:
        """Whether the symmetric parts, or those of one triangle, are alike; taken as alike where only one direction was asked."""
        if self.along is not None:
            return True
        if found.ndim < 2 or found.shape[-1] != found.shape[-2]:
            return False
        apart, room = found - self.middle, self._room(found, tolerance)
        return any(bool((part.abs() <= room).all()) for part in (apart + apart.mH, apart.tril(), apart.triu()))

    def _room(self, found: torch.Tensor, tolerance: float) -> float:
        return tolerance * _scale(found, self.middle) + self.rounding

    def between(self, found: torch.Tensor, tolerance: float) -> torch.Tensor:
        """Where a product is one of the slopes that a kink allows."""
        if found.is_complex():
            return torch.zeros(found.shape, dtype=torch.bool)
        room = self._room(found, tolerance)
        low, high = torch.minimum(self.left, self.right), torch.maximum(self.left, self.right)
        return (low - room <= found) & (found <= high + room)


class Differences:
    """Finite differences of one number by the elements of the inputs."""

    def __init__(self, pull: Pull, tensors: list[torch.Tensor]) -> None:
        self._pull, self._tensors = pull, tensors
        self._here = pull.number(tensors)
        self._until = time.perf_counter() + _SECONDS

    def judge(self, at: int, product: torch.Tensor) -> tuple[Asked, torch.Tensor, Verdict]:
        """The quotients by the tensor at this place, the product as it compares with them, and what that says.

        Where they differ a step of a tenth decides: at a kink the jump between the sides stays as large, elsewhere it shrinks.
        """
        tolerance = self._pull.tolerance
        wide = self.of(at, self._pull.step)
        found = wide.seen(product)
        if bool((wide.near(found, tolerance) & ~wide.jumps(found, tolerance)).all()):
            return wide, found, ("agrees", None)
        fine = self.of(at, self._pull.step / 10)
        kinks = fine.jumps(found, tolerance) & ((fine.right - fine.left).abs() > (wide.right - wide.left).abs() / 2)
        apart = ~wide.near(found, tolerance) & ~fine.near(found, tolerance)
        if not bool(apart.any()):
            asked = wide if bool(wide.near(found, tolerance).all()) else fine
            return asked, found, ("agrees", "kink" if bool(kinks.any()) else None)
        fault = apart & ~(kinks & fine.between(found, tolerance))
        return wide, found, ("differs", None if bool(fault.any()) else "kink")

    def of(self, at: int, step: float) -> Asked:
        """By the tensor at this place, with `step` relative to its elements."""
        tensor = self._tensors[at]
        count = tensor.numel() * (2 if tensor.is_complex() else 1)
        rounding = 10 * self._pull.eps * self._pull.size / (step * _SMALLEST)
        if tensor.numel() <= _MOST_SINGLE and 4 * count * self._pull.seconds < _SECONDS / 2:
            left, middle, right = self._single(at, tensor, step)
            return Asked(left, middle, right, rounding)
        along = _direction(tensor, torch.Generator().manual_seed(_SEED + 1 + at))
        slopes = [torch.tensor(slope, dtype=torch.float64) for slope in self._slopes(at, along, step)]
        return Asked(slopes[0], slopes[1], slopes[2], rounding, along)

    def _single(self, at: int, tensor: torch.Tensor, step: float) -> Iterator[torch.Tensor]:
        found = [torch.zeros_like(tensor).flatten() for _ in range(3)]
        for place in range(tensor.numel()):
            basis = torch.zeros_like(tensor).flatten()
            basis[place] = 1
            for unit in (1.0, 1j) if tensor.is_complex() else (1.0,):
                along = basis * unit
                slopes = self._slopes(at, along.reshape(tensor.shape), step)
                for side in range(3):
                    found[side] += slopes[side] * along
        return (kept.reshape(tensor.shape) for kept in found)

    def _slopes(self, at: int, along: torch.Tensor, step: float) -> tuple[float, float, float]:
        """To the left, in the middle, to the right."""
        if time.perf_counter() > self._until:
            raise ImpossibleError("large")
        tensor = self._tensors[at]
        size = step * max(_SMALLEST, float((tensor.abs() * (along != 0)).max()))
        left, right = (
            self._pull.number([*self._tensors[:at], tensor + sign * size * along, *self._tensors[at + 1 :]])
            for sign in (-1, 1)
        )
        return (self._here - left) / size, (right - left) / (2 * size), (right - self._here) / size


def is_real_or_complex(tensor: torch.Tensor) -> bool:
    return tensor.dtype.is_floating_point or tensor.is_complex()


def _scale(*products: torch.Tensor) -> float:
    return max(1.0, *(float(each.abs().max()) for each in products if each.numel()))


def close_in_own(own: torch.Tensor, double: torch.Tensor, dtype: torch.dtype) -> bool:
    """Whether the same product in the tensor's own precision is near."""
    return bool(((own - double).abs() <= 10 * torch.finfo(dtype).eps ** 0.5 * _scale(double)).all())


def doubled(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.is_complex():
        return tensor.to(torch.complex128)
    return tensor.to(torch.float64) if tensor.dtype.is_floating_point else tensor


def _direction(like: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """A seeded direction of that shape, on its device; 1 where there is only one number."""
    dtype = torch.complex128 if like.is_complex() else torch.float64
    if like.numel() == 1:
        return torch.ones(like.shape, dtype=dtype, device=like.device)
    return torch.randn(like.shape, dtype=dtype, generator=generator).to(like.device)


def _inner(a: torch.Tensor, b: torch.Tensor) -> float:
    """Their product summed over the places where `a` is not 0, whatever stands in `b` elsewhere; its real part."""
    return float(torch.where(a != 0, a.conj() * doubled(b), 0).sum().real)


def _same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    pairs = zip(a, b, strict=True)
    return all(
        torch.equal(one.isnan(), other.isnan()) and torch.equal(_plain(one), _plain(other)) for one, other in pairs
    )


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    return torch.where(tensor.isnan(), 0, tensor)
