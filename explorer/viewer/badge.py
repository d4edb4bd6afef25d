"""The badge beside the drawing: whether the captured backward, executed again, gave what autograd left in ``.grad``."""

from __future__ import annotations

from explorer.ir import Number, Run, Verification
from explorer.viewer.evidence import Facts
from explorer.words import Language, say

_NAMES_SHOWN = 4


def badge(run: Run, language: Language) -> Facts | None:
    """``kind`` (a status), ``text``, ``more`` (what it means), and ``ask``, the label of a button, where it can be verified now; None without a proof."""
    proof = run.verification
    if proof is None or not run.graph.nodes:
        return None
    kind = proof.status if proof.status != "skipped" else f"skipped.{proof.reason or 'asked'}"
    values = {
        "leaves": proof.leaves,
        "equal": proof.equal,
        "executed": proof.executed,
        "difference": _number(proof.largest_difference),
        "tolerance": _number(proof.tolerance),
        "worst": proof.worst or "",
    }
    more = [say(f"badge.{kind}.more", language, **values), *_limits(proof, language, values)]
    return {
        "kind": proof.status,
        "text": say(f"badge.{kind}", language, **values),
        "more": " ".join(more),
        "ask": say("badge.ask", language) if kind in ("skipped.large", "skipped.asked") else None,
    }


def _limits(proof: Verification, language: Language, values: Facts) -> list[str]:
    """What the proof leans on beyond equal bits: a tolerance, and results that were taken over."""
    found = []
    if proof.status == "verified":
        found.append(say("badge.tolerance" if proof.tolerance else "badge.bits", language, **values))
    if proof.adopted:
        names = ", ".join(proof.adopted[:_NAMES_SHOWN]) + (" …" if len(proof.adopted) > _NAMES_SHOWN else "")
        found.append(say("badge.adopted", language, names=names))
    return found


def _number(number: Number) -> str:
    return f"{number:.3g}" if isinstance(number, int | float) else str(number)
