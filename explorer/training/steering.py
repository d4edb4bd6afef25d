"""Pause, one step, go on: what a person tells a run, heard between two steps."""

from __future__ import annotations

from typing import Protocol

from explorer.ir import Steer


class Steering(Protocol):
    """The way from a person to the run."""

    def heard(self) -> Steer | None:
        """What was told since the last call; None at once where nothing was."""

    def wait(self) -> Steer:
        """The next thing that is told, however long it takes. The run's clocks stand still meanwhile."""


class Unsteered:
    """Nobody tells it anything."""

    def heard(self) -> Steer | None:
        return None

    def wait(self) -> Steer:
        return Steer(command="resume")
