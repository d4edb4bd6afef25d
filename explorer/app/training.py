"""The state of the Training page: one small serialisable record, from which everything on the page follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from explorer.ir import DataRequest, Record, Sentence, TrainingRequest
from explorer.models import (
    Dataset,
    ModelError,
    Recipe,
    TrainableModel,
    asked_dataset,
    loop,
    models_for,
    recipe_of,
    trainable_models,
)

MOMENTUM = ("SGD", "RMSprop")
"""Optimizers that have a momentum."""

_FIRST = DataRequest(dataset="moons")
_FIRST_RECIPE = Recipe(optimizer="SGD", learning_rate=0.1, momentum=0.9)


def find_trainable(name: str) -> TrainableModel:
    """The model of that name, which must be one of `trainable_models`."""
    return next(model for model in trainable_models() if model.name == name)


class TrainingState(Record, frozen=True, kw_only=True):
    """What a person chose and typed on the Training page. Equal states show equal pages."""

    model: str = "mlp"
    data: DataRequest = _FIRST
    recipe: Recipe = _FIRST_RECIPE
    code: str = find_trainable("mlp").program(asked_dataset(_FIRST), _FIRST_RECIPE)
    """The text in the editor: model and loop."""
    seed: int = 0
    device: str = "cpu"
    problem: Sentence | None = None
    """Why a choice could not be taken."""
    revision: int = 0
    """Grows when the page puts a text into the editor: until then the text is the person's."""
    log: bool = False
    """Logarithmic axes."""

    @property
    def dataset(self) -> Dataset:
        """What it learns from; raises `ModelError` where a table cannot be read."""
        return asked_dataset(self.data)

    @property
    def request(self) -> TrainingRequest:
        """What Start asks for."""
        return TrainingRequest(code=self.code, data=self.data, seed=self.seed, device=self.device)

    @property
    def loop(self) -> str:
        """The loop as the recipe writes it."""
        return loop(self.recipe, self.dataset.kind, self.device)

    @property
    def loop_edited(self) -> bool:
        """Whether the text no longer ends in the recipe's loop: then the recipe says nothing about it."""
        try:
            return not self.code.endswith(self.loop)
        except ModelError:
            return True

    @property
    def edited(self) -> bool:
        """Whether the text is no longer that of the chosen model and recipe."""
        try:
            return self.code != find_trainable(self.model).program(self.dataset, self.recipe, self.device)
        except ModelError:
            return True

    def with_request(self, request: TrainingRequest) -> TrainingState:
        """The code, data, seed and device of another run, with its recipe where the loop is one's."""
        fields = {"code": request.code, "data": request.data, "seed": request.seed, "device": request.device}
        if all(getattr(self, name) == value for name, value in fields.items()):
            return self
        taken = replace(self, **fields, problem=None, revision=self.revision + 1)
        try:
            fitting = models_for(taken.dataset)
        except ModelError as problem:
            return replace(taken, problem=problem.sentence)
        recipe = recipe_of(taken.code, taken.dataset.kind, taken.device)
        taken = taken if recipe is None else replace(taken, recipe=recipe)
        same = next((model for model in fitting if taken.code.startswith(model.code(taken.dataset))), None)
        return taken if same is None else replace(taken, model=same.name)

    def with_recipe(self, **fields: Any) -> TrainingState:
        """The recipe with fields changed; the loop in the text follows, the model in it stays as it is."""
        if self.loop_edited:
            return self
        before = self.loop
        changed = replace(self, recipe=replace(self.recipe, **fields))
        return changed._put(lambda: self.code.removesuffix(before) + changed.loop, self)

    def with_model(self, model: str) -> TrainingState:
        """Choose a model, or the same one again: its text and the recipe's loop replace what was typed."""
        chosen = replace(self, model=model)
        return chosen._put(lambda: find_trainable(model).program(chosen.dataset, chosen.recipe, chosen.device), self)

    def with_data(self, **fields: Any) -> TrainingState:
        """Choose other data; the model's text follows its sizes, unless a person has changed the text."""
        chosen = replace(self, data=replace(self.data, **fields), problem=None)
        if self.edited and self.problem is None:
            return chosen
        try:
            fitting = models_for(chosen.dataset)
        except ModelError as problem:
            return replace(chosen, problem=problem.sentence)
        kept = any(model.name == self.model for model in fitting)
        return chosen.with_model(self.model if kept else fitting[-1].name)

    def with_device(self, device: str) -> TrainingState:
        """Another device; where the loop names it, it follows."""
        return replace(self, device=device) if self.edited else replace(self, device=device).with_model(self.model)

    def _put(self, write: Callable[[], str], before: TrainingState) -> TrainingState:
        """The state with a new text in the editor; where it cannot be, the one before with the reason."""
        try:
            return replace(self, code=write(), revision=self.revision + 1, problem=None)
        except ModelError as problem:
            return replace(before, problem=problem.sentence)
