"""What is to be said of a training that ended with finite numbers and learned nothing all the same."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator

from explorer.app.remarks import Remark
from explorer.app.trainings import Learning
from explorer.ir import Predictions
from explorer.words import Language, say

GROWN = 2.0
"""How many times its first value a loss may be before it is spoken of."""


def doubts(training: Learning, language: Language) -> tuple[Remark, ...]:
    """A loss that has grown, steps that were left out, a model that gives one answer to everything; nothing where there are no steps."""
    return tuple(
        Remark(kind="note", title=say("remark.note", language), text=text) for text in _doubts(training, language)
    )


def _doubts(training: Learning, language: Language) -> Iterator[str]:
    if not training.points or not training.snapshots:
        return
    first, last = training.points[0], training.points[-1]
    scores, said = training.snapshots[-1].train, training.snapshots[-1].predictions
    before, after = float(first.loss), float(last.loss if scores.loss is None else scores.loss)
    if before > 0 and math.isfinite(after) and after > GROWN * before:
        yield say("learned.grown", language, times=f"{after / before:.3g}", rate=f"{float(first.learning_rate):g}")
    if training.snapshots[-1].skipped:
        yield say("learned.skipped", language, count=training.snapshots[-1].skipped)
    answers = _answers(said) if said is not None else set()
    if len(answers) == 1:
        yield say("learned.one_answer", language, answer=answers.pop())


def _answers(said: Predictions) -> set[int]:
    """The classes that a model of classes gives at all; empty where it is none, or the data has no second class."""
    if said.form == "grid" and said.certain:
        return set(said.values)
    if said.form == "confusion" and said.width > 1:
        counts = array("i", said.values[: len(said.values) // 4 * 4])
        cells = [divmod(at, said.width) for at, count in enumerate(counts) if count]
        return {answer for _, answer in cells} if len({truth for truth, _ in cells}) > 1 else set()
    return set()
