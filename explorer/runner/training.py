"""A training run as a page holds it while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition

from explorer.ir import (
    IrError,
    Points,
    Sentence,
    Steer,
    TrainingEnd,
    TrainingFrame,
    TrainingNotice,
    TrainingPoints,
    TrainingRequest,
    TrainingRun,
    TrainingSnapshot,
    TrainingStart,
    TrainingSurface,
    decode_training_frame,
    encode,
)
from explorer.runner.job import Job
from explorer.runner.verdict import reworded

MOST_PAUSE = 600.0
"""Seconds that a run may be paused: it holds a place and memory that others wait for."""


class Training:
    """What a training run has said so far. Every member may be used from any thread; what arrived stays when it dies."""

    def __init__(self, job: Job, word: Callable[[Sentence], Sentence] = lambda said: said) -> None:
        """`word` says in other words why it ended."""
        self._job, self._word = job, word
        self._changed = Condition()
        self._start: TrainingStart | None = None
        self._points = Points()
        self._snapshots: list[TrainingSnapshot] = []
        self._surface: TrainingSurface | None = None
        self._notice: Sentence | None = None
        self._paused = False
        self._afterwards: list[Callable[[], None]] = []
        self._end: TrainingEnd | None = None

    @property
    def start(self) -> TrainingStart | None:
        """What is known of the model and the data; None until the first step begins."""
        return self._start

    @property
    def points(self) -> Points:
        """One for each optimizer step so far; it grows while the run goes on."""
        return self._points

    @property
    def snapshots(self) -> tuple[TrainingSnapshot, ...]:
        """What was seen more of, at some of the steps."""
        return tuple(self._snapshots)

    @property
    def surface(self) -> TrainingSurface | None:
        """The landscape of a model of two numbers; comes with the end."""
        return self._surface

    @property
    def notice(self) -> Sentence | None:
        """What it is about after its last step, while its end is waited for."""
        return self._notice if self._end is None else None

    @property
    def paused(self) -> bool:
        """Whether it was told to wait after a step."""
        return self._paused and self._end is None

    def pause(self) -> None:
        """Wait after the step in hand."""
        self._steer(Steer(command="pause"), wait=True)

    def step(self) -> None:
        """Take one step of a paused run; one that goes on takes its steps anyway.

        Two clicks can reach a page as one rerun, which calls back in any order: after `resume` this must not pause again.
        """
        if self.paused:
            self._steer(Steer(command="step"), wait=True)

    def resume(self) -> None:
        """Go on."""
        self._steer(Steer(command="resume"), wait=False)

    def _steer(self, told: Steer, *, wait: bool) -> None:
        if self._end is None:
            self._paused = wait
            self._job.steer(encode(told), MOST_PAUSE if wait else None)

    @property
    def end(self) -> TrainingEnd | None:
        """How it ended; None while it goes on."""
        return self._end

    def told(self, request: TrainingRequest, versions: dict[str, str]) -> TrainingRun:
        """Everything so far as one record; what was asked is the parent's to say."""
        return TrainingRun(
            request=request,
            start=self._start,
            points=self._points,
            snapshots=tuple(self._snapshots),
            surface=self._surface,
            end=self._end,
            versions=versions,
        )

    def when_ended(self, call: Callable[[], None]) -> None:
        """Call `call` once it has ended, from the thread that learns of it; at once where it has."""
        with self._changed:
            if self._end is None:
                self._afterwards.append(call)
                return
        call()

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
        match frame:
            case TrainingPoints():
                self._points.extend(frame.points)
            case TrainingSnapshot():
                self._snapshots.append(frame)
            case TrainingSurface():
                self._surface = frame
            case TrainingNotice():
                self._notice = frame.sentence
            case TrainingStart():
                self._start = frame
        return False

    def finish(self, end: TrainingEnd) -> None:
        """Set the end, once."""
        with self._changed:
            if self._end is not None:
                return
            self._end = reworded(end, self._word)
            afterwards, self._afterwards = self._afterwards, []
            self._changed.notify_all()
        for call in afterwards:
            call()
