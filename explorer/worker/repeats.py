"""The same code executed again, only to take times: `RunRequest.repeats`.

The recorded run counts as the warm-up. What a further run prints, warns of or raises is nobody's; one that fails or takes
another way is dropped, and when the time limit strikes, those that have ended count.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from explorer.capture import Recording
from explorer.capture.clocks import clock_of
from explorer.capture.snapshot import MOST_NODES_WITH_NUMBERS
from explorer.capture.times import Lap, Stopwatch, medians
from explorer.ir import RunRequest, Sentence, Status, Times
from explorer.worker.limits import TimeLimit
from explorer.worker.output import captured

MOST_REPEATS = 1_000


def repeated(
    request: RunRequest, recording: Recording, once: Callable[[Stopwatch], tuple[Status, Lap | None]]
) -> tuple[Times | None, list[Sentence]]:
    """The median times and what is to be said of them; the recorded ones where no further run was like it.

    `once` executes the code under a stopwatch in place of the recorder.
    """
    asked = min(request.repeats, MOST_REPEATS)
    laps = _laps(request, recording, once, asked)
    notes = []
    if len(laps) < asked:
        notes.append(Sentence(key="times.note.fewer", values={"kept": str(len(laps)), "asked": str(asked)}))
    return (medians(laps, request.device) if laps else recording.times), notes


def _laps(
    request: RunRequest, recording: Recording, once: Callable[[Stopwatch], tuple[Status, Lap | None]], asked: int
) -> list[Lap]:
    calls = [op.name for op in recording.ops]
    nodes = [node.name for node in recording.graph.nodes]
    laps: list[Lap] = []
    with suppress(TimeLimit), captured():
        for _ in range(asked):
            status, lap = once(Stopwatch(clock_of(request.device), recording.backward))
            if lap is not None and lap.is_like(calls, nodes if len(nodes) <= MOST_NODES_WITH_NUMBERS else []):
                laps.append(lap)
            if status == "stopped":
                break
    return laps
