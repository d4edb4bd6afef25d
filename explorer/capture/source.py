"""Where in the typed code the interpreter is: by the frames of the ``<snippet>`` file and their ``co_positions()``.

Cannot see: code made at run time under another file name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FrameType

SNIPPET = "<snippet>"
"""The file name that typed code is compiled under."""

_Position = tuple[int | None, int | None, int | None, int | None]
"""First line, last line, first column, last column; columns in bytes."""

_TEXT_LENGTH = 80
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")


@dataclass(frozen=True)
class Place:
    """A piece of source; lines from 1, columns from 0 in characters."""

    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    text: str = ""
    names: tuple[str, ...] = ()
    """The identifiers in it, the last first."""


NOWHERE = Place()


def snippet_frames(frame: FrameType | None = None) -> Iterator[FrameType]:
    """The frames of typed code, innermost first."""
    at: FrameType | None = frame or sys._getframe(1)
    while at is not None:
        if at.f_code.co_filename == SNIPPET:
            yield at
        at = at.f_back


class Source:
    """The typed code, and the piece of it that a frame is executing."""

    def __init__(self, code: str) -> None:
        self._lines = code.splitlines()
        self._places: dict[tuple[int, int], tuple[Place, CodeType]] = {}
        """By the id of the code, which is kept, and the instruction: to hash the code itself would take longer than all else."""
        self._positions: dict[int, list[_Position]] = {}
        """Of all instructions of each code of `_places`."""

    def frames(self, frame: FrameType | None = None) -> Iterator[FrameType]:
        """The frames of the code, innermost first."""
        return snippet_frames(frame or sys._getframe(1))

    def frame(self, above: int = 1) -> FrameType | None:
        """The innermost frame of the code among those from so many `above` the caller's own; None where none is running.

        As `frames` tells it, in one step: it is asked at each call of torch, and each frame that is looked at costs.
        """
        at: FrameType | None = sys._getframe(above)
        while at is not None and at.f_code.co_filename != SNIPPET:
            at = at.f_back
        return at

    def here(self, frame: FrameType | None) -> Place:
        """The piece that `frame` is executing."""
        if frame is None:
            return NOWHERE
        code, instruction = frame.f_code, frame.f_lasti
        known = self._places.get((id(code), instruction))
        if known is None:
            known = self._places[id(code), instruction] = self._find(code, instruction), code
        return known[0]

    def _find(self, code: CodeType, instruction: int) -> Place:
        line, end_line, column, end_column = self._position(code, instruction)
        return self._cut(line, column, end_line, end_column)

    def _position(self, code: CodeType, instruction: int) -> _Position:
        """As ``co_positions()`` tells it, which goes through all instructions up to the one that is asked for: so all are kept."""
        positions = self._positions.get(id(code))
        if positions is None:
            positions = self._positions[id(code)] = list(code.co_positions())
        return positions[instruction // 2]

    def _cut(self, line: int | None, column: int | None, end_line: int | None, end_column: int | None) -> Place:
        if line is None or column is None or end_line is None or end_column is None or end_line > len(self._lines):
            return Place(line=line)
        lines = self._lines[line - 1 : end_line]
        rows = [row.encode() for row in lines]
        column, end_column = (
            len(rows[at][:byte].decode(errors="ignore")) for at, byte in ((0, column), (-1, end_column))
        )
        pieces = list(lines)
        pieces[-1] = pieces[-1][:end_column]
        pieces[0] = pieces[0][column:]
        text = " ".join(piece.strip() for piece in pieces)
        return Place(
            line, column, end_line, end_column, text[:_TEXT_LENGTH], tuple(reversed(dict.fromkeys(_NAME.findall(text))))
        )
