"""Models for the Training page: code that builds ``model`` for as many inputs and outputs as the data has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from explorer.models.datasets import Dataset
from explorer.models.recipe import Recipe, loop
from explorer.models.snippet import fill, read


@dataclass(frozen=True)
class TrainableModel:
    """One model that fits some datasets."""

    name: str
    only: str = ""
    """Name of the one dataset that it fits; empty where it fits every one of plain numbers."""

    @property
    def title(self) -> str:
        """Key of its name for people."""
        return f"trainable.{self.name}.title"

    def fits(self, dataset: Dataset) -> bool:
        return dataset.name == self.only if self.only else dataset.source != "text"

    def code(self, dataset: Dataset) -> str:
        """The snippet that builds it, for this dataset's number of inputs and outputs."""
        return fill(read(f"train_{self.name}"), {"INPUTS": dataset.inputs, "OUTPUTS": dataset.outputs})

    def program(self, dataset: Dataset, recipe: Recipe, device: str = "cpu") -> str:
        """The whole training: the model, then the loop. Raises `ModelError` where the recipe has a number that cannot be."""
        return f"{self.code(dataset)}\n{loop(recipe, dataset.kind, device)}"


@cache
def trainable_models() -> tuple[TrainableModel, ...]:
    """A line, a small network, one deep enough to see gradients vanish, and two for one kind of data each."""
    return (
        TrainableModel("linear"),
        TrainableModel("mlp"),
        TrainableModel("deep"),
        TrainableModel("cnn", only="digits"),
        TrainableModel("text", only="text"),
    )


def models_for(dataset: Dataset) -> tuple[TrainableModel, ...]:
    """Those that fit `dataset`; at least one."""
    return tuple(model for model in trainable_models() if model.fits(dataset))
