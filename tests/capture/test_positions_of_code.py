"""The pieces of source that instructions belong to: what Python tells of a code is asked once, however many calls it makes."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from explorer.capture.source import SNIPPET, Source

TEXT = "\n".join(f"x{line} = {line} + x" for line in range(200))


class Counted:
    """Stands for a code, and counts the positions that were asked for."""

    def __init__(self) -> None:
        self.code, self.asked = compile(TEXT, SNIPPET, "exec"), 0

    def co_positions(self) -> Iterator[tuple[int | None, ...]]:
        for position in self.code.co_positions():
            self.asked += 1
            yield position


def test_positions_of_a_code_are_gone_through_once() -> None:
    counted, source = Counted(), Source(TEXT)
    positions = [(at, place) for at, place in enumerate(counted.code.co_positions()) if place[0]]
    for at, (line, end_line, column, end_column) in positions:
        frame: Any = SimpleNamespace(f_code=counted, f_lasti=2 * at)
        place = source.here(frame)
        assert (place.line, place.end_line, place.column, place.end_column) == (line, end_line, column, end_column)
    assert counted.asked <= 1 + len(positions)  # the first one belongs to no line
