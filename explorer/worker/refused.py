"""What the gate raises."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from explorer.ir import Sentence
from explorer.words import tell


class Refused(Exception):  # noqa: N818 - an outcome of reading code, no error of ours
    """Code that this page does not run: `sentence` says why and what to try, `line` where (from 1; None: nowhere in particular)."""

    def __init__(self, key: str, /, line: int | None = None, **values: object) -> None:
        self.sentence = Sentence(key=key, values={name: str(value) for name, value in values.items()})
        self.line = line
        super().__init__(tell(self.sentence))


def no_such_model(library: str, name: str, names: Iterable[str]) -> Refused:
    """Of an optional library: with the names that come nearest."""
    near = difflib.get_close_matches(name, list(names), n=3, cutoff=0.3)
    return Refused("libraries.unknown", library=library, name=name[:40], near=", ".join(near) or "?")
