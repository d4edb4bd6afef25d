"""The state of the Training page: one small serialisable record, from which everything on the page follows."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from explorer.ir import Record, TrainingRequest
from explorer.models import TrainableModel, find_dataset, trainable_models

MOMENTUM = ("SGD", "RMSprop")
"""Optimizers that have a momentum."""


def _code(model: str, dataset: str) -> str:
    return find_trainable(model).code(find_dataset(dataset))


def find_trainable(name: str) -> TrainableModel:
    """The model of that name, which must be one of `trainable_models`."""
    return next(model for model in trainable_models() if model.name == name)


class TrainingState(Record, frozen=True, kw_only=True):
    """What a person chose and typed on the Training page. Equal states show equal pages."""

    model: str = "mlp"
    request: TrainingRequest = TrainingRequest(
        code=_code("mlp", "moons"), dataset="moons", optimizer="SGD", learning_rate=0.1, momentum=0.9, steps=300
    )
    """What Start asks for; its code is the text in the editor."""
    revision: int = 0
    """Grows when the page puts a text into the editor: until then the text is the person's."""
    log: bool = False
    """Logarithmic axes."""

    @property
    def edited(self) -> bool:
        """Whether the text is no longer that of the chosen model."""
        return self.request.code != _code(self.model, self.request.dataset)

    def with_request(self, **fields: Any) -> TrainingState:
        """The state with fields of the request changed; the text stays as it is."""
        return replace(self, request=replace(self.request, **fields))

    def with_model(self, model: str) -> TrainingState:
        """Choose a model, or the same one again: its text replaces what was typed."""
        code = _code(model, self.request.dataset)
        return replace(self.with_request(code=code), model=model, revision=self.revision + 1)

    def with_dataset(self, dataset: str) -> TrainingState:
        """Choose the data; the model's text follows its sizes, unless a person has changed the text."""
        chosen = self.with_request(dataset=dataset)
        return chosen if self.edited else chosen.with_model(self.model)
