"""The facts of what a model can be trained on; `explorer.training.data` has the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from explorer.ir import DataKind, DataRequest
from explorer.models.snippet import ModelError, nearest
from explorer.models.table import read_table

TABLE = "table"
"""Name of the dataset that a person brings as CSV."""


@dataclass(frozen=True)
class Dataset:
    """Rows of numbers, with nothing to download."""

    name: str
    points: int
    inputs: int
    """Numbers a row has: the model takes ``(batch, inputs)``."""
    outputs: int
    """Numbers the model gives for a row: ``(batch, outputs)``; for classes their number."""
    kind: DataKind
    """``regression`` is trained with ``nn.MSELoss``, ``classes`` with ``nn.CrossEntropyLoss``."""
    source: Literal["made", "packaged", "text", "table"] = "made"
    """From a seed; from files that scikit-learn brings; the product's own text; a person's CSV."""

    @property
    def title(self) -> str:
        """Key of its name for people."""
        return f"datasets.{self.name}.title"

    @property
    def description(self) -> str:
        """Key of one sentence on what it is."""
        return f"datasets.{self.name}.description"


LETTERS = "\n abcdefghijklmnopqrstuvwxyz.,"
"""The characters of the text, in the order of their numbers."""

CONTEXT = 16
"""Characters that a model of text reads to say the next one."""


@cache
def datasets() -> tuple[Dataset, ...]:
    """Every dataset, from one point to real measurements and a text."""
    return (
        Dataset("point", points=1, inputs=2, outputs=1, kind="regression"),
        Dataset("line", points=64, inputs=1, outputs=1, kind="regression"),
        Dataset("linear", points=128, inputs=2, outputs=1, kind="regression"),
        Dataset("sine", points=256, inputs=1, outputs=1, kind="regression"),
        Dataset("moons", points=256, inputs=2, outputs=2, kind="classes"),
        Dataset("circles", points=256, inputs=2, outputs=2, kind="classes"),
        Dataset("spiral", points=300, inputs=2, outputs=3, kind="classes"),
        Dataset("digits", points=1797, inputs=64, outputs=10, kind="classes", source="packaged"),
        Dataset("iris", points=150, inputs=4, outputs=3, kind="classes", source="packaged"),
        Dataset("wine", points=178, inputs=13, outputs=3, kind="classes", source="packaged"),
        Dataset("breast_cancer", points=569, inputs=30, outputs=2, kind="classes", source="packaged"),
        Dataset("diabetes", points=442, inputs=10, outputs=1, kind="regression", source="packaged"),
        Dataset("text", points=1_500, inputs=CONTEXT, outputs=len(LETTERS), kind="classes", source="text"),
    )


def find_dataset(name: str) -> Dataset:
    """The dataset of that name.

    Raises:
        ModelError: there is none; the text names the nearest one and all others.
    """
    known = {dataset.name: dataset for dataset in datasets()}
    if name not in known:
        raise ModelError("datasets.unknown", name=name[:40], nearest=nearest(name, known), names=", ".join(known))
    return known[name]


def asked_dataset(request: DataRequest) -> Dataset:
    """What a request asks for, a person's table included.

    Raises:
        ModelError: there is no such dataset, or the table cannot be read; the text says where.
    """
    if request.dataset != TABLE:
        return find_dataset(request.dataset)
    table = read_table(request.table, request.target)
    outputs = len(table.classes) or 1
    kind: DataKind = "classes" if table.classes else "regression"
    return Dataset(TABLE, len(table.rows), len(table.inputs), outputs, kind, "table")
