"""A training run: what was asked, and the points that come back while it goes on."""

from __future__ import annotations

from typing import Literal

from explorer.ir.record import Number, Record
from explorer.ir.run import Sentence, Status

OptimizerName = Literal["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"]


class TrainingRequest(Record, frozen=True, kw_only=True):
    """Everything that decides a training run. The code builds ``model``; data, loss and loop are the product's own."""

    code: str
    dataset: str = "moons"
    optimizer: OptimizerName = "SGD"
    learning_rate: float = 0.1
    momentum: float = 0.0
    steps: int = 200
    batch_size: int = 32
    seed: int = 0
    device: str = "cpu"


class TrainingPoint(Record, frozen=True, kw_only=True):
    """One optimizer step."""

    step: int
    loss: Number
    gradient_norm: Number
    """Euclidean norm over all parameters' gradients, before the step."""
    layer_norms: tuple[Number, ...] = ()
    """The same by parameter, in the order of `TrainingStart.parameters`."""
    metric: Number | None = None
    """Accuracy of this batch (0 to 1) for classes; None for regression."""
    seconds: float = 0.0
    """Wall seconds since the start."""


class TrainingStart(Record, frozen=True, kw_only=True, tag="start"):
    parameters: tuple[str, ...]
    parameter_count: int
    """Elements over all parameters."""


class TrainingPoints(Record, frozen=True, kw_only=True, tag="points"):
    """Points since the last message; several at once, so that a fast loop is not slowed by its own report."""

    points: tuple[TrainingPoint, ...]


class TrainingEnd(Record, frozen=True, kw_only=True, tag="end"):
    status: Status
    message: str | None = None
    line: int | None = None
    sentence: Sentence | None = None
    stdout: str = ""


TrainingFrame = TrainingStart | TrainingPoints | TrainingEnd
"""What a training child sends: one start, points, one end."""
