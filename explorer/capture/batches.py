"""Small tensors of one shape, dtype and device that are copied to be read later: those that must be converted before they are summed up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from explorer.capture.facts import Form
from explorer.capture.numbers import read_stats, writable
from explorer.capture.private import quiet
from explorer.capture.reading import Reading
from explorer.capture.rows import row_stats
from explorer.ir import PREVIEW_ELEMENTS, Nested, Stats

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)

_Copied = tuple[list[Reading], Sequence[torch.Tensor]]
"""Readings, and what is still to be summed up for each."""


class Batch:
    """Small tensors of one shape, dtype, device and layout. Steps: `copy`, `sum_up`."""

    __slots__ = ("_copied", "dtype", "shape")

    def __init__(self, form: Form) -> None:
        self.shape, self.dtype = form.shape, form.dtype
        self._copied: list[_Copied] = []

    def copy(self, tensors: list[torch.Tensor]) -> list[Reading]:
        """Copy several at once. To be called under `quiet`."""
        readings = [Reading(self.shape, self.dtype, self) for _ in tensors]
        with torch.no_grad():
            self._copied.append((readings, _stacked(tensors)))
        return readings

    def sum_up(self) -> None:
        """Turn the copies into numbers."""
        with quiet(), torch.no_grad():
            copied, self._copied = self._copied, []
            for readings, copies in _joined(copied):
                _tell(readings, copies)


def _stacked(tensors: list[torch.Tensor]) -> Sequence[torch.Tensor]:
    """Copies: as rows of one tensor, or one by one where torch cannot stack them."""
    try:
        return torch.stack(tensors)  # type: ignore[return-value]  # rows are what is asked of it
    except _UNREADABLE:
        return [_cloned(tensor) for tensor in tensors]


def _joined(copied: list[_Copied]) -> list[_Copied]:
    """Stacks that were made one after the other, as one: reading many costs hardly more than reading one."""
    stacks: list[Any] = [copies for _, copies in copied if isinstance(copies, torch.Tensor)]
    if not stacks or len(stacks) < len(copied):
        return copied
    rows: Any = torch.cat(stacks)
    return [([reading for readings, _ in copied for reading in readings], rows)]


def _cloned(tensor: torch.Tensor) -> torch.Tensor:
    try:
        return tensor.clone()
    except _UNREADABLE:  # nobody can write into it either
        return tensor


def _tell(readings: list[Reading], copies: Sequence[torch.Tensor]) -> None:
    """Tell each reading what its copy holds; all are of one shape, dtype and device."""
    values: list[Nested | None] = [None] * len(readings)
    stats: list[Stats | None] = [None] * len(readings)
    try:
        if isinstance(copies, torch.Tensor):
            numel = copies[0].numel()
            if numel <= PREVIEW_ELEMENTS and copies.ndim <= 60:
                plain = not copies.is_complex() and bool(copies.isfinite().all())
                values = copies.tolist() if plain else [writable(value) for value in copies.tolist()]
            if numel and not copies.is_complex():
                stats = row_stats(copies)
    except _UNREADABLE:
        pass
    for at, (reading, value, found) in enumerate(zip(readings, values, stats, strict=True)):
        reading.told(value, found or _alone(copies, at))


def _alone(copies: Sequence[torch.Tensor], at: int) -> Stats | None:
    try:
        return read_stats(copies[at])
    except _UNREADABLE:  # rows of one of torch.func's own, of a call that is over
        return None
