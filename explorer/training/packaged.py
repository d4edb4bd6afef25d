"""The tables that scikit-learn carries, read from its files: importing it would cost a worker a second and 70 MB for five tables.

Columns are scaled to mean 0 and deviation 1 (over all rows, in float64), digits to 0 to 1, so that a learning rate means the same
everywhere. A test compares them with ``sklearn.datasets``.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

_FILES = {"iris": "iris.csv", "wine": "wine_data.csv", "breast_cancer": "breast_cancer.csv"}


@cache
def table(name: str) -> tuple[Tensor, Tensor]:
    """Rows, float32 of shape (rows, inputs), and targets: int64 classes, or float32 of shape (rows, 1)."""
    if name == "digits":
        numbers = _read("digits.csv.gz", ",")
        return torch.from_numpy((numbers[:, :-1] / 16).astype(np.float32)), _classes(numbers[:, -1])
    if name == "diabetes":
        targets = _scaled(_read("diabetes_target.csv.gz", None).reshape(-1, 1))
        return torch.from_numpy(_scaled(_read("diabetes_data_raw.csv.gz", None))), torch.from_numpy(targets)
    numbers = _read(_FILES[name], ",", skip=1)
    return torch.from_numpy(_scaled(numbers[:, :-1])), _classes(numbers[:, -1])


def load_all() -> None:
    """Read every table."""
    for name in (*_FILES, "digits", "diabetes"):
        table(name)


def _read(file: str, delimiter: str | None, skip: int = 0) -> np.ndarray:
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("scikit-learn is not installed")
    path = Path(spec.submodule_search_locations[0], "datasets", "data", file)
    return np.loadtxt(path, delimiter=delimiter, skiprows=skip)


def _scaled(columns: np.ndarray) -> Any:
    return ((columns - columns.mean(axis=0)) / columns.std(axis=0)).astype(np.float32)


def _classes(column: np.ndarray) -> Tensor:
    return torch.from_numpy(column.astype(np.int64))
