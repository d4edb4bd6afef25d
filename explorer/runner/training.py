"""A training run as a page holds it while it goes on."""

from __future__ import annotations

from threading import Condition

from explorer.ir import (
    IrError,
    TrainingEnd,
    TrainingFrame,
    TrainingPoint,
    TrainingPoints,
    TrainingStart,
    decode_training_frame,
)
from explorer.runner.job import Job


class Training:
    """What a training run has said so far. Every member may be used from any thread; what arrived stays when it dies."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._changed = Condition()
        self._start: TrainingStart | None = None
        self._points: list[TrainingPoint] = []
        self._end: TrainingEnd | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the model's parameters; empty until it has been built."""
        return self._start.parameters if self._start else ()

    @property
    def parameter_count(self) -> int:
        """Elements over all parameters; 0 until the model has been built."""
        return self._start.parameter_count if self._start else 0

    @property
    def points(self) -> tuple[TrainingPoint, ...]:
        """One for each optimizer step so far."""
        return tuple(self._points)

    @property
    def end(self) -> TrainingEnd | None:
        """How it ended; None while it goes on."""
        return self._end

    def stop(self) -> None:
        """End it now. Its points stay, and `end` comes within moments."""
        self._job.stop("runner.stopped")

    def wait(self, seconds: float | None = None) -> TrainingEnd | None:
        """Wait for the end, at most `seconds`; what `end` is then."""
        with self._changed:
            self._changed.wait_for(lambda: self._end is not None, seconds)
            return self._end

    def take(self, message: bytes) -> bool:
        """Take one message of the worker; True when it was the last. Raises `IrError` where it is none, or out of order."""
        frame: TrainingFrame = decode_training_frame(message)
        if isinstance(frame, TrainingEnd):
            self.finish(frame)
            return True
        if isinstance(frame, TrainingStart) == (self._start is not None):
            raise IrError("a training run starts once, before its first point")
        if isinstance(frame, TrainingPoints):
            self._points.extend(frame.points)
        else:
            self._start = frame
        return False

    def finish(self, end: TrainingEnd) -> None:
        """Set the end, once."""
        with self._changed:
            self._end = self._end or end
            self._changed.notify_all()
