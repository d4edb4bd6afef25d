"""Korean particles that follow a value: which of the two forms, by the sound that the value ends in.

A text writes both, as in ``{name}을(를)``. After Hangul and after numbers one of them is right; after letters of other scripts nobody
knows how the reader says them, so both stay, as Korean writers do it.
"""

from __future__ import annotations

import re

_FORMS = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)라": ("이라", "라"),
}
"""By what a text writes: the form after a consonant, and after a vowel."""

_BOTH = re.compile(r"([가-힣0-9])(['’\"”)\]]*)(" + "|".join(re.escape(both) for both in _FORMS) + ")")

_RIEUL = 8
"""Place of ㄹ among the final consonants, counted from none: 로 follows it as it follows a vowel."""

_DIGITS = {"0": 21, "1": _RIEUL, "2": 0, "3": 16, "4": 0, "5": 0, "6": 1, "7": _RIEUL, "8": _RIEUL, "9": 0}
"""Final consonant of each digit as it is read alone: 영, 일, 이, 삼, 사, 오, 육, 칠, 팔, 구."""


def chosen(text: str) -> str:
    """`text` with one form in the place of two, wherever the sound before it is known."""
    return _BOTH.sub(_choose, text)


def _choose(match: re.Match[str]) -> str:
    before, closing, both = match.groups()
    final = _DIGITS[before] if before in _DIGITS else (ord(before) - ord("가")) % 28
    consonant, vowel = _FORMS[both]
    after_vowel = final == 0 or (both == "(으)로" and final == _RIEUL)
    return f"{before}{closing}{vowel if after_vowel else consonant}"
