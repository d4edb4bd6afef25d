"""What a backward function computes, for each of its inputs: formulas as LaTeX, MathML and plain text, conditions in words."""

from __future__ import annotations

from explorer.derivatives.entry import Entry, Input
from explorer.derivatives.latex import mathml, plain
from explorer.derivatives.table import TABLE
from explorer.ir import Record
from explorer.words import Language, say


class Slot(Record, frozen=True, kw_only=True):
    """One input of the forward call; its place in the tuple is the slot in ``next_functions``."""

    name: str
    """As torch calls it, as in ``self`` or ``weight``."""
    symbol: str
    """Its letter in the formulas, as in ``a``."""
    latex: str
    r"""The vector-Jacobian product, as in ``\\frac{\\partial L}{\\partial a} = g \\cdot b``."""
    mathml: str
    """The same as one ``<math>`` element of MathML."""
    text: str
    """The same in one line of Unicode, as in ``∂L/∂a = g · b``."""
    local: str
    """The derivative of the output by this input, as in ``∂y/∂a = b``; the same as `text` where that is no product of elements."""
    gradient: str
    """What is sent back to it, as in ``g · b``."""
    words: str = ""
    """A sentence on this input alone, where there is one to say."""


class Derivative(Record, frozen=True, kw_only=True):
    """One grad_fn in formulas and words."""

    name: str
    forward: str
    """The forward call in one line of Unicode, as in ``y = a · b``."""
    forward_latex: str
    forward_mathml: str
    slots: tuple[Slot, ...]
    """A call that takes a list (``cat``) has one for all of its inputs."""
    symbols: tuple[tuple[str, str], ...]
    """Letters in the formulas and torch's own names for them: ``g`` is ``grad``, what comes in."""
    saved: tuple[str, ...]
    """What the formulas use of what the forward call put aside, named as `explorer.ir.Saved.name`."""
    remark: str
    """The notes in one text; empty where the formulas say all."""
    notes: tuple[str, ...]
    """Conditions and advice, each a sentence in the reader's language."""


def describe(name: str, language: Language = "en") -> Derivative | None:
    """The derivative of a grad_fn such as ``MulBackward0``, or None where it is not known here.

    The facts are those of PyTorch's own table of derivatives; inputs that can have no gradient have no slot.
    """
    entry = TABLE.get(name)
    if entry is None:
        return None
    stated = " = " in entry.forward.split(",")[0] or r"\leftarrow" in entry.forward
    forward = entry.forward if stated else f"y = {entry.forward}"
    notes = tuple(say(f"derivative.{note}", language) for note in entry.notes)
    return Derivative(
        name=name,
        forward=plain(forward),
        forward_latex=forward,
        forward_mathml=mathml(forward),
        slots=tuple(_slot(each, language) for each in entry.inputs),
        symbols=_symbols(entry),
        saved=entry.saved,
        remark=" ".join(notes),
        notes=notes,
    )


def known_names() -> tuple[str, ...]:
    """All names that `describe` knows, sorted."""
    return tuple(sorted(TABLE))


def _slot(each: Input, language: Language) -> Slot:
    latex = rf"\frac{{\partial L}}{{\partial {each.letter}}} = {each.product}"
    text = plain(latex)
    return Slot(
        name=each.name,
        symbol=plain(each.letter),
        latex=latex,
        mathml=mathml(latex),
        text=text,
        local=text if each.local is None else plain(rf"\frac{{\partial y}}{{\partial {each.letter}}} = {each.local}"),
        gradient=plain(each.product),
        words=_words(each, language),
    )


def _words(each: Input, language: Language) -> str:
    if each.product == "0":
        return say("derivative.slot.zero", language)
    return say("derivative.slot.list", language) if each.name == "tensors" else ""


def _symbols(entry: Entry) -> tuple[tuple[str, str], ...]:
    return tuple((plain(letter), name) for letter, name in entry.letters.items())
