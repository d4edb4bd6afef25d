"""What stops a training run for a reason that has a sentence."""

from __future__ import annotations

import math

from msgspec.structs import replace

from explorer.ir import Number, Sentence
from explorer.words import tell


class TrainingError(Exception):
    """A model, data or a loss that training cannot go on with. Its text is English; `sentence` is for translation."""

    def __init__(self, key: str, **values: object) -> None:
        self.sentence = Sentence(key=key, values={name: str(value) for name, value in values.items()})
        self.line: int | None = None
        """Where it began, if that is another line than the one that was running."""
        super().__init__(tell(self.sentence))

    def at(self, line: int | None) -> TrainingError:
        """The same error, said of a line of the code."""
        self.line = line
        return self


class DivergedError(TrainingError):
    """A number that is not finite, of which only the step is known: running it again tells where it began."""

    def __init__(self, step: int, loss: Number, parameter: str = "") -> None:
        """`parameter` is one whose gradient was not finite while the loss was; empty for a loss that was not."""
        key = f"training.not_finite.{'gradient' if parameter else 'loss'}"
        super().__init__(key, step=step, loss=shown(loss), parameter=parameter)
        self.step, self.loss, self.parameter = step, loss, parameter

    @property
    def search(self) -> Sentence:
        """What to say while the step is run again."""
        key = f"training.search.{'gradient' if self.parameter else 'loss'}"
        return replace(self.sentence, key=key)


def shown(value: Number) -> str:
    """Four digits, and ``inf`` as torch writes it; a zero without sign."""
    plain = float(value)
    return "NaN" if math.isnan(plain) else f"{plain + 0.0:.4g}"
