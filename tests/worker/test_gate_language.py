"""docs/language.md tells the truth: every piece of code in its table is tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from explorer.worker import gate

TEXT = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split("|") for line in TEXT.splitlines() if line.startswith("| ") and "`" in line]


def pieces(column: int) -> list[str]:
    return [code.replace("⏎", "\n") for row in ROWS for code in re.findall(r"`([^`]+)`", row[column])]


@pytest.mark.parametrize("code", pieces(1))
def test_what_works_passes(code: str) -> None:
    gate.check(code)


@pytest.mark.parametrize("code", pieces(2))
def test_what_is_not_here_is_refused(code: str) -> None:
    with pytest.raises(gate.Refused):
        gate.check(code)


def test_the_limits_are_those_of_the_gate() -> None:
    assert len(ROWS) >= 12
    for limit in (gate.MAX_BYTES, gate.MAX_NODES):
        assert f"{limit:,} " in TEXT
    assert f" {gate.MAX_DEPTH} levels" in TEXT
