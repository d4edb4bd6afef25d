"""What the form of the Training page asks for otherwise than the run that is shown was asked."""

from __future__ import annotations

from typing import NamedTuple

from explorer.ir import TrainingRequest
from explorer.models import Dataset, ModelError, Recipe, asked_dataset, loop, recipe_of, trainable_models

_DATA = {
    "dataset": "training.choose_dataset",
    "table": "training.table.upload",
    "target": "training.table.target",
    "held_back": "training.held_back",
}
"""Fields of `DataRequest`, and the labels of what a person chooses them by. Those of a `Recipe` are ``training.`` and their name."""

_OF_ONE_OPTIMIZER = ("momentum", "nesterov")


def changed(shown: TrainingRequest, form: TrainingRequest) -> tuple[str, ...]:
    """Keys of the labels of all that differs; empty where the same run would come out.

    Text counts as such only where it is not the one that the choices make.
    """
    if shown == form:
        return ()
    data = [label for name, label in _DATA.items() if getattr(shown.data, name) != getattr(form.data, name)]
    rest = [f"training.{name}" for name in ("seed", "device") if getattr(shown, name) != getattr(form, name)]
    return (*data, *_in_code(_Text.of(shown), _Text.of(form)), *rest)


class _Text(NamedTuple):
    """Code as choices: where one of them is None, somebody typed that part."""

    code: str
    head: str
    """What comes before the loop."""
    model: str | None
    recipe: Recipe | None

    @classmethod
    def of(cls, request: TrainingRequest) -> _Text:
        code = request.code
        try:
            dataset = asked_dataset(request.data)
        except ModelError:
            return cls(code, code, None, None)
        recipe = recipe_of(code, dataset.kind, request.device)
        head = code if recipe is None else code.removesuffix(loop(recipe, dataset.kind, request.device))
        return cls(code, head, _model(head, dataset), recipe)


def _model(head: str, dataset: Dataset) -> str | None:
    return next((model.name for model in trainable_models() if head == f"{model.code(dataset)}\n"), None)


def _in_code(shown: _Text, form: _Text) -> list[str]:
    if shown.recipe is None or form.recipe is None:
        return ["training.changed.code"] if shown.code != form.code else []
    recipe = [f"training.{name}" for name in _in_recipe(shown.recipe, form.recipe)]
    if shown.model is None or form.model is None:
        return [*(["training.changed.code"] if shown.head != form.head else []), *recipe]
    return [*(["training.choose_model"] if shown.model != form.model else []), *recipe]


def _in_recipe(shown: Recipe, form: Recipe) -> list[str]:
    """Fields that differ; those of one optimizer say nothing beside another."""
    names = [name for name in Recipe.__struct_fields__ if getattr(shown, name) != getattr(form, name)]
    return [name for name in names if "optimizer" not in names or name not in _OF_ONE_OPTIMIZER]
