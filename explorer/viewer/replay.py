"""The replay of a training run: one slider moves predictions, histograms and numbers to any step that was watched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from explorer.ir import Number, Points, TrainingPoint, TrainingSnapshot, TrainingStart, TrainingSurface
from explorer.viewer.component import browser_module
from explorer.words import Language, catalogue

MOST_POINTS = 600
"""Places of the curve under the slider."""

_PREFIX = "replay."

_mount = browser_module("explorer_replay", "replay.mjs", "replay.css")
_place = browser_module("explorer_replay_place", "replay_place.mjs", "replay.css")


def replay_view(
    start: TrainingStart,
    points: Sequence[TrainingPoint],
    snapshots: Sequence[TrainingSnapshot],
    surface: TrainingSurface | None,
    *,
    key: str,
    language: Language,
    full: int | None = None,
    on_open: Callable[[], Any],
) -> None:
    """Show the replay; equal data is not sent again.

    Args:
        start: what is known of the model and its data.
        points: all steps so far.
        snapshots: those that were watched; the newest is shown until a person moves the slider.
        surface: the landscape of a model of two numbers.
        key: names the view on the page.
        language: of its words.
        full: the step whose graph is shown beside it, which it colours.
        on_open: called before the rerun in which the graph of a step is asked for, with the step in ``st.session_state[key].open``.
    """
    data = encode(start, points, snapshots, surface, language, full=full)
    _mount(key=key, data=data, on_open_change=on_open)


def replay_place(*, key: str) -> None:
    """Where the page wants what the replay shows of a step; without it that stands below the slider."""
    _place(key=key)


def encode(
    start: TrainingStart,
    points: Sequence[TrainingPoint],
    snapshots: Sequence[TrainingSnapshot],
    surface: TrainingSurface | None,
    language: Language,
    *,
    full: int | None = None,
) -> bytes:
    """JSON, with columns of bytes as base64: what `js/replay.mjs` reads."""
    points = Points.of(points)
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
            # A child that ran typed code is not trusted to have told a point of each snapshot's step.
            "points": [points.of_step(snapshot.step) for snapshot in snapshots],
            "snapshots": snapshots,
            "surface": surface,
            "full": full,
        }
    )


def _plain(value: Number) -> float | None:
    return None if isinstance(value, str) else value
