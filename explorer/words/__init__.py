"""Every text for people, in Korean and English, from one catalogue: the TOML files of this folder.

A text is ``[key]`` with ``en`` and ``ko``; ``{name}`` in it is filled in from `values`, as plain text and never as a format
specification. PyTorch's own names (grad_fn, storage_offset) stay as they are in both languages.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from explorer.ir import Sentence
from explorer.words.particles import chosen

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_FIELD = re.compile(r"\{(\w+)\}")


@cache
def catalogue() -> Mapping[str, Mapping[Language, str]]:
    """All texts by key, as in ``catalogue()["run.button"]["ko"]``.

    Raises:
        ValueError: a key stands in two files.
    """
    texts: dict[str, Mapping[Language, str]] = {}
    for file in sorted(Path(__file__).parent.glob("*.toml")):
        for key, text in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if key in texts:
                raise ValueError(f"the text {key!r} stands in {file.name} and in another file")
            texts[key] = text
    return texts


def say(key: str, language: Language = "en", **values: object) -> str:
    """The text of `key` with `values` filled in; the key itself where there is no such text, so that a page never fails for a word."""
    text = catalogue().get(key)
    if text is None:
        return key
    said = _FIELD.sub(lambda field: str(values.get(field[1], field[0])), text[language])
    return chosen(said) if language == "ko" and values else said


def tell(sentence: Sentence, language: Language = "en") -> str:
    """A sentence that came out of a run, in the reader's language."""
    return say(sentence.key, language, **sentence.values)
