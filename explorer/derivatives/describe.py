"""What a backward function computes, for each of its inputs, as plain text that a learner can read."""

from __future__ import annotations

from explorer.derivatives.formulas import FORMULAS
from explorer.ir import Record
from explorer.words import Language, say


class Slot(Record, frozen=True, kw_only=True):
    """One input of the forward call; its place in the tuple is the slot in ``next_functions``."""

    name: str
    """As torch calls it, as in ``self`` or ``weight``."""
    local: str
    """The derivative of the output by this input, as in ``∂(a · b)/∂a = b``."""
    gradient: str
    """What is sent back to it, as in ``grad · b``."""


class Derivative(Record, frozen=True, kw_only=True):
    """One grad_fn in words."""

    name: str
    forward: str
    """The forward call, as in ``a · b``."""
    slots: tuple[Slot, ...]
    remark: str
    """A sentence in the reader's language; empty where the formula says all."""


def describe(name: str, language: Language = "en") -> Derivative | None:
    """The derivative of a grad_fn such as ``MulBackward0``, or None where it is not known here.

    The facts are those of PyTorch's own table of derivatives; inputs that can have no gradient have no slot.
    """
    formula = FORMULAS.get(name)
    if formula is None:
        return None
    return Derivative(
        name=name,
        forward=formula.forward,
        slots=tuple(
            Slot(name=slot, local=f"∂({formula.forward})/∂{symbol} = {local}", gradient=gradient)
            for slot, symbol, local, gradient in formula.slots
        ),
        remark=say(f"derivative.{formula.remark}", language) if formula.remark else "",
    )


def known_names() -> tuple[str, ...]:
    """All names that `describe` knows, sorted."""
    return tuple(sorted(FORMULAS))
