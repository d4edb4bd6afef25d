"""The numbers of every dataset: made here from a seed, or read from what is installed; nothing is downloaded.

All of it is made on the CPU and from generators of its own: a model is initialised and dropped out as if no data had been made, and
the data is the same on every device.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

import explorer.models
from explorer.ir import DataRequest
from explorer.models import CONTEXT, LETTERS, Dataset, ModelError, asked_dataset, read_table
from explorer.training import packaged
from explorer.training.error import TrainingError
from explorer.training.rows import Pair, made, parted, scaled, windows


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
        parts = parted(rows, targets, request.held_back, seed)
    return Data(dataset, *(part.to(device) for part in parts))


def make(dataset: Dataset, seed: int) -> Pair:
    """All rows and targets of a dataset.

    Returns:
        Rows, float32 of shape (points, inputs) (of text int64), and targets: float32 of shape (points, outputs) for
        regression, int64 of shape (points,) for classes.
    """
    if dataset.source == "packaged":
        return packaged.table(dataset.name)
    if dataset.source == "text":
        return windows(story(), LETTERS, CONTEXT, dataset.points)
    return made(dataset.name, dataset.points, seed)


def read_all() -> None:
    """Read every file of numbers now: a jailed child can open none."""
    packaged.load_all()
    story()


def _of_table(request: DataRequest) -> Pair:
    """A person's table, its columns scaled; so is a column of numbers to predict."""
    table = read_table(request.table, request.target)
    rows = scaled(torch.tensor(table.rows, dtype=torch.float64))
    targets = torch.tensor(table.targets, dtype=torch.float64)
    return rows, targets.long() if table.classes else scaled(targets[:, None])


@cache
def story() -> str:
    """The product's own text."""
    return Path(explorer.models.__file__).with_name("story.txt").read_text(encoding="ascii")
