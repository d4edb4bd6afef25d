"""A forward call that is executed again: its function and copies of its arguments as they were before it ran."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from explorer.capture.metas import is_tensor

MOST_ELEMENTS = 2**22
"""Of all arguments together; a larger call is not kept."""

_DEPTH = 3


class Again:
    """A function and copies of its arguments; every tensor has its place, also the same tensor given twice."""

    def __init__(self, name: str, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self.name, self._func = name, func
        self.tensors: list[torch.Tensor] = []
        self.wanted: list[bool] = []
        self.reason: str | None = None
        self._args, self._kwargs = self._kept(tuple(args), 0), self._kept(dict(kwargs), 0)

    def outputs(self, tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """What the call returns for other tensors in the places of its own; it may write into them."""
        given = [tensor.clone() for tensor in tensors]
        returned = self._func(*_filled(self._args, given), **_filled(self._kwargs, given))
        found: list[torch.Tensor] = []
        _collect(returned, found, 0)
        return found or (given[:1] if self.name == "__setitem__" else [])

    def _kept(self, value: Any, depth: int) -> Any:
        if is_tensor(value):
            return self._copied(value)
        if depth < _DEPTH and type(value) in (list, tuple):
            return type(value)(self._kept(item, depth + 1) for item in value)
        if depth < _DEPTH and type(value) is dict:
            return {key: self._kept(item, depth + 1) for key, item in value.items()}
        return value

    def _copied(self, tensor: torch.Tensor) -> _Place:
        place = _Place(len(self.tensors))
        plain = tensor.layout == torch.strided and tensor.device.type != "meta"
        if not plain or sum(map(torch.Tensor.numel, [*self.tensors, tensor])) > MOST_ELEMENTS:
            self.reason = self.reason or ("large" if plain else "layout")
            self.tensors.append(torch.empty(0))
        else:
            self.tensors.append(torch.Tensor.detach(tensor).clone())
        self.wanted.append(tensor.requires_grad)
        return place


@dataclass(frozen=True)
class _Place:
    """Stands where a tensor stood."""

    at: int


def _filled(value: Any, tensors: Sequence[torch.Tensor]) -> Any:
    if type(value) is _Place:
        return tensors[value.at]
    if type(value) in (list, tuple):
        return type(value)(_filled(item, tensors) for item in value)
    if type(value) is dict:
        return {key: _filled(item, tensors) for key, item in value.items()}
    return value


def _collect(value: Any, found: list[torch.Tensor], depth: int) -> None:
    if is_tensor(value):
        found.append(value)
    elif depth < _DEPTH and isinstance(value, list | tuple):
        for item in value:
            _collect(item, found, depth + 1)
