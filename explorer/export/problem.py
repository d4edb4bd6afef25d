"""Why a run cannot be written in a format."""

from __future__ import annotations

from explorer.ir import Sentence
from explorer.words import tell


class ExportError(ValueError):
    """A drawing that a format has no room for, or that took too long; `sentence` says so in the reader's language."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(tell(sentence))
        self.sentence = sentence
