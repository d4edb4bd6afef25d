"""What can be picked instead of typed: nine models, the sizes each can take, and the code that builds it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from explorer.models.snippet import ModelError, fill, nearest, read

__all__ = ["Axis", "Model", "ModelError", "catalogue", "find", "is_catalogue_code"]


@dataclass(frozen=True)
class Axis:
    """One dimension of a model's input, without the batch."""

    key: str
    """Key in `explorer.words` of what it counts, as in ``models.axis.height``."""
    smallest: int
    largest: int


@dataclass(frozen=True)
class Model:
    """One entry of the catalogue."""

    name: str
    batch: int
    """Default batch size."""
    shape: tuple[int, ...]
    """Default input shape without the batch, one size for each axis."""
    axes: tuple[Axis, ...]
    parameter_count: int
    """Elements over all parameters at the default shape; a weight that two modules share counts once."""
    most_batch: int = 64
    most_elements: int = 2**16
    """Bound on ``batch * prod(shape)``, so that a run stays within its memory and time."""

    @property
    def title(self) -> str:
        """Key of its name for people."""
        return f"models.{self.name}.title"

    @property
    def description(self) -> str:
        """Key of one sentence on what it is."""
        return f"models.{self.name}.description"

    @property
    def shape_can_change(self) -> bool:
        return any(axis.smallest < axis.largest for axis in self.axes)

    def code(self, batch: int | None = None, shape: Sequence[int] | None = None) -> str:
        """The snippet for a batch size and an input shape (without the batch); None takes the default.

        Raises:
            ModelError: a size that this model does not take; the text says which it takes.
        """
        batch = self.batch if batch is None else batch
        shape = self.shape if shape is None else tuple(shape)
        self._check(batch, shape)
        return fill(read(self.name), {"BATCH": batch, "SHAPE": shape})

    def _check(self, batch: int, shape: tuple[int, ...]) -> None:
        if not _is_size(batch, 1, self.most_batch):
            raise ModelError("models.bad_batch", model=self.name, batch=batch, most=self.most_batch)
        if len(shape) != len(self.axes):
            raise ModelError("models.bad_rank", model=self.name, rank=len(self.axes), example=self.shape, shape=shape)
        for position, (axis, size) in enumerate(zip(self.axes, shape, strict=True)):
            if not _is_size(size, axis.smallest, axis.largest):
                raise ModelError(
                    "models.bad_size",
                    model=self.name,
                    position=position,
                    size=size,
                    smallest=axis.smallest,
                    largest=axis.largest,
                )
        elements = batch * math.prod(shape)
        if elements > self.most_elements:
            raise ModelError("models.too_large", model=self.name, elements=elements, most=self.most_elements)


def _is_size(value: object, smallest: int, largest: int) -> bool:
    return type(value) is int and smallest <= value <= largest


def _image(channels: tuple[int, int], side: tuple[int, int]) -> tuple[Axis, ...]:
    return (
        Axis("models.axis.channels", *channels),
        Axis("models.axis.height", *side),
        Axis("models.axis.width", *side),
    )


_PHOTO = 3 * 224 * 224
_FEATURES = "models.axis.features"
_LENGTH = "models.axis.length"


@cache
def catalogue() -> tuple[Model, ...]:
    """Every model, from the smallest to the most intricate.

    Parameter counts and layer names of AlexNet, the ResNets and DenseNet are those of torchvision's models.
    These take no side under 64: below, a last stage has one number a channel, which BatchNorm refuses at batch 1.
    """
    photo = _image((1, 4), (64, 512))
    return (
        Model("simple_model", 1, (2,), (Axis(_FEATURES, 2, 2),), 3),
        Model("mlp", 4, (2,), (Axis(_FEATURES, 1, 1024),), 354),
        Model("lenet", 1, (1, 28, 28), _image((1, 4), (12, 128)), 61_706),
        Model("alexnet", 1, (3, 224, 224), photo, 61_100_840, most_batch=16, most_elements=8 * _PHOTO),
        Model("resnet18", 1, (3, 224, 224), photo, 11_689_512, most_batch=16, most_elements=8 * _PHOTO),
        Model("resnet101", 1, (3, 224, 224), photo, 44_549_160, most_batch=16, most_elements=2 * _PHOTO),
        Model("densenet201", 1, (3, 224, 224), photo, 20_013_928, most_batch=16, most_elements=2 * _PHOTO),
        Model("lstm", 2, (8, 16), (Axis(_LENGTH, 1, 256), Axis(_FEATURES, 1, 256)), 6_532),
        Model("gpt", 1, (16,), (Axis(_LENGTH, 1, 512),), 28_032, most_batch=16, most_elements=2_048),
    )


def find(name: str) -> Model:
    """The model of that name.

    Raises:
        ModelError: there is none; the text names the nearest one and all others.
    """
    models = {model.name: model for model in catalogue()}
    if name not in models:
        raise ModelError("models.unknown", name=name[:40], nearest=nearest(name, models), names=", ".join(models))
    return models[name]


_BATCH = re.compile(r"^BATCH = ([0-9]{1,6})$", re.MULTILINE)
_SHAPE = re.compile(r"^SHAPE = \(([0-9]{1,6}(?:, [0-9]{1,6})*),?\)$", re.MULTILINE)


def is_catalogue_code(code: str) -> bool:
    """Is this, blank lines at the end apart, letter for letter what some model's `code` gives for sizes that it takes?"""
    batch, shape = _BATCH.search(code), _SHAPE.search(code)
    if batch is None or shape is None:
        return False
    sizes = tuple(int(size) for size in shape[1].split(", "))
    return any(_gives(model, int(batch[1]), sizes, code) for model in catalogue())


def _gives(model: Model, batch: int, shape: tuple[int, ...], code: str) -> bool:
    try:
        return model.code(batch, shape).rstrip("\n") == code.rstrip("\n")
    except ModelError:
        return False
