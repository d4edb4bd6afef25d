"""Numbers between a person and a record: what is typed into a field, and how a value is shown in a table."""

from __future__ import annotations

import json
from bisect import bisect_right

from explorer.ir import PREVIEW_ELEMENTS, Nested, Number, Sentence, number
from explorer.words import Language, say

_MAX_TYPED = 4096
"""Characters of a typed value that are read: far more than `PREVIEW_ELEMENTS` numbers need."""

_UNITS = (("number.milliseconds", 1e-3), ("number.seconds", 1), ("number.minutes", 60))
"""What a duration below a second, below a minute and from there on is told in, and the seconds of one."""


class NumberError(ValueError):
    """A typed value that is no number; `sentence` says what to try."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.key)
        self.sentence = sentence


def read_nested(text: str) -> Nested:
    """Read a number or nested lists of numbers, at most `PREVIEW_ELEMENTS` of them, as JSON writes them.

    Raises:
        NumberError: it is something else.
    """
    if len(text) > _MAX_TYPED:
        raise NumberError(Sentence(key="number.too_long", values={"limit": str(PREVIEW_ELEMENTS)}))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise NumberError(Sentence(key="number.not_read", values={"text": _shortened(text)})) from problem
    if (count := _count(value)) is None:
        raise NumberError(Sentence(key="number.not_read", values={"text": _shortened(text)}))
    if count > PREVIEW_ELEMENTS:
        raise NumberError(Sentence(key="number.too_long", values={"limit": str(PREVIEW_ELEMENTS)}))
    return _writable(value)


def _writable(value: Nested) -> Nested:
    """The same with every number as a record writes it: NaN and infinities by name."""
    return [_writable(item) for item in value] if isinstance(value, list) else number(float(value))


def _count(value: object) -> int | None:
    """How many numbers `value` nests; None where it holds anything but numbers."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 1
    if not isinstance(value, list):
        return None
    counts = [_count(item) for item in value]
    return None if None in counts else sum(count or 0 for count in counts)


def _shortened(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else f"{text[:40]}…"


def show_number(value: Number | bool | str | None) -> str:
    """One number as a reader wants it: six significant digits, and ASCII, so that it can be pasted back into code."""
    if value is None:
        return ""
    if isinstance(value, str | bool):
        return {"Infinity": "inf", "-Infinity": "-inf", "NaN": "nan"}.get(str(value), str(value))
    return f"{value:.6g}"


def show_nested(value: Nested) -> str:
    """A tensor's numbers on one line, as in ``[[1, 2], [3, 4]]``."""
    return f"[{', '.join(show_nested(item) for item in value)}]" if isinstance(value, list) else show_number(value)


def show_seconds(seconds: float, language: Language) -> str:
    """A duration to three digits, in the unit that suits it: ``12.3 ms``, ``1.25 s``, ``2.5 min``; in Korean ``1.25초``."""
    rounded = float(f"{seconds:.3g}")  # 0.9999 is 1 s, not 1,000 ms
    key, in_one = _UNITS[bisect_right((1, 60), rounded)]
    return say(key, language, number=f"{seconds / in_one:.3g}")
