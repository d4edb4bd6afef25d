r"""A row of the table: one grad_fn's forward call and, slot by slot, its vector-Jacobian product, in LaTeX.

Letters stand for tensors and numbers: ``g`` is always the gradient that comes in, ``y`` the result, and each input has its own. ``[x > 0]``
is 1 where the condition holds and 0 elsewhere. ``\cdot`` multiplies element by element; factors side by side are a matrix product.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from explorer.derivatives.latex import letters_in

_FRACTION_OF_ONE = re.compile(r"(-?)\\frac\{1\}\{(.*)\}")


class Input(NamedTuple):
    """One input of the forward call; its place in `Entry.inputs` is its slot in ``next_functions``."""

    name: str
    """As torch calls it."""
    letter: str
    product: str
    """What is sent back to it: the vector-Jacobian product."""
    local: str | None = None
    """The derivative of the output by it, where the call works element by element."""


class Entry(NamedTuple):
    """One formula, for each of `names`."""

    names: tuple[str, ...]
    forward: str
    inputs: tuple[Input, ...]
    notes: tuple[str, ...]
    """Keys of ``words/derivatives.toml`` without their prefix."""
    letters: Mapping[str, str]
    """Letter in the formulas -> torch's own name."""

    @property
    def saved(self) -> tuple[str, ...]:
        """What the products use of what the forward call put aside, by torch's names."""
        used = {letter for each in self.inputs for letter in letters_in(each.product)}
        return tuple(sorted({name for letter, name in self.letters.items() if letter in used and letter != "g"}))


def by(name: str, letter: str, local: str) -> Input:
    """An input of a call that works element by element, by its local derivative."""
    return Input(name, letter, _times(local), local)


def to(name: str, letter: str, product: str) -> Input:
    """An input by its vector-Jacobian product."""
    return Input(name, letter, product)


def row(names: str, forward: str, *inputs: Input, notes: str = "", **letters: str) -> Entry:
    r"""An entry for each of the `names` between spaces. A letter's keyword of several characters is a Greek one: ``alpha`` for ``\alpha``."""
    known = {"g": "grad", "y": "result"} | {each.letter: each.name for each in inputs}
    known |= {letter if len(letter) == 1 else f"\\{letter}": name for letter, name in letters.items()}
    return Entry(tuple(names.split()), forward, inputs, tuple(notes.split()), known)


def each(names: str, forward: str, local: str, notes: str = "", **letters: str) -> Entry:
    """A function of one tensor, element by element."""
    return row(names, forward, by("self", "x", local), notes=notes, **letters)


def move(names: str, forward: str, product: str, notes: str = "moves", **letters: str) -> Entry:
    """A call that changes the places of one tensor's elements."""
    return row(names, forward, to("self", "x", product), notes=notes, **letters)


def _times(local: str) -> str:
    if local in ("1", "-1", "0"):
        return {"1": "g", "-1": "-g", "0": "0"}[local]
    whole = _FRACTION_OF_ONE.fullmatch(local)
    if whole and _closes_last(whole[2]):
        return rf"{whole[1]}\frac{{g}}{{{whole[2]}}}"
    if _is_sum(local):
        return rf"g \cdot ({local})"
    if local.startswith("-"):
        return rf"-g \cdot {local[1:]}"
    return rf"g \cdot {local}"


def _closes_last(inside: str) -> bool:
    depth = 0
    for one in inside:
        depth += (one == "{") - (one == "}")
        if depth < 0:
            return False
    return True


def _is_sum(latex: str) -> bool:
    depth = 0
    for place, one in enumerate(latex):
        depth += (one in "{([") - (one in "})]")
        if one in "+-" and depth == 0 and place:
            return True
    return False
