"""What can be picked instead of typed: the models, the sizes each can take, and the code that builds it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from explorer.models.snippet import ModelError, fill, nearest, read
from explorer.models.variants import plain

__all__ = ["Axis", "Model", "ModelError", "catalogue", "find", "is_catalogue_code"]


Kind = Literal["basic", "image", "sequence", "generative"]
"""What a model is for; its text is ``models.kind.<kind>``."""


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
    kind: Kind
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
    """Every model: of each family from the smallest to the most intricate.

    Parameter counts and layer names of AlexNet, VGG, the ResNets, MobileNet and DenseNet are those of torchvision's models, and the
    CycleGAN generator's are those of its published weights. Those with BatchNorm take no side under 64: below, a last stage has
    one number a channel, which it refuses at batch 1.
    """
    photo, sequence = _image((1, 4), (64, 512)), (Axis(_LENGTH, 1, 256), Axis(_FEATURES, 1, 256))
    large: dict[str, Any] = {"most_batch": 16, "most_elements": 8 * _PHOTO}
    deep: dict[str, Any] = {"most_batch": 16, "most_elements": 2 * _PHOTO}
    return (
        Model("simple_model", "basic", 1, (2,), (Axis(_FEATURES, 2, 2),), 3),
        Model("mlp", "basic", 4, (2,), (Axis(_FEATURES, 1, 1024),), 354),
        Model("lenet", "image", 1, (1, 28, 28), _image((1, 4), (12, 128)), 61_706),
        Model("alexnet", "image", 1, (3, 224, 224), photo, 61_100_840, **large),
        Model("vgg16", "image", 1, (3, 224, 224), photo, 138_357_544, **deep),
        Model("resnet18", "image", 1, (3, 224, 224), photo, 11_689_512, **large),
        Model("resnet34", "image", 1, (3, 224, 224), photo, 21_797_672, **large),
        Model("resnet50", "image", 1, (3, 224, 224), photo, 25_557_032, **deep),
        Model("resnet101", "image", 1, (3, 224, 224), photo, 44_549_160, **deep),
        Model("densenet201", "image", 1, (3, 224, 224), photo, 20_013_928, **deep),
        Model("mobilenet_v2", "image", 1, (3, 224, 224), photo, 3_504_872, **large),
        Model("vit", "image", 1, (3, 64, 64), _image((1, 4), (16, 256)), 2_822_602, most_elements=8 * 3 * 64 * 64),
        Model("unet", "image", 1, (1, 64, 64), _image((1, 4), (16, 256)), 481_762),
        Model("rnn", "sequence", 2, (8, 16), sequence, 1_732),
        Model("lstm", "sequence", 2, (8, 16), sequence, 6_532),
        Model("gru", "sequence", 2, (8, 16), sequence, 9_860),
        Model(
            "transformer", "sequence", 2, (16,), (Axis(_LENGTH, 1, 512),), 28_100, most_batch=16, most_elements=2_048
        ),
        Model("gpt", "sequence", 1, (16,), (Axis(_LENGTH, 1, 512),), 28_032, most_batch=16, most_elements=2_048),
        Model("captioner", "sequence", 2, (3, 64, 64), _image((1, 4), (16, 256)), 73_924),
        Model("vae", "generative", 4, (784,), (Axis(_FEATURES, 1, 4096),), 415_024),
        Model("gan", "generative", 4, (1, 32, 32), _image((1, 4), (8, 64)), 206_082),
        Model("cyclegan", "generative", 1, (3, 128, 128), _image((1, 4), (16, 256)), 11_378_179, most_batch=4),
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
    """Is this, blank lines at the end apart, letter for letter what some model's `code` gives for sizes that it takes, or a variant of that?"""
    code = plain(code)
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
