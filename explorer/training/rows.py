"""The numbers of the small datasets, from a seed. It needs torch alone: a script that repeats a training carries this text.

Each maker draws from the generator that it is given, so that it neither reads nor moves the global random state.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

Pair = tuple[Tensor, Tensor]
"""Rows, and one target each."""


def made(name: str, count: int, seed: int) -> Pair:
    """All rows and targets of a dataset that is made from a seed."""
    generator = torch.Generator(device="cpu").manual_seed(seed)
    with torch.device("cpu"):
        return MAKERS[name](count, generator)


def windows(text: str, letters: str, context: int, count: int) -> Pair:
    """Of a text the first `count` pieces of `context` characters, and the character that follows each, as places in `letters`."""
    numbers = torch.tensor([letters.index(letter) for letter in text])
    return numbers.unfold(0, context, 1)[:count].clone(), numbers[context : context + count].clone()


def scaled(columns: Tensor) -> Tensor:
    """float64 columns as float32 ones of mean 0 and deviation 1; a column that is the same in every row becomes 0."""
    deviation = columns.std(dim=0, correction=0)
    return ((columns - columns.mean(dim=0)) / deviation.where(deviation > 0, torch.ones(()).double())).float()


def parted(rows: Tensor, targets: Tensor, held_back: float, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """``x_train, y_train, x_val, y_val``: a share `held_back` of all rows is chosen by `seed`; each part keeps the order."""
    order = torch.randperm(len(rows), generator=torch.Generator(device="cpu").manual_seed(seed), device="cpu")
    held = min(int(len(rows) * min(max(held_back, 0.0), 0.9)), len(rows) - 1)
    train, val = order[held:].sort().values, order[:held].sort().values
    return rows[train], targets[train], rows[val], targets[val]


def _point(count: int, generator: Generator) -> Pair:
    return torch.tensor([[1.0, 2.0]]).repeat(count, 1), torch.tensor([[5.0]]).repeat(count, 1)


def _line(count: int, generator: Generator) -> Pair:
    points = 2.0 * torch.rand(count, 1, generator=generator) - 1.0
    return points, 2.0 * points + 0.5 + 0.1 * torch.randn(count, 1, generator=generator)


def _linear(count: int, generator: Generator) -> Pair:
    points = torch.randn(count, 2, generator=generator)
    noise = 0.1 * torch.randn(count, 1, generator=generator)
    return points, points @ torch.tensor([[2.0], [-3.0]]) + 1.0 + noise


def _sine(count: int, generator: Generator) -> Pair:
    angles = math.pi * (2.0 * torch.rand(count, 1, generator=generator) - 1.0)
    return angles, torch.sin(angles) + 0.05 * torch.randn(count, 1, generator=generator)


def _moons(count: int, generator: Generator) -> Pair:
    classes = torch.arange(count) % 2
    angles = math.pi * torch.rand(count, generator=generator)
    upper = torch.stack([torch.cos(angles), torch.sin(angles)], dim=1)
    lower = torch.stack([1.0 - torch.cos(angles), 0.5 - torch.sin(angles)], dim=1)
    points = torch.where(classes[:, None] == 0, upper, lower)
    return points + 0.1 * torch.randn(count, 2, generator=generator), classes


def _circles(count: int, generator: Generator) -> Pair:
    classes = torch.arange(count) % 2
    angles = 2.0 * math.pi * torch.rand(count, generator=generator)
    radii = torch.where(classes == 0, 1.0, 0.5)
    points = radii[:, None] * torch.stack([torch.cos(angles), torch.sin(angles)], dim=1)
    return points + 0.08 * torch.randn(count, 2, generator=generator), classes


def _spiral(count: int, generator: Generator) -> Pair:
    classes = torch.arange(count) % 3
    radii = torch.linspace(0.1, 1.0, count)
    angles = 4.0 * radii + 2.0 * math.pi / 3.0 * classes + 0.1 * torch.randn(count, generator=generator)
    return radii[:, None] * torch.stack([torch.sin(angles), torch.cos(angles)], dim=1), classes


MAKERS: dict[str, Callable[[int, Generator], Pair]] = {
    "point": _point,
    "line": _line,
    "linear": _linear,
    "sine": _sine,
    "moons": _moons,
    "circles": _circles,
    "spiral": _spiral,
}
