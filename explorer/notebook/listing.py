"""The user's source: which frames are the user's own code, and the files and notebook cells they come from, as one listing.

A frame counts whose file has a text and lies neither in torch, nor in this package, the standard library or site-packages; the
callable's own file counts wherever it lies. Lines of the first file keep their numbers; each further file follows after a line with
its name. Cannot see: the text of what came through standard input (then only lines are known), and of code without a file.
"""

from __future__ import annotations

import linecache
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType

import torch

import explorer
from explorer.capture.source import Place, Source

_OURS = tuple(str(Path(str(package.__file__)).parent) for package in (torch, explorer))
_FOREIGN = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_WITHOUT_FILE = "<"


class Listing(Source):
    """A `Source` over many files, which it meets while code runs inside of the function `until`."""

    def __init__(self, until: CodeType, own: str | None) -> None:
        """`own` is the file name of the callable's code, as in ``co_filename``."""
        super().__init__("")
        self._until = until
        self._offsets: dict[str, int] = {}
        self._shown: dict[str, bool] = {}
        self._alone = own is not None and not linecache.getlines(own)
        if own is not None:
            self._shown[own] = True
            if not self._alone:
                self._offset(own)

    @property
    def text(self) -> str:
        """All of the listing."""
        return "\n".join(self._lines)

    def frames(self, frame: FrameType | None = None) -> Iterator[FrameType]:
        """The frames of the user's code, innermost first."""
        at: FrameType | None = frame or sys._getframe(1)
        while at is not None and at.f_code is not self._until:
            if self._shows(at):
                yield at
            at = at.f_back

    def frame(self, above: int = 1) -> FrameType | None:
        """The innermost frame of the user's code."""
        return next(self.frames(sys._getframe(above)), None)

    def _shows(self, frame: FrameType) -> bool:
        file = frame.f_code.co_filename
        shown = self._shown.get(file)
        if shown is None:
            shown = not self._alone and is_users(file) and bool(linecache.getlines(file, frame.f_globals))
            self._shown[file] = shown
        return shown

    def _find(self, code: CodeType, instruction: int) -> Place:
        if self._alone:
            return super()._find(code, instruction)
        offset = self._offset(code.co_filename)
        line, end_line, column, end_column = self._position(code, instruction)
        begins, ends = (None if at is None else at + offset for at in (line, end_line))
        return self._cut(begins, column, ends, end_column)

    def _offset(self, file: str) -> int:
        """How many lines of the listing stand before the first one of `file`, which is added where it is new."""
        if file not in self._offsets:
            if self._lines:
                self._lines += ["", f"# {Path(file).name}"]
            self._offsets[file] = len(self._lines)
            self._lines += [line.rstrip("\r\n") for line in linecache.getlines(file)]
        return self._offsets[file]


class NoListing(Source):
    """A source of which nothing is kept."""

    text = ""

    def __init__(self) -> None:
        super().__init__("")

    def frames(self, frame: FrameType | None = None) -> Iterator[FrameType]:
        """None at all."""
        return iter(())

    def frame(self, above: int = 1) -> FrameType | None:
        """None."""
        return None


def is_users(file: str) -> bool:
    """Whether a ``co_filename`` is the user's own: a cell, a script, a module of a project."""
    if file.startswith(_WITHOUT_FILE):
        return not file.startswith("<frozen ")
    return not is_torchs(file) and not file.startswith(_FOREIGN) and "site-packages" not in file


def is_torchs(file: str) -> bool:
    """Whether a file lies in torch, or in this package."""
    return file.startswith(_OURS)
