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
