"""The datasets: small, made here from a seed, nothing to download.

Each draws from a generator of its own, on the CPU, so that it neither reads nor moves the global random state: a model is
initialised and dropped out as if no data had been made, and the data is the same on every device.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from explorer.models import Dataset

_Pair = tuple[Tensor, Tensor]


def make(dataset: Dataset, seed: int) -> _Pair:
    """Points and targets of a dataset.

    Returns:
        Points, float32 of shape (points, inputs), and targets: float32 of shape (points, outputs) for regression,
        int64 of shape (points,) for classes.
    """
    generator = torch.Generator(device="cpu").manual_seed(seed)
    with torch.device("cpu"):
        return _MAKERS[dataset.name](dataset.points, generator)


def _point(count: int, generator: Generator) -> _Pair:
    return torch.tensor([[1.0, 2.0]]).repeat(count, 1), torch.tensor([[5.0]]).repeat(count, 1)


def _linear(count: int, generator: Generator) -> _Pair:
    points = torch.randn(count, 2, generator=generator)
    noise = 0.1 * torch.randn(count, 1, generator=generator)
    return points, points @ torch.tensor([[2.0], [-3.0]]) + 1.0 + noise


def _sine(count: int, generator: Generator) -> _Pair:
    angles = math.pi * (2.0 * torch.rand(count, 1, generator=generator) - 1.0)
    return angles, torch.sin(angles) + 0.05 * torch.randn(count, 1, generator=generator)


def _moons(count: int, generator: Generator) -> _Pair:
    classes = torch.arange(count) % 2
    angles = math.pi * torch.rand(count, generator=generator)
    upper = torch.stack([torch.cos(angles), torch.sin(angles)], dim=1)
    lower = torch.stack([1.0 - torch.cos(angles), 0.5 - torch.sin(angles)], dim=1)
    points = torch.where(classes[:, None] == 0, upper, lower)
    return points + 0.1 * torch.randn(count, 2, generator=generator), classes


def _circles(count: int, generator: Generator) -> _Pair:
    classes = torch.arange(count) % 2
    angles = 2.0 * math.pi * torch.rand(count, generator=generator)
    radii = torch.where(classes == 0, 1.0, 0.5)
    points = radii[:, None] * torch.stack([torch.cos(angles), torch.sin(angles)], dim=1)
    return points + 0.08 * torch.randn(count, 2, generator=generator), classes


def _spiral(count: int, generator: Generator) -> _Pair:
    classes = torch.arange(count) % 3
    radii = torch.linspace(0.1, 1.0, count)
    angles = 4.0 * radii + 2.0 * math.pi / 3.0 * classes + 0.1 * torch.randn(count, generator=generator)
    return radii[:, None] * torch.stack([torch.sin(angles), torch.cos(angles)], dim=1), classes


_MAKERS: dict[str, Callable[[int, Generator], _Pair]] = {
    "point": _point,
    "linear": _linear,
    "sine": _sine,
    "moons": _moons,
    "circles": _circles,
    "spiral": _spiral,
}
