"""What is measured of a step, and how it is sent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from explorer.ir import TrainingFrame, TrainingPoint, TrainingPoints, number

Emit = Callable[[TrainingFrame], None]

REPORT_SECONDS = 0.05
"""Points are sent together, this often: a fast loop is not slowed by its own report."""


class Reporter:
    """Measures steps and sends them, several at a time."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._began = self._sent = time.perf_counter()
        self._points: list[TrainingPoint] = []

    def add(self, step: int, loss: Tensor, parameters: Iterable[nn.Parameter], metric: float | None) -> None:
        norms = [0.0 if one.grad is None else torch.linalg.vector_norm(one.grad).item() for one in parameters]
        now = time.perf_counter()
        self._points.append(
            TrainingPoint(
                step=step,
                loss=number(loss.item()),
                gradient_norm=number(math.hypot(*norms)),
                layer_norms=tuple(map(number, norms)),
                metric=metric,
                seconds=now - self._began,
            )
        )
        if now - self._sent >= REPORT_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Send what was not sent yet."""
        if self._points:
            self._emit(TrainingPoints(points=tuple(self._points)))
            self._points = []
        self._sent = time.perf_counter()
