"""What the code prints, kept up to a limit, and its warnings after it."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

MOST_CHARACTERS = 64 * 1024
_CUT = "\n[cut here: a run keeps 64 kB of printed output]\n"
_MOST_WARNINGS = 20
_WARNING_LENGTH = 300


class Printed(io.TextIOBase):
    """A text stream that keeps the first `MOST_CHARACTERS` and forgets the rest."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._left = MOST_CHARACTERS
        self._warned: dict[str, None] = {}

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._left > 0 and text:
            self._pieces.append(text[: self._left])
            self._left -= len(text)
        return len(text)

    def warn(self, message: Warning | str, kind: type[Warning], *_: object) -> None:
        """Keep a warning, each text once: it takes the place of ``warnings.showwarning``."""
        if len(self._warned) < _MOST_WARNINGS:
            self._warned[f"{kind.__name__}: {str(message).split(chr(10))[0][:_WARNING_LENGTH]}\n"] = None

    def text(self) -> str:
        """Everything kept, with lone surrogates replaced so that it can be written as UTF-8."""
        kept = "".join(self._pieces) + (_CUT if self._left < 0 else "")
        if self._warned and kept and not kept.endswith("\n"):
            kept += "\n"
        return (kept + "".join(self._warned)).encode("utf-8", "replace").decode("utf-8")


@contextmanager
def captured() -> Iterator[Printed]:
    """While it lasts, what is printed and warned goes to the stream it gives."""
    printed = Printed()
    with warnings.catch_warnings(), redirect_stdout(printed), redirect_stderr(printed):
        warnings.simplefilter("default")
        warnings.showwarning = printed.warn  # type: ignore[assignment]  # fewer parameters, the rest in *_
        yield printed
        sys.stdout.flush()
