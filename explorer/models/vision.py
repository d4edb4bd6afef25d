"""What torchvision's models take and give, told by their names: each kind begins with the names of its families."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

VisionKind = Literal["pictures", "auxiliary", "video", "segmentation", "detection", "flow"]

_FAMILIES: Mapping[VisionKind, tuple[str, ...]] = MappingProxyType(
    {
        "auxiliary": ("googlenet", "inception", "quantized_googlenet", "quantized_inception"),
        "video": ("mc3", "mvit", "r2plus1d", "r3d", "s3d", "swin3d"),
        "segmentation": ("deeplabv3", "fcn_", "lraspp"),
        "detection": ("fasterrcnn", "fcos", "keypointrcnn", "maskrcnn", "retinanet", "ssd"),
        "flow": ("raft",),
    }
)

CALLS: Mapping[VisionKind, str] = MappingProxyType(
    {
        "pictures": "output = model(inputs)\nloss = output.square().mean()\n",
        "auxiliary": "output = model(inputs).logits  # beside them are those of heads that only training has\nloss = output.square().mean()\n",
        "video": "output = model(inputs)\nloss = output.square().mean()\n",
        "segmentation": 'output = model(inputs)["out"]  # scores for each pixel\nloss = output.square().mean()\n',
        "detection": "losses = model(*inputs)  # pictures, and what is to be found in them\nloss = sum(losses.values())\n",
        "flow": "output = model(*inputs)[-1]  # the last of its refined answers\nloss = output.square().mean()\n",
    }
)
"""The lines that call a model of each kind in training mode and make one number of what it gives."""


def kind_of(name: str) -> VisionKind:
    """The kind of ``torchvision.models.get_model(name)``; pictures to classes where the name says nothing else."""
    return next((kind for kind, families in _FAMILIES.items() if name.startswith(families)), "pictures")


_HALF = ("regnet_y_128gf",)
"""With 645 million parameters it takes half a minute at 224 px, and at 112 px half of that; it takes pictures of any size."""


def shape_of(name: str) -> tuple[int, ...]:
    """Of the one tensor that a model is given here; empty for the kinds that are given several.

    In training mode a BatchNorm over one number a channel needs two pictures.
    """
    match kind_of(name):
        case "pictures":
            side = 112 if name in _HALF else 224
            return 1, 3, side, side
        case "auxiliary":
            return 2, 3, 299, 299
        case "segmentation":
            return 2, 3, 128, 128
        case "video":
            side = 224 if name.startswith(("mvit", "s3d")) else 112
            return 1, 3, 16, side, side
        case _:
            return ()
