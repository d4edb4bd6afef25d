"""What a scene is made of: columns of whole numbers in the smallest type that takes them, columns of float32, and a list of texts.

Little-endian, each column starting at a multiple of 8 bytes. `scene` says where they stand.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Any

SCALE = 0.25
"""px that one unit of a length column stands for."""

LONGEST_TEXT = 240
"""Characters of a title or a name that are sent; no box shows more."""

_TYPES = {"B": "u8", "H": "u16", "I": "u32", "b": "i8", "h": "i16", "i": "i32", "f": "f32"}
_UNSIGNED, _SIGNED = "BHI", "bhi"


class Columns:
    """Columns of whole numbers, one after another, each in the smallest type that takes all its numbers."""

    def __init__(self) -> None:
        self.index: list[dict[str, Any]] = []
        self.bytes = b""

    def add(self, name: str, numbers: Sequence[int], scale: float = 1) -> None:
        self._append(name, packed(numbers), scale)

    def add_floats(self, name: str, numbers: Sequence[float]) -> None:
        """A column of float32: about 7 digits; NaN and infinities stay what they are, what is too large becomes infinite."""
        data = array("f", numbers)
        if sys.byteorder == "big":
            data.byteswap()
        self._append(name, data)

    def _append(self, name: str, data: array[Any], scale: float = 1) -> None:
        """A column of one number over and over is written once, with how often it stands there."""
        place, times = len(self.bytes), 1
        if len(data) > 1 and data.count(data[0]) == len(data):
            data, times = data[:1], len(data)
        self.index.append(
            {
                "name": name,
                "type": _TYPES[data.typecode],
                "at": place,
                "count": len(data),
                "times": times,
                "scale": scale,
            }
        )
        self.bytes += data.tobytes() + b"\0" * (-len(data) * data.itemsize % 8)

    def add_lengths(self, name: str, lengths: Iterable[float]) -> None:
        """A column of px, rounded to `SCALE`."""
        self.add(name, [round(length / SCALE) for length in lengths], SCALE)


def packed(numbers: Sequence[int]) -> array[int]:
    """Raises OverflowError for a number that takes more than 32 bits."""
    for code in _SIGNED if min(numbers, default=0) < 0 else _UNSIGNED:
        try:
            data = array(code, numbers)
        except OverflowError:
            continue
        if sys.byteorder == "big":
            data.byteswap()
        return data
    raise OverflowError("a column of the scene holds a number of more than 32 bits")


class Texts:
    """Every text once; 0 is the empty text."""

    def __init__(self) -> None:
        self._places = {"": 0}

    def place(self, text: str | None) -> int:
        short = text or ""
        if len(short) > LONGEST_TEXT:
            short = short[: LONGEST_TEXT - 1] + "…"
        return self._places.setdefault(short, len(self._places))

    @property
    def all(self) -> list[str]:
        return list(self._places)
