"""A person's table: CSV text as rows of numbers and one column to predict. Read by both sides of the wall, with Python's own reader."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from explorer.models.snippet import ModelError

MOST_CHARACTERS = 2**20
MOST_ROWS = 20_000
MOST_COLUMNS = 256
MOST_CLASSES = 64
LARGEST = 1e100
"""Of a number: the squares of as many as there may be are summed up in float64."""

_LONG_NUMBER = re.compile(r"[+-]?[\d.]+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """A table that a model can learn from."""

    inputs: tuple[str, ...]
    """Names of the columns that the model is given."""
    target: str
    rows: tuple[tuple[float, ...], ...]
    targets: tuple[float, ...]
    """The column to predict; for classes indices into `classes`."""
    classes: tuple[str, ...]
    """Sorted, where the column to predict holds words; empty where it holds numbers."""


@lru_cache(maxsize=8)
def read_table(text: str, target: str = "") -> Table:
    """Read CSV whose first line names the columns.

    Args:
        text: The file's text; commas or semicolons between columns.
        target: Name of the column to predict; empty means the last one.

    Raises:
        ModelError: it is no such table; the sentence names line and column.
    """
    if len(text) > MOST_CHARACTERS:
        raise ModelError("table.too_long", most=MOST_CHARACTERS // 2**20)
    names, lines = _lines(text)
    if target and target not in names:
        raise ModelError("table.no_target", name=target[:60], names=", ".join(names))
    at = names.index(target) if target else len(names) - 1
    columns = [index for index in range(len(names)) if index != at]
    rows = tuple(tuple(_number(cells[index], line, names[index]) for index in columns) for line, cells in lines)
    targets, classes = _targets([(line, cells[at]) for line, cells in lines], names[at])
    return Table(tuple(names[index] for index in columns), names[at], rows, targets, classes)


def column_names(text: str) -> tuple[str, ...]:
    """The names in the first line of a table; raises `ModelError` where it is none."""
    return tuple(_lines(text)[0])


def _lines(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, and each row of as many cells with its line, from 1."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error:
        raise ModelError("table.broken", line=reader.line_num) from None
    if len(lines) < 3:
        raise ModelError("table.too_few", rows=max(0, len(lines) - 1))
    names = [cell.strip()[:60] for cell in lines[0][1]]
    if not 2 <= len(names) <= MOST_COLUMNS:
        raise ModelError("table.columns", columns=len(names), most=MOST_COLUMNS)
    if len(set(names)) < len(names) or "" in names:
        raise ModelError("table.names")
    if len(lines) - 1 > MOST_ROWS:
        raise ModelError("table.too_many", rows=len(lines) - 1, most=MOST_ROWS)
    for line, cells in lines[1:]:
        if len(cells) != len(names):
            raise ModelError("table.ragged", line=line, cells=len(cells), columns=len(names))
    return names, lines[1:]


def _number(cell: str, line: int, column: str) -> float:
    value = _parsed(cell)
    if value is None:
        raise _no_number(cell, line, column)
    return value


def _no_number(cell: str, line: int, column: str) -> ModelError:
    """Why a cell does not do: it is empty, holds words, or a number that nothing can be computed with."""
    if not cell.strip():
        return ModelError("table.empty", line=line, column=column)
    if _LONG_NUMBER.fullmatch(cell.strip()):
        return ModelError("table.large", line=line, column=column, value=cell.strip()[:40])
    return ModelError("table.no_number", line=line, column=column, value=cell.strip()[:40])


def _parsed(cell: str) -> float | None:
    """The number that a cell is, if a column with it can be scaled, or None."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) <= LARGEST else None


def _targets(cells: Sequence[tuple[int, str]], column: str) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Numbers where all are; else each different word is a class."""
    numbers = [_parsed(cell) for _, cell in cells]
    known = [value for value in numbers if value is not None]
    if len(known) == len(numbers):
        return tuple(known), ()
    if len(known) * 2 > len(numbers):  # a column of numbers with a slip in it, rather than words
        line, cell = next(pair for pair, value in zip(cells, numbers, strict=True) if value is None)
        raise _no_number(cell, line, column)
    words = [cell.strip()[:60] for _, cell in cells]
    if "" in words:
        raise _no_number("", cells[words.index("")][0], column)
    classes = tuple(sorted(set(words)))
    if len(classes) > MOST_CLASSES:
        raise ModelError("table.classes", column=column, classes=len(classes), most=MOST_CLASSES)
    places = {word: float(index) for index, word in enumerate(classes)}
    return tuple(places[word] for word in words), classes
