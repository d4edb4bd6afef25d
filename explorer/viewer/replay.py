"""The replay of a training run: one slider moves predictions, histograms and numbers to any step that was watched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from explorer.ir import Number, TrainingPoint, TrainingSnapshot, TrainingStart, TrainingSurface
from explorer.viewer.component import browser_module
from explorer.words import Language, catalogue

MOST_POINTS = 600
"""Places of the curve under the slider."""

_PREFIX = "replay."

_mount = browser_module("explorer_replay", "replay.mjs", "replay.css")


def replay_view(
    start: TrainingStart,
    points: Sequence[TrainingPoint],
    snapshots: Sequence[TrainingSnapshot],
    surface: TrainingSurface | None,
    *,
    key: str,
    language: Language,
    on_open: Callable[[], Any] | None = None,
) -> int | None:
    """Show the replay; equal data is not sent again.

    Args:
        start: what is known of the model and its data.
        points: all steps so far.
        snapshots: those that were watched; the newest is shown until a person moves the slider.
        surface: the landscape of a model of two numbers.
        key: names the view on the page.
        language: of its words.
        on_open: called before the rerun in which a step is asked for.

    Returns:
        The step whose graph the person asks for, in one rerun only.
    """
    data = encode(start, points, snapshots, surface, language)
    result = _mount(key=key, data=data, on_open_change=on_open or (lambda: None))
    asked = result.get("open")
    return asked if isinstance(asked, int) else None


def encode(
    start: TrainingStart,
    points: Sequence[TrainingPoint],
    snapshots: Sequence[TrainingSnapshot],
    surface: TrainingSurface | None,
    language: Language,
) -> bytes:
    """JSON, with columns of bytes as base64: what `js/replay.mjs` reads."""
    stride = -(-len(points) // MOST_POINTS) or 1
    drawn = [*points[::stride], *points[-1:]] if points else []
    return msgspec.json.encode(
        {
            "words": {
                name.removeprefix(_PREFIX): text[language]
                for name, text in catalogue().items()
                if name.startswith(_PREFIX)
            },
            "start": start,
            "outputs": start.outputs,
            "curve": [(point.step, _plain(point.loss)) for point in drawn],
            "path": [[_plain(value) for value in point.values] for point in drawn] if surface else [],
            "points": _at(points, snapshots),
            "snapshots": snapshots,
            "surface": surface,
        }
    )


def _at(points: Sequence[TrainingPoint], snapshots: Sequence[TrainingSnapshot]) -> list[TrainingPoint | None]:
    """The point of each snapshot's step; a child that ran typed code is not trusted to have told one."""
    by_step = {point.step: point for point in points}
    return [by_step.get(snapshot.step) for snapshot in snapshots]


def _plain(value: Number) -> float | None:
    return None if isinstance(value, str) else value
