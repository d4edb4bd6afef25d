"""Examples that the Graph page offers: each file of `texts/` is a text that a learner could have typed. They are shown and run behind the wall, never imported."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from explorer.ir import Record


class Example(Record, frozen=True, kw_only=True):
    name: str
    """As in ``cube``; its title is the text ``example.<name>``."""
    code: str


class Program(Record, frozen=True, kw_only=True):
    """A program of the project's own with what it prints, for what typed code may not do."""

    code: str
    output: str


@cache
def program(name: str) -> Program:
    """A program of `programs/`, as in ``share_memory``; a test runs it and compares its output."""
    folder = Path(__file__).parent / "programs"
    code, output = ((folder / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("py", "txt"))
    return Program(code=code.rstrip(), output=output.rstrip())


@cache
def examples() -> tuple[Example, ...]:
    """All examples in the order in which a learner would meet them."""
    files = sorted((Path(__file__).parent / "texts").glob("*.py"))
    return tuple(
        Example(name=file.stem.partition("_")[2], code=file.read_text(encoding="utf-8").rstrip()) for file in files
    )
