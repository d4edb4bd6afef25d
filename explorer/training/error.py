"""What stops a training run for a reason that has a sentence."""

from __future__ import annotations

from explorer.ir import Sentence
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
