"""A picture on its way into a model, step by step as ``torchvision.transforms`` would take it, in torch alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Literal

import torch
from PIL import Image, UnidentifiedImageError
from torch.nn import functional

from explorer.capture.numbers import dtype_name
from explorer.ir import Picture, Stage, number
from explorer.worker.files.contents import BadFileError

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pictures by channel, as the published weights expect."""

GREY_MEAN, GREY_STD = 0.449, 0.226
"""Their means, for a model of one channel."""

MOST_SIDE = 4_096
"""px of an uploaded picture: more would take more memory than a run has."""

_SHOWN_SIDE = 112
"""px of a picture that is shown."""

_GREY = (0.299, 0.587, 0.114)
"""Of red, green and blue in one grey (ITU-R 601-2), as PIL's mode ``L``."""


def decode(payload: bytes) -> torch.Tensor:
    """A PNG or JPEG as uint8 ``(3, height, width)``, transparent parts on white. Raises `BadFileError`."""
    try:
        with Image.open(io.BytesIO(payload), formats=("PNG", "JPEG")) as image:
            if max(image.size) > MOST_SIDE:
                raise BadFileError("inference.picture.large", width=image.width, height=image.height, most=MOST_SIDE)
            image.load()
            whole = image.convert("RGBA")
    except UnidentifiedImageError:
        raise BadFileError("inference.picture.unknown") from None
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as problem:
        said = str(problem).strip().split("\n")[0][:120] or type(problem).__name__
        raise BadFileError("inference.picture.broken", said=said) from None
    flat = Image.new("RGBA", whole.size, "white")
    flat.alpha_composite(whole)
    pixels = torch.frombuffer(bytearray(flat.convert("RGB").tobytes()), dtype=torch.uint8)
    return pixels.view(whole.height, whole.width, 3).permute(2, 0, 1).contiguous()


def resize(image: torch.Tensor, size: int) -> torch.Tensor:
    """``Resize(size)``: the shorter side becomes `size`; bilinear over all pixels under it, as PIL does."""
    height, width = image.shape[1:]
    short = min(height, width)
    sides = (max(1, int(size * height / short)), max(1, int(size * width / short)))
    scaled = functional.interpolate(image[None].float(), sides, mode="bilinear", antialias=True, align_corners=False)
    return scaled[0].round().clamp(0, 255).to(torch.uint8)


def center_crop(image: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """``CenterCrop``; the picture is at least that large."""
    top, left = round((image.shape[1] - height) / 2), round((image.shape[2] - width) / 2)
    return image[:, top : top + height, left : left + width]


def grey(image: torch.Tensor) -> torch.Tensor:
    """``Grayscale()``: one channel."""
    weights = torch.tensor(_GREY)[:, None, None]
    return (image.float() * weights).sum(0, keepdim=True).round().to(torch.uint8)


def to_tensor(image: torch.Tensor) -> torch.Tensor:
    """``ToTensor()``: float32 from 0 to 1."""
    return image.float() / 255


def normalized(image: torch.Tensor) -> torch.Tensor:
    """``Normalize(mean, std)`` by channel."""
    three = image.shape[0] == 3
    mean, std = (torch.tensor(values if three else [alone]) for values, alone in ((MEAN, GREY_MEAN), (STD, GREY_STD)))
    return (image - mean[:, None, None]) / std[:, None, None]


def prepared(image: torch.Tensor, shape: tuple[int, int, int], normalize: bool) -> Iterator[tuple[Stage, torch.Tensor]]:
    """Each step with what it gives; the last is what the model gets, without the batch."""
    channels, height, width = shape
    yield _stage("image", "Image", image), image
    margin = round(max(height, width) * 256 / 224) if normalize else max(height, width)
    image = resize(image, margin)
    yield _stage("resize", f"Resize({margin})", image), image
    image = center_crop(image, height, width)
    sides = f"{height}" if height == width else f"({height}, {width})"
    yield _stage("crop", f"CenterCrop({sides})", image), image
    if channels == 1:
        image = grey(image)
        yield _stage("grey", "Grayscale()", image), image
    image = to_tensor(image)
    yield _stage("tensor", "ToTensor()", image), image
    if normalize:
        image = normalized(image)
        means, stds = (MEAN, STD) if channels == 3 else ((GREY_MEAN,), (GREY_STD,))
        yield _stage("normalize", f"Normalize({list(means)}, {list(stds)})", image), image


def _stage(
    name: Literal["image", "resize", "crop", "grey", "tensor", "normalize"], call: str, image: torch.Tensor
) -> Stage:
    numbers = image.double()
    return Stage(
        name=name,
        call=call,
        shape=tuple(image.shape),
        dtype=dtype_name(image.dtype),
        low=number(numbers.min().item()),
        high=number(numbers.max().item()),
        mean=number(numbers.mean().item()),
        picture=shown(image if image.dtype is torch.uint8 else _spread(image) if name == "normalize" else image * 255),
    )


def _spread(image: torch.Tensor) -> torch.Tensor:
    """From the lowest number as black to the highest as white."""
    low, high = image.min(), image.max()
    return (image - low) / (high - low).clamp(min=1e-12) * 255


def shown(image: torch.Tensor, side: int = _SHOWN_SIDE) -> Picture:
    """A small picture of numbers from 0 to 255, ``(1 or 3, height, width)``."""
    image = image.float().nan_to_num(0, 255, 0).clamp(0, 255)
    image = image.expand(3, -1, -1)
    height, width = image.shape[1:]
    if (longest := max(height, width)) > side:
        sides = (max(1, height * side // longest), max(1, width * side // longest))
        image = functional.interpolate(image[None], sides, mode="bilinear", antialias=True, align_corners=False)[0]
    pixels = image.round().to(torch.uint8).permute(1, 2, 0).contiguous()
    return Picture(width=pixels.shape[1], height=pixels.shape[0], pixels=bytes(pixels.numpy().tobytes()))
