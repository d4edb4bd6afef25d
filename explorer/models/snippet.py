"""Model code as text: a file of `zoo/` whose named constants stand alone on a line near the top, as in ``BATCH = 1``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from explorer.ir import Sentence
from explorer.words import tell

_ZOO = Path(__file__).parent / "zoo"


class ModelError(ValueError):
    """A model or a size that there is not. Its text is one English sentence; `sentence` is the same for translation."""

    def __init__(self, key: str, **values: object) -> None:
        self.sentence = Sentence(key=key, values={name: str(value) for name, value in values.items()})
        super().__init__(tell(self.sentence))


@cache
def read(name: str) -> str:
    """The text of one file of the zoo."""
    return (_ZOO / f"{name}.py").read_text(encoding="utf-8")


def fill(code: str, constants: Mapping[str, object]) -> str:
    """Give each constant its value: the first line ``NAME = ...`` of the code is written anew.

    Raises:
        KeyError: the code has no such line.
    """
    for name, value in constants.items():
        code, found = re.subn(rf"^{name} = .*$", f"{name} = {value!r}", code, count=1, flags=re.MULTILINE)
        if not found:
            raise KeyError(name)
    return code


def nearest(name: str, names: Iterable[str]) -> str:
    """The name that was probably meant; the first one where none is near."""
    names = list(names)
    return next(iter(difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.4)), names[0])
