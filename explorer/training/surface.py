"""The loss as a landscape, for a model that has two numbers in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from explorer.ir import TrainingSurface
from explorer.training.data import Data
from explorer.training.predictions import floats, plane

SIDE = 40
ROOM = 0.35
"""How far beyond the path the landscape reaches, as a share of the path's extent."""


def two_numbers(parameters: Mapping[str, nn.Parameter]) -> bool:
    """Whether the model learns two numbers."""
    return sum(parameter.numel() for parameter in parameters.values()) == 2


def values_of(parameters: Mapping[str, nn.Parameter]) -> tuple[float, ...]:
    """Both numbers."""
    return tuple(value for parameter in parameters.values() for value in parameter.detach().reshape(-1).tolist())


def surface(
    model: nn.Module,
    parameters: Mapping[str, nn.Parameter],
    loss_fn: Callable[[Tensor, Tensor], Any],
    data: Data,
    path: Sequence[tuple[float, ...]],
) -> TrainingSurface:
    """Loss over all training rows on a grid around `path`. To be called where the model is `undisturbed`; the numbers are put back."""
    before = [parameter.detach().clone() for parameter in parameters.values()]
    low, high = _corners(path)
    losses = []
    try:
        for place in plane(low, high, SIDE):
            _set(parameters, place)
            losses.append(float(loss_fn(model(data.x_train), data.y_train)))
    finally:
        for parameter, value in zip(parameters.values(), before, strict=True):
            parameter.copy_(value)
    return TrainingSurface(
        names=_names(parameters),
        low=tuple(low),
        high=tuple(high),
        width=SIDE,
        height=SIDE,
        losses=floats(torch.tensor(losses)),
    )


def _corners(path: Sequence[tuple[float, ...]]) -> tuple[list[float], list[float]]:
    places = torch.tensor(path, dtype=torch.float64)
    places = places[places.isfinite().all(dim=1)]
    if not len(places):
        places = torch.zeros(1, 2, dtype=torch.float64)
    low, high = places.amin(dim=0), places.amax(dim=0)
    room = torch.maximum((high - low) * ROOM, torch.tensor(0.5, dtype=torch.float64))
    return (low - room).tolist(), (high + room).tolist()


def _set(parameters: Mapping[str, nn.Parameter], place: Tensor) -> None:
    at = 0
    for parameter in parameters.values():
        parameter.copy_(place[at : at + parameter.numel()].reshape(parameter.shape))
        at += parameter.numel()


def _names(parameters: Mapping[str, nn.Parameter]) -> tuple[str, ...]:
    """Of each number: the parameter's, with its place where it holds both."""
    return tuple(
        name if parameter.numel() == 1 else f"{name}[{index}]"
        for name, parameter in parameters.items()
        for index in range(parameter.numel())
    )
