"""The run's own numbers in a node's formulas, as in ``g · b = 2 · 3 = 6``, where its tensors have few elements.

Numbers come from the record alone: saved tensors, named tensors that were not written to since, and the gradients that flowed.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from explorer.derivatives.entry import Entry, Input
from explorer.derivatives.latex import fill_mathml, inside, letters_in, plain, put_in
from explorer.derivatives.numerals import MOST_ELEMENTS, Numeral, numeral
from explorer.derivatives.table import TABLE
from explorer.ir import Edge, Gradient, Nested, Node, Record, Run

_CONSTANTS = {"e", r"\pi"}
_FUNCTIONS = {r"\sigma", r"\Phi", r"\varphi", r"\psi", r"\Gamma"}
_NOT_NUMBERS = re.compile(
    r"\\partial|\\nabla|\\int|\\mathcal|\\overline|\\ldots|,|[a-zA-Z]_|\\operatorname\{(?:re|put|crop|fold|expand|as)"
)
"""Formulas that speak of places, parts or Jacobians, and not of numbers alone."""

_ONES = r"(1, \ldots, 1)"
_DEFAULTS = {"correction": 1}
"""What torch takes where it saved None."""

_MEAN, _SUM = "1", "2"


class Numbers(Record, frozen=True, kw_only=True):
    """One slot's formula with the numbers of this run."""

    slot: int
    latex: str
    r"""As in ``g \\cdot b = 2 \\cdot 3 = 6``."""
    mathml: str
    text: str


def numbers(node: Node, run: Run) -> tuple[Numbers, ...]:
    """The formulas of `node` with the numbers of `run`, for the slots where all of them are known and few.

    Empty for a kind of node that has no formula, for tensors of more than `MOST_ELEMENTS`, and where no gradient flowed.
    """
    entry = TABLE.get(node.name)
    if entry is None or len(node.incoming) != 1 or (incoming := node.incoming[0]) is None or not _few(incoming):
        return ()
    known = _Known(entry, node, run)
    found: list[Numbers] = []
    for edge in _edges(run, node.id):
        if edge.slot < len(entry.inputs) and edge.gradient is not None and _few(edge.gradient):
            written = _written(entry.inputs[edge.slot], edge.gradient, incoming, known)
            if written is not None:
                found.append(Numbers(slot=edge.slot, latex=written[0], mathml=written[1], text=plain(written[0])))
    return tuple(found)


def _few(gradient: Gradient) -> bool:
    return gradient.value is not None and gradient.stats.numel <= MOST_ELEMENTS


def _edges(run: Run, node: int) -> list[Edge]:
    edges = run.graph.edges
    at = bisect_left(edges, node, key=lambda edge: edge.source)
    found: list[Edge] = []
    while at < len(edges) and edges[at].source == node:
        found.append(edges[at])
        at += 1
    return found


def _written(slot: Input, sent: Gradient, incoming: Gradient, known: _Known) -> tuple[str, str] | None:
    """LaTeX and MathML, or None where a letter has no number."""
    product = slot.product
    if _NOT_NUMBERS.search(product.replace(_ONES, "")):
        return None
    letters = known.of(product, pointwise=slot.local is not None)
    result = numeral(sent.value, bare=True)
    if letters is None or result is None:
        return None
    if slot.local is not None and sent.shape != incoming.shape:  # broadcast: what was repeated is summed
        product = rf"\sum {product}"
    middle = put_in(product, {letter: value.latex for letter, value in letters.items()})
    parts, drawn = [product], [inside(product)]
    if middle not in (result.latex, f"({result.latex})"):
        parts.append(middle)
        drawn.append(fill_mathml(product, {letter: value.mathml for letter, value in letters.items()}))
    equals = "<mo>=</mo>"
    return (
        " = ".join([*parts, result.latex]),
        f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow>{equals.join([*drawn, result.mathml])}</mrow></math>',
    )


class _Known:
    """The numbers behind the letters of one node's formulas."""

    def __init__(self, entry: Entry, node: Node, run: Run) -> None:
        self._entry, self._node, self._run = entry, node, run
        self._saved = {saved.name: saved for saved in node.saved}

    def of(self, product: str, pointwise: bool) -> Mapping[str, Numeral] | None:
        """Every letter of a formula; None where one has no number."""
        found: dict[str, Numeral] = {}
        for letter in letters_in(product):
            if letter in _CONSTANTS or (letter in _FUNCTIONS and letter not in self._entry.letters):
                continue
            written = numeral(self._value(letter), bracketed=not pointwise)
            if written is None:
                return None
            found[letter] = written
        if r"\bar{x}" in product:
            mean = numeral(_mean(self._value("x")))
            if mean is None:
                return None
            found[r"\bar{x}"] = mean
        return found

    def _value(self, letter: str) -> Nested | None:
        if letter == "g":
            gradient = self._node.incoming[0]
            return None if gradient is None else gradient.value
        name = self._entry.letters.get(letter)
        if name in self._saved:
            return self._of_saved(name)
        if name in _DEFAULTS:
            return _DEFAULTS[name]
        if name is None:
            return self._count() if letter == "n" else None
        return self._of_input(name)

    def _of_saved(self, name: str) -> Nested | None:
        saved = self._saved[name]
        if saved.tensor is not None or saved.text is None:
            return saved.value
        try:
            return float(saved.text)
        except ValueError:
            return None

    def _of_input(self, name: str) -> Nested | None:
        """An input that the node did not save, by the name of its tensor, where nothing wrote into that since."""
        slot = next((at for at, each in enumerate(self._entry.inputs) if each.name == name), None)
        if slot is None or self._node.op is None:
            return None
        op = self._run.ops[self._node.op]
        if slot >= len(op.inputs) or len(op.inputs) != len(self._entry.inputs):
            return None
        for tensor in self._run.tensors:
            if tensor.name == op.input_names[slot] and tensor.version == op.inputs[slot].version:
                return tensor.value if tensor.storage_id == op.inputs[slot].storage_id else None
        return None

    def _count(self) -> Nested | None:
        """Over how many elements a sum or a loss took its mean, where it took it over all."""
        gradient, saved = self._node.incoming[0], self._saved.get("self")
        reduction = self._saved.get("reduction")
        if reduction is not None and reduction.text != _MEAN:
            return 1 if reduction.text == _SUM else None
        if gradient is None or gradient.shape or saved is None or saved.tensor is None:
            return None
        return math.prod(saved.tensor.shape)


def _mean(value: Any) -> float | None:
    flat: Any = value if isinstance(value, list) else [value]
    while flat and isinstance(flat[0], list):
        flat = [one for row in flat for one in row]
    return sum(flat) / len(flat) if flat and all(isinstance(one, int | float) for one in flat) else None
