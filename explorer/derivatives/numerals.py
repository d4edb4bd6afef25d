"""A number, a vector or a matrix of few elements as it stands in a formula: LaTeX and MathML of the same."""

from __future__ import annotations

from typing import Any, NamedTuple

from explorer.ir import Nested

MOST_ELEMENTS = 4

_DIGITS, _ALL_DIGITS = 4, 9


class Numeral(NamedTuple):
    """A value in both forms."""

    latex: str
    mathml: str


def numeral(value: Nested | None, bare: bool = False, bracketed: bool = False) -> Numeral | None:
    """How a value is written; None for more than `MOST_ELEMENTS`, three dimensions or more, booleans in a matrix or complex numbers.

    One element stands alone, in brackets where it is negative unless `bare`; `bracketed` keeps the brackets of a vector of one.
    """
    rows = _rows(value)
    if rows is None or not 0 < sum(map(len, rows)) <= MOST_ELEMENTS:
        return None
    written = [[_one(item) for item in row] for row in rows]
    if any(item is None for row in written for item in row):
        return None
    cells = [[item for item in row if item is not None] for row in written]
    if sum(map(len, cells)) == 1 and not (bracketed and isinstance(value, list)):
        only = cells[0][0]
        return only if bare or not only.latex.startswith("-") else _held(only)
    return _matrix(cells) if isinstance(value, list) and isinstance(value[0], list) else _vector(cells[0])


def _rows(value: Any) -> list[list[Any]] | None:
    if not isinstance(value, list):
        return None if value is None else [[value]]
    if not any(isinstance(item, list) for item in value):
        return [value]
    if all(isinstance(row, list) and not any(isinstance(item, list) for item in row) for row in value):
        return value
    flat = value
    while isinstance(flat, list) and len(flat) == 1:  # a single number, however deep
        flat = flat[0]
    return None if isinstance(flat, list) else [[flat]]


def _one(value: Any) -> Numeral | None:
    if isinstance(value, bool):
        return Numeral(str(int(value)), f"<mn>{int(value)}</mn>")
    if value == "NaN":
        return Numeral(r"\text{NaN}", "<mtext>NaN</mtext>")
    if value in ("Infinity", "-Infinity"):
        sign = "-" if value.startswith("-") else ""
        return Numeral(rf"{sign}\infty", f"{_minus(sign)}<mn>∞</mn>")
    if not isinstance(value, int | float):
        return None
    written = f"{value:.{_DIGITS}g}"
    if float(written) != value and float(written).is_integer():
        written = f"{value:.{_ALL_DIGITS}g}"  # 0.9999998 is not 1: what is left of 1 may be all that counts
    digits, _, power = written.partition("e")
    digits = "0" if digits == "-0" else digits
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    if not power:
        return Numeral(sign + digits, f"{_minus(sign)}<mn>{digits}</mn>")
    return Numeral(
        rf"{sign}{digits} \cdot 10^{{{int(power)}}}",
        f"{_minus(sign)}<mn>{digits}</mn><mo>·</mo><msup><mn>10</mn><mrow>{_minus('-' if int(power) < 0 else '')}<mn>{abs(int(power))}</mn></mrow></msup>",
    )


def _minus(sign: str) -> str:
    return '<mo form="prefix">−</mo>' if sign else ""


def _held(only: Numeral) -> Numeral:
    return Numeral(f"({only.latex})", f"<mrow><mo>(</mo>{only.mathml}<mo>)</mo></mrow>")


def _vector(cells: list[Numeral]) -> Numeral:
    return _held(Numeral(r",\; ".join(cell.latex for cell in cells), "<mo>,</mo>".join(cell.mathml for cell in cells)))


def _matrix(cells: list[list[Numeral]]) -> Numeral:
    latex = r" \\ ".join(" & ".join(cell.latex for cell in row) for row in cells)
    rows = "".join(f"<mtr>{''.join(f'<mtd><mrow>{cell.mathml}</mrow></mtd>' for cell in row)}</mtr>" for row in cells)
    return Numeral(
        rf"\begin{{pmatrix}} {latex} \end{{pmatrix}}", f"<mrow><mo>(</mo><mtable>{rows}</mtable><mo>)</mo></mrow>"
    )
