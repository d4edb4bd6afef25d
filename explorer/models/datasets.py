"""The facts of the small datasets that a model can be trained on; `explorer.training.data` makes their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from explorer.models.snippet import ModelError, nearest


@dataclass(frozen=True)
class Dataset:
    """Points made from a seed, with nothing to download."""

    name: str
    points: int
    inputs: int
    """Numbers a point has: the model takes ``(batch, inputs)``."""
    outputs: int
    """Numbers the model gives for a point: ``(batch, outputs)``; for classes their number."""
    kind: Literal["regression", "classes"]
    """``regression`` is trained with ``nn.MSELoss``, ``classes`` with ``nn.CrossEntropyLoss``."""

    @property
    def title(self) -> str:
        """Key of its name for people."""
        return f"datasets.{self.name}.title"

    @property
    def description(self) -> str:
        """Key of one sentence on what it is."""
        return f"datasets.{self.name}.description"


@cache
def datasets() -> tuple[Dataset, ...]:
    """Every dataset, from one point to three intertwined arms."""
    return (
        Dataset("point", points=1, inputs=2, outputs=1, kind="regression"),
        Dataset("linear", points=128, inputs=2, outputs=1, kind="regression"),
        Dataset("sine", points=256, inputs=1, outputs=1, kind="regression"),
        Dataset("moons", points=256, inputs=2, outputs=2, kind="classes"),
        Dataset("circles", points=256, inputs=2, outputs=2, kind="classes"),
        Dataset("spiral", points=300, inputs=2, outputs=3, kind="classes"),
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
