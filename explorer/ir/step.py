"""One step of a training, looked at as a run: where its data comes from, and what the optimizer made of the gradients."""

from __future__ import annotations

import msgspec

from explorer.ir.record import Number, Record


class DataRequest(Record, frozen=True, kw_only=True):
    """Which numbers a training learns from. They stand in the code as ``x_train, y_train, x_val, y_val``."""

    dataset: str = "moons"
    """A name of `explorer.models.datasets`, or ``table``."""
    table: str = ""
    """For ``table`` the text of a CSV file whose first line names the columns."""
    target: str = ""
    """For ``table`` the column to predict; empty means the last one."""
    held_back: float = 0.2
    """Share of the rows that validation gets, 0 to 0.9."""


class TrainingStep(Record, frozen=True, kw_only=True):
    """Which step of a training to record: the code runs unwatched until it begins, and ends after it."""

    step: int
    """From 1."""
    data: DataRequest = DataRequest()


class ParameterUpdate(Record, frozen=True, kw_only=True):
    """The first elements of one parameter in one step of the optimizer."""

    name: str
    shape: tuple[int, ...]
    before: tuple[Number, ...]
    gradient: tuple[Number, ...]
    """As the optimizer got it; empty where there was none."""
    after: tuple[Number, ...]
    state: dict[str, tuple[Number, ...]] = msgspec.field(default_factory=dict)
    """What the optimizer keeps of the parameter, after the step, by torch's own names: ``momentum_buffer``, ``exp_avg`` ..."""
    state_before: dict[str, tuple[Number, ...]] = msgspec.field(default_factory=dict)


class StepUpdate(Record, frozen=True, kw_only=True):
    """What one step of the optimizer did."""

    optimizer: str
    """Name of its class."""
    settings: dict[str, Number]
    """The numbers of its first group: ``lr``, ``momentum``, ``weight_decay`` ..., and ``beta1``, ``beta2`` of ``betas``."""
    parameters: tuple[ParameterUpdate, ...] = ()
