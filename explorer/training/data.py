"""The numbers of every dataset: made here from a seed, or read from what is installed; nothing is downloaded.

Each draws from a generator of its own, on the CPU, so that it neither reads nor moves the global random state: a model is
initialised and dropped out as if no data had been made, and the data is the same on every device.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Generator, Tensor

import explorer.models
from explorer.ir import DataRequest
from explorer.models import CONTEXT, LETTERS, Dataset, ModelError, asked_dataset, read_table
from explorer.training import packaged
from explorer.training.error import TrainingError

_Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Data:
    """What a training run learns from, on its device."""

    dataset: Dataset
    x_train: Tensor
    y_train: Tensor
    x_val: Tensor
    y_val: Tensor

    def names(self) -> dict[str, Tensor]:
        """As the code knows them."""
        return {"x_train": self.x_train, "y_train": self.y_train, "x_val": self.x_val, "y_val": self.y_val}


def load(request: DataRequest, seed: int, device: str = "cpu") -> Data:
    """The rows that a request asks for, parted by `seed` into those that train and those held back.

    Raises:
        TrainingError: there is no such dataset, or the table cannot be read.
    """
    try:
        dataset = asked_dataset(request)
    except ModelError as problem:
        raise TrainingError(problem.sentence.key, **problem.sentence.values) from None
    with torch.device("cpu"):
        rows, targets = _of_table(request) if dataset.source == "table" else make(dataset, seed)
        generator = torch.Generator(device="cpu").manual_seed(seed)
        order = torch.randperm(len(rows), generator=generator)
        held = min(int(len(rows) * min(max(request.held_back, 0.0), 0.9)), len(rows) - 1)
        train, val = order[held:].sort().values, order[:held].sort().values
        parts = (rows[train], targets[train], rows[val], targets[val])
    return Data(dataset, *(part.to(device) for part in parts))


def make(dataset: Dataset, seed: int) -> _Pair:
    """All rows and targets of a dataset.

    Returns:
        Rows, float32 of shape (points, inputs) (of text int64), and targets: float32 of shape (points, outputs) for
        regression, int64 of shape (points,) for classes.
    """
    if dataset.source == "packaged":
        return packaged.table(dataset.name)
    if dataset.source == "text":
        return _text(dataset.points)
    generator = torch.Generator(device="cpu").manual_seed(seed)
    with torch.device("cpu"):
        return _MAKERS[dataset.name](dataset.points, generator)


def read_all() -> None:
    """Read every file of numbers now: a jailed child can open none."""
    packaged.load_all()
    story()


def _of_table(request: DataRequest) -> _Pair:
    """A person's table, its columns scaled to mean 0 and deviation 1 in float64; so is a column of numbers to predict."""
    table = read_table(request.table, request.target)
    rows = _scaled(torch.tensor(table.rows, dtype=torch.float64))
    targets = torch.tensor(table.targets, dtype=torch.float64)
    return rows, targets.long() if table.classes else _scaled(targets[:, None])


def _scaled(columns: Tensor) -> Tensor:
    """A column that is the same in every row becomes 0."""
    deviation = columns.std(dim=0, correction=0)
    return ((columns - columns.mean(dim=0)) / deviation.where(deviation > 0, torch.ones(()).double())).float()


@cache
def story() -> Tensor:
    """The product's own text as numbers, int64: places in `LETTERS`."""
    text = Path(explorer.models.__file__).with_name("story.txt").read_text(encoding="ascii")
    return torch.tensor([LETTERS.index(letter) for letter in text])


def _text(count: int) -> _Pair:
    """Windows of `CONTEXT` characters, one after the other, and the character that follows each."""
    numbers = story()
    return numbers.unfold(0, CONTEXT, 1)[:count].clone(), numbers[CONTEXT : CONTEXT + count].clone()


def _point(count: int, generator: Generator) -> _Pair:
    return torch.tensor([[1.0, 2.0]]).repeat(count, 1), torch.tensor([[5.0]]).repeat(count, 1)


def _line(count: int, generator: Generator) -> _Pair:
    points = 2.0 * torch.rand(count, 1, generator=generator) - 1.0
    return points, 2.0 * points + 0.5 + 0.1 * torch.randn(count, 1, generator=generator)


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
    "line": _line,
    "linear": _linear,
    "sine": _sine,
    "moons": _moons,
    "circles": _circles,
    "spiral": _spiral,
}
