"""How much room a text takes, before any browser has seen it: px at the 12 px face that the drawings use."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import east_asian_width

LATIN = 7.3
WIDE = 13.0
"""px that a Latin and an East Asian character take."""

PADDING = 12.0
"""px left and right of a text."""

TITLE_CELLS = 30
"""Longest title, in cells of a terminal: a Latin character takes one, a Korean one two."""


MOST_TEXTS = 4096
"""Texts whose measures are kept: large graphs say the same few thousand things again and again."""


def cells(text: str) -> int:
    """Cells of a terminal that `text` takes: 2 for each East Asian wide character, 1 for each other."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def width(text: str) -> float:
    """Px that `text` takes in one line."""
    wide = cells(text) - len(text)
    return wide * WIDE + (len(text) - wide) * LATIN


@lru_cache(MOST_TEXTS)
def shorten(text: str, limit: int = TITLE_CELLS) -> str:
    """`text` on one line, in `limit` cells at most; what is cut off at the end is an ellipsis."""
    line = " ".join(text.split())
    if cells(line) <= limit:
        return line
    kept, used = [], 1
    for character in line:
        used += cells(character)
        if used > limit:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


@lru_cache(MOST_TEXTS)
def shorten_call(source: str, limit: int = TITLE_CELLS) -> str:
    """A piece of source in `limit` cells at most; of a call the arguments go first, since its name says what was done."""
    line = " ".join(source.split())
    if cells(line) <= limit or not line.endswith(")"):
        return shorten(line, limit)
    depth = 0
    for at in range(len(line) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(line[at], 0)
        if depth == 0:
            break
    return shorten(line[: at + 1] + "…)" if at > 0 else line, limit)


@lru_cache(MOST_TEXTS)
def shorten_path(path: str, limit: int = TITLE_CELLS) -> str:
    """A dotted path in `limit` cells at most; its first parts go first, since the last ones tell modules apart."""
    parts = path.split(".")
    while len(parts) > 1 and cells(".".join(parts)) + 1 > limit:
        parts.pop(0)
    short = ".".join(parts)
    return shorten(path if short == path else "…" + short, limit)


@lru_cache(MOST_TEXTS)
def box_size(title: str, subtitle: str) -> tuple[float, float]:
    """Width and height in px of a box with these two lines."""
    wide = max(width(title), width(subtitle)) + 2 * PADDING
    return max(56.0, float(round(wide))), 44.0 if subtitle else 28.0


def bytes_text(count: int) -> str:
    """A number of bytes as people read it, as in ``1.2 MB`` (powers of 1000)."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    return f"{count} B" if unit == "B" else f"{amount:.3g} {unit}"


def count_text(count: int) -> str:
    """A number of things as people read it, as in ``1.2M`` (powers of 1000)."""
    amount, unit = float(count), ""
    for larger in ("k", "M", "G"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    return f"{count}" if not unit else f"{amount:.3g}{unit}"


@lru_cache(MOST_TEXTS)
def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as Python prints a tuple, as in ``(3, 4)``."""
    return str(tuple(shape))
