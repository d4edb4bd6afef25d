"""torchvision's models by name: built with random weights, and given small inputs of what their kind takes.

Source: torchvision's documentation of ``get_model``, and of the inputs that each family expects.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import torch

from explorer.models.vision import VisionKind, kind_of, shape_of
from explorer.worker.refused import no_such_model

_SIDE = 160
"""Of a detector's picture, in px."""

_WITHOUT_DOWNLOAD: dict[str, Any] = {"weights": None, "weights_backbone": None, "init_weights": True}
"""A detector would fetch its backbone's weights, and two old networks warn unless they are told how to begin."""


def of_torchvision(name: str) -> dict[str, Any]:
    """``model`` and ``inputs`` of one of its models.

    Raises:
        ImportError: torchvision cannot be imported.
        Refused: it has no such model.
    """
    models = importlib.import_module("torchvision.models")
    if name not in models.list_models():
        raise no_such_model("torchvision", name, models.list_models())
    build = models.get_model_builder(name)
    known = inspect.signature(build).parameters
    kind = kind_of(name)
    taken: dict[str, Any] = {key: value for key, value in _WITHOUT_DOWNLOAD.items() if key in known}
    if kind == "auxiliary":
        taken["init_weights"] = True
    if kind == "detection" and not name.startswith("ssd"):
        taken.update(min_size=_SIDE, max_size=_SIDE)  # else pictures are made 800 px large, which takes half a minute
    return {"model": build(**taken), "inputs": _inputs(kind, name)}


def _inputs(kind: VisionKind, name: str) -> Any:
    """Float pictures from 0 to 1."""
    match kind:
        case "flow":
            return torch.rand(1, 3, 128, 128), torch.rand(1, 3, 128, 128)
        case "detection":
            pictures = 2 if name.startswith("ssdlite") else 1
            return [torch.rand(3, _SIDE, _SIDE) for _ in range(pictures)], [_found()] * pictures
        case _:
            return torch.rand(shape_of(name))


def _found() -> dict[str, torch.Tensor]:
    """One thing in a picture: its box, class, mask and 17 keypoints; each detector takes what it knows."""
    mask = torch.zeros(1, _SIDE, _SIDE, dtype=torch.uint8)
    mask[:, 20:100, 30:120] = 1
    points = torch.stack([torch.linspace(35, 115, 17), torch.linspace(25, 95, 17), torch.ones(17)], dim=1)
    return {
        "boxes": torch.tensor([[30.0, 20.0, 120.0, 100.0]]),
        "labels": torch.tensor([1]),
        "masks": mask,
        "keypoints": points.unsqueeze(0),
    }
