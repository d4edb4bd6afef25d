"""The tensors in what a callable returned or the user handed over, with names to call them by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch

from explorer.capture.metas import is_tensor
from explorer.capture.private import quiet
from explorer.capture.snapshot import Result
from explorer.capture.walk import edge_of

MOST = 1_000
_DEPTH = 4


def tensors_in(value: Any, name: str) -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors in lists, tuples, dicts and dataclasses, ``name[0]`` or ``name['logits']``, in their order."""
    yield from _inside(value, name, 0)


def results_of(outputs: list[tuple[str, torch.Tensor]]) -> list[Result]:
    """Where backward starts: those of `outputs` that require grad."""
    found = []
    with quiet():
        for name, tensor in outputs[:MOST]:
            edge = edge_of(tensor)
            if edge is not None:
                found.append(Result(edge.node, edge.output_nr, name, tensor))
    return found


def _inside(value: Any, name: str, depth: int) -> Iterator[tuple[str, torch.Tensor]]:
    if is_tensor(value):
        yield name, value
    elif depth < _DEPTH:
        for key, item in _items(value):
            yield from _inside(item, f"{name}{key}", depth + 1)


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", item) for key, item in value.items())
    elif isinstance(value, list | tuple):
        names = getattr(value, "_fields", None)  # a named tuple, as nn.LSTM's or torch.max's
        yield from ((f".{names[at]}" if names else f"[{at}]", item) for at, item in enumerate(value))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from ((f".{field.name}", getattr(value, field.name, None)) for field in fields(value))
