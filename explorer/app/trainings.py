"""Trainings by their id: those that go on in this process, so that a reloaded page finds them again, and those that were kept.

A run that ends is kept by the thread that learns of it, whether a page still looks or not.
"""

from __future__ import annotations

import logging
import platform
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from threading import Lock
from typing import NamedTuple, Protocol

from explorer.archive import Archive, Kept, shared_archive
from explorer.archive.archive import new_id
from explorer.ir import (
    IrError,
    Sentence,
    TrainingEnd,
    TrainingPoint,
    TrainingRequest,
    TrainingRun,
    TrainingSnapshot,
    TrainingStart,
    TrainingSurface,
)
from explorer.runner import Engine, Training

MOST_LIVE = 400
"""Runs of this process that can be found again; the oldest is forgotten (it may have been kept)."""

MINE = "local"
"""The one owner on one's own machine."""

log = logging.getLogger(__name__)


class Learning(Protocol):
    """A training as a page looks at it, going on or over: `explorer.runner.Training`, or `Over`."""

    @property
    def start(self) -> TrainingStart | None: ...
    @property
    def points(self) -> Sequence[TrainingPoint]: ...
    @property
    def snapshots(self) -> Sequence[TrainingSnapshot]: ...
    @property
    def surface(self) -> TrainingSurface | None: ...
    @property
    def notice(self) -> Sentence | None: ...
    @property
    def end(self) -> TrainingEnd | None: ...
    @property
    def paused(self) -> bool: ...
    def pause(self) -> None: ...
    def step(self) -> None: ...
    def resume(self) -> None: ...
    def stop(self) -> None: ...


class Over:
    """A kept training: what it said, and nothing more to be told."""

    notice = None
    paused = False

    def __init__(self, run: TrainingRun) -> None:
        self.start, self.points, self.snapshots, self.surface = run.start, run.points, run.snapshots, run.surface
        self.end = run.end or TrainingEnd(status="stopped")

    def pause(self) -> None: ...
    def step(self) -> None: ...
    def resume(self) -> None: ...
    def stop(self) -> None: ...


class Started(NamedTuple):
    """A training run, what it was asked to do, and the name by which it is found again."""

    id: str
    request: TrainingRequest
    training: Learning

    def told(self) -> TrainingRun:
        """Everything so far as one record."""
        if isinstance(self.training, Training):
            return self.training.told(self.request, versions())
        seen = self.training
        return TrainingRun(
            request=self.request,
            start=seen.start,
            points=seen.points,
            snapshots=tuple(seen.snapshots),
            surface=seen.surface,
            end=seen.end,
        )


_live: OrderedDict[str, Started] = OrderedDict()
_lock = Lock()


def begin(engine: Engine, request: TrainingRequest, owner: str, name: str, *, place: str = "") -> Started:
    """Start a training; it is kept under `name` when it ends, where the settings have a place for that.

    Args:
        engine: where it runs.
        request: what to train.
        owner: whose it is, a session.
        name: for lists of kept runs.
        place: tells apart runs of one owner that may go on at once; without it a newer one ends the older.
    """
    training = engine.train(request, owner=f"{owner}/{place}" if place else owner)
    started = Started(new_id(), request, training)
    with _lock:
        _live[started.id] = started
        while len(_live) > MOST_LIVE:
            _live.popitem(last=False)
    archive = archive_of(engine)
    if archive is not None:
        training.when_ended(lambda: _keep(archive, started, keeper(engine, owner), name))
    return started


def find(engine: Engine, identity: str) -> Started | None:
    """A training by its id: one of this process, or a kept one."""
    with _lock:
        live = _live.get(identity)
    if live is not None:
        return live
    archive = archive_of(engine)
    try:
        run = archive.load(identity) if archive is not None else None
    except IrError as problem:
        log.warning("%s: %s", identity, problem)
        return None
    return None if run is None else Started(identity, run.request, Over(run))


def kept_runs(engine: Engine, owner: str) -> tuple[Kept, ...]:
    """The runs that this session may list."""
    archive = archive_of(engine)
    return () if archive is None else archive.runs(keeper(engine, owner))


def keeper(engine: Engine, owner: str) -> str:
    """Under whose name runs are kept: on one's own machine every session is the same person."""
    return MINE if engine.settings.mode == "local" else owner


def archive_of(engine: Engine) -> Archive | None:
    """Where runs are kept; None where nowhere, or where that place cannot be opened."""
    url = engine.settings.database
    if not url:
        return None
    try:
        return shared_archive(url)
    except Exception as problem:  # a database can be broken in any way, and learning goes on without it
        _say_once(url, f"{type(problem).__name__}: {problem}")
        return None


@cache
def _say_once(url: str, problem: str) -> None:
    log.warning("training runs are not kept in %s: %s", url, problem)


def _keep(archive: Archive, started: Started, owner: str, name: str) -> None:
    """Called when a run has ended; one without a single step is not worth keeping."""
    run = started.told()
    if not run.points:
        return
    try:
        archive.save(run, owner, name, started.id)
    except Exception as problem:
        log.warning("a run could not be kept: %s: %s", type(problem).__name__, problem)


@cache
def versions() -> dict[str, str]:
    """What a run is made with."""
    return {"python": platform.python_version(), "torch": version("torch"), "numpy": version("numpy")}
