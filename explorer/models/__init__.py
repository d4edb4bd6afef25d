"""The catalogue of models: each a readable snippet, kept as text so that the web process needs no torch."""

from explorer.models.catalogue import Axis, Model, ModelError, catalogue, find, is_catalogue_code
from explorer.models.datasets import Dataset, datasets, find_dataset
from explorer.models.trainable import TrainableModel, trainable_models

__all__ = [
    "Axis",
    "Dataset",
    "Model",
    "ModelError",
    "TrainableModel",
    "catalogue",
    "datasets",
    "find",
    "find_dataset",
    "is_catalogue_code",
    "trainable_models",
]
