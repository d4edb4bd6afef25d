"""Korean particles that follow a value: which of the two forms, by the sound that the value ends in.

A text writes both, as in ``{name}을(를)``. After Hangul, numbers, letters that are read by their names and English words whose spelling
tells how Koreans write their last sound, one of them is right. After other words nobody knows, so both stay, as Korean writers do it.
Endings are those of the National Institute of Korean Language's rules for English loanwords: a final l, m, n, ng is a final
consonant, and fricatives, affricates, d and t after a consonant or before a silent e get a vowel of their own.
"""

from __future__ import annotations

import re
from typing import Literal

Ending = Literal["vowel", "ㄹ", "consonant"]

_FORMS = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)라": ("이라", "라"),
}
"""By what a text writes: the form after a consonant, and after a vowel."""

_BOTH = re.compile(
    r"([가-힣0-9]|[A-Za-z]+)((?:\(\))?['’\"”)\]`]*)(" + "|".join(re.escape(both) for both in _FORMS) + ")"
)

_RIEUL = 8
"""Place of ㄹ among the final consonants, counted from none."""

_DIGITS: dict[str, Ending] = {**dict.fromkeys("036", "consonant"), **dict.fromkeys("178", "ㄹ")}
"""Digits that are read with a final consonant: 영, 삼, 육; 일, 칠, 팔. The others are 이, 사, 오, 구."""

_LETTERS: dict[str, Ending] = {"L": "ㄹ", "R": "ㄹ", "M": "consonant", "N": "consonant"}
"""Letters whose names have a final consonant: 엘, 알, 엠, 엔."""

_WORDS: dict[str, Ending] = {
    **dict.fromkeys(("exp", "float", "log", "loop", "ptr"), "vowel"),
    **dict.fromkeys(
        ("clip", "exec", "fit", "input", "layout", "map", "net", "op", "out", "output", "prop"), "consonant"
    ),
    **dict.fromkeys(("dropout", "reset", "set", "split", "stack", "step", "type"), "consonant"),
}
"""Those whose spelling does not tell: 로그, 루프, 플로트; 클립, 인풋, 넷, 스텝, 타입 and their like."""

_SPELLED: tuple[tuple[re.Pattern[str], Ending], ...] = (
    (re.compile(r"(l|le)$"), "ㄹ"),
    (re.compile(r"(m|me|n|ne|ng)$"), "consonant"),
    (re.compile(r"([aiouywrsxzfvd]|[iouer]e|[bcdfgkpstvz]e|[cflnprsx]t|ght|[lnrs]k|[cpst]h)$"), "vowel"),
)
"""How words end that are read as words; the first that fits counts."""


def chosen(text: str) -> str:
    """`text` with one form in the place of two, wherever the sound before it is known."""
    return _BOTH.sub(_choose, text)


def _choose(match: re.Match[str]) -> str:
    before, closing, both = match.groups()
    ending = _ending(before)
    if ending is None:
        return match[0]
    consonant, vowel = _FORMS[both]
    after_vowel = ending == "vowel" or (both == "(으)로" and ending == "ㄹ")  # 로 follows ㄹ as it follows a vowel
    return f"{before}{closing}{vowel if after_vowel else consonant}"


def _ending(before: str) -> Ending | None:
    """What a syllable, a digit or a word ends in; None where its spelling does not tell."""
    if before.isdigit():
        return _DIGITS.get(before, "vowel")
    if "가" <= before[0] <= "힣":
        final = (ord(before) - ord("가")) % 28
        return "vowel" if final == 0 else "ㄹ" if final == _RIEUL else "consonant"
    short = len(before) <= 3 and before.isupper()
    if short or not re.search(r"[aeiouy]", before, re.IGNORECASE):
        return _LETTERS.get(before[-1].upper(), "vowel")
    return _ending_of_word(before)


def _ending_of_word(word: str) -> Ending | None:
    """Of ``LayerNorm`` the last part counts."""
    humps = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", word)
    for part in (word.lower(), humps[-1].lower()):
        if part in _WORDS:
            return _WORDS[part]
    return next((ending for pattern, ending in _SPELLED if pattern.search(word.lower())), None)
