"""Models for the Training page: code that builds ``model`` for as many inputs and outputs as a dataset has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from explorer.models.datasets import Dataset
from explorer.models.snippet import fill, read


@dataclass(frozen=True)
class TrainableModel:
    """One model that fits every dataset."""

    name: str

    @property
    def title(self) -> str:
        """Key of its name for people."""
        return f"trainable.{self.name}.title"

    def code(self, dataset: Dataset) -> str:
        """The snippet for this dataset's number of inputs and outputs."""
        return fill(read(f"train_{self.name}"), {"INPUTS": dataset.inputs, "OUTPUTS": dataset.outputs})


@cache
def trainable_models() -> tuple[TrainableModel, ...]:
    """A line, a small network, and one deep enough to see gradients vanish."""
    return (TrainableModel("linear"), TrainableModel("mlp"), TrainableModel("deep"))
