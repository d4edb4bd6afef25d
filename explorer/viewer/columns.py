"""What goes to the browser in bytes: a header, columns of numbers, and a list of texts.

    magic, 4 bytes | u32 length of the header | header, JSON | columns | whatever else

All little-endian, each column starting at a multiple of 8 bytes. The header lists the columns (name, type, place, count, scale, whether they are places in the list of texts). A column
holds whole numbers in the smallest type that takes them, lengths in quarters of a px, or measured numbers as float32. `js/blob.mjs` is the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

SCALE = 0.25
"""px that one unit of a length column stands for."""

LONGEST_TEXT = 240
"""Characters of a title or a name that are sent; no box shows more."""

Whole = Sequence[int] | NDArray[Any]

_UNSIGNED, _SIGNED = ("u1", "u2", "u4"), ("i1", "i2", "i4")
_NAMES = {"u1": "u8", "u2": "u16", "u4": "u32", "i1": "i8", "i2": "i16", "i4": "i32", "f4": "f32"}


class Columns:
    """Columns of numbers, one after another, those of whole numbers each in the smallest type that takes them all."""

    def __init__(self) -> None:
        self.index: list[dict[str, Any]] = []
        self._pieces: list[bytes] = []
        self._size = 0

    @property
    def bytes(self) -> bytes:
        return b"".join(self._pieces)

    def add(self, name: str, numbers: Whole, scale: float = 1) -> None:
        self._append(name, packed(numbers), scale)

    def add_floats(self, name: str, numbers: Sequence[float] | NDArray[Any]) -> None:
        """A column of float32: about 7 digits; NaN and infinities stay what they are, what is too large becomes infinite."""
        with np.errstate(over="ignore"):
            self._append(name, np.asarray(numbers, np.float64).astype("<f4"))

    def add_texts(self, name: str, places: Whole) -> None:
        """A column of places among the texts that go with these columns; a reader may number them anew."""
        self._append(name, packed(places), texts=True)

    def _append(self, name: str, data: NDArray[Any], scale: float = 1, *, texts: bool = False) -> None:
        """A column of one number over and over is written once, with how often it stands there."""
        times = 1
        if len(data) > 1 and (data == data[0]).all():
            data, times = data[:1], len(data)
        self.index.append(
            {
                "name": name,
                "type": _NAMES[data.dtype.str[1:]],
                "at": self._size,
                "count": len(data),
                "times": times,
                "scale": scale,
                "texts": texts,
            }
        )
        written = data.tobytes()
        self._pieces.append(written + b"\0" * (-len(written) % 8))
        self._size += len(self._pieces[-1])

    def add_lengths(self, name: str, lengths: Sequence[float] | NDArray[Any]) -> None:
        """A column of px, rounded to `SCALE`."""
        self.add(name, units(lengths), SCALE)


def units(lengths: Sequence[float] | NDArray[Any]) -> NDArray[np.int64]:
    """Px as whole numbers of `SCALE`."""
    return np.rint(np.asarray(lengths, np.float64) / SCALE).astype(np.int64)


def packed(numbers: Whole) -> NDArray[Any]:
    """Raises OverflowError for a number that takes more than 32 bits."""
    data = np.asarray(numbers, np.int64)
    lowest, highest = int(data.min(initial=0)), int(data.max(initial=0))
    for code in _SIGNED if lowest < 0 else _UNSIGNED:
        if np.iinfo(code).min <= lowest and highest <= np.iinfo(code).max:
            return data.astype(f"<{code}")
    raise OverflowError("a column of the scene holds a number of more than 32 bits")


def pack(magic: bytes, header: Mapping[str, object], columns: Columns, *pieces: bytes) -> bytes:
    """A blob; `pieces` follow the columns as they are."""
    text = msgspec.json.encode({**header, "columns": columns.index})
    text += b" " * (-len(text) % 8)
    return b"".join([magic, len(text).to_bytes(4, "little"), text, columns.bytes, *pieces])


class Texts:
    """Every text once; 0 is the empty text."""

    def __init__(self) -> None:
        self._written: dict[str, int] = {"": 0}
        self._places: dict[str | None, int] = {None: 0, "": 0}

    def place(self, text: str | None) -> int:
        if text not in self._places:
            short = text or ""
            if len(short) > LONGEST_TEXT:
                short = short[: LONGEST_TEXT - 1] + "…"
            self._places[text] = self._written.setdefault(short, len(self._written))
        return self._places[text]

    def places(self, texts: Iterable[str | None]) -> list[int]:
        """Of many at once."""
        known = self._places.get
        return [self.place(text) if (found := known(text)) is None else found for text in texts]

    @property
    def all(self) -> list[str]:
        """In order."""
        return list(self._written)
