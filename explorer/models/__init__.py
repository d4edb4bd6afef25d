"""The catalogue of models: each a readable snippet, kept as text so that the web process needs no torch."""

from explorer.models.catalogue import Axis, Kind, Model, ModelError, catalogue, find, is_catalogue_code
from explorer.models.datasets import (
    CONTEXT,
    LETTERS,
    TABLE,
    Dataset,
    asked_dataset,
    datasets,
    find_dataset,
)
from explorer.models.functions import FUNCTIONS, Function
from explorer.models.initialisers import INITIALISERS, MOST_FEATURES, Initialiser
from explorer.models.recipe import LOSSES, LossName, OptimizerName, Recipe, SchedulerName, loop, recipe_of
from explorer.models.table import Table, column_names, read_table
from explorer.models.trainable import TrainableModel, models_for, trainable_models
from explorer.models.variants import frozen, in_eval, new_classifier

__all__ = [
    "CONTEXT",
    "FUNCTIONS",
    "INITIALISERS",
    "LETTERS",
    "LOSSES",
    "MOST_FEATURES",
    "TABLE",
    "Axis",
    "Dataset",
    "Function",
    "Initialiser",
    "Kind",
    "LossName",
    "Model",
    "ModelError",
    "OptimizerName",
    "Recipe",
    "SchedulerName",
    "Table",
    "TrainableModel",
    "asked_dataset",
    "catalogue",
    "column_names",
    "datasets",
    "find",
    "find_dataset",
    "frozen",
    "in_eval",
    "is_catalogue_code",
    "loop",
    "models_for",
    "new_classifier",
    "read_table",
    "recipe_of",
    "trainable_models",
]
