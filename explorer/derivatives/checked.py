"""What came of checking one call against finite differences, in words."""

from __future__ import annotations

from explorer.ir import Check, Run
from explorer.words import Language, say


def verdict(run: Run, language: Language = "en") -> str | None:
    """One sentence on `Run.check`, as in ``x ** 3: backward agrees with finite differences``; None where nothing was asked."""
    check = run.check
    if check is None:
        return None
    op = run.ops[check.op] if 0 <= check.op < len(run.ops) else None
    key = f"check.{check.status}" + (f".{check.reason}" if check.reason else "")
    return say(
        key,
        language,
        call=(op.text or op.name) if op else f"#{check.op}",
        difference=f"{_largest(check):.3g}",
        count=len(run.ops),
    )


def _largest(check: Check) -> float:
    return max((float(each.largest_difference) for each in check.inputs), default=0.0)
