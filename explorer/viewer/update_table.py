"""What the optimizer did in one step, as a table: of each parameter its first element, before and after."""

from __future__ import annotations

from typing import Any

from explorer.derivatives.optimizers import LETTERS
from explorer.ir import Number, ParameterUpdate, StepUpdate
from explorer.viewer.cost_table import tables_view
from explorer.words import Language, say

_STEPS = "step"
"""What torch's optimizers call the count of their steps."""


def update_view(update: StepUpdate, *, key: str, language: Language) -> None:
    """Show it; a row selects its parameter in every view of the page."""
    tables_view([update_table(update, language)], key=key)


def update_table(update: StepUpdate, language: Language) -> dict[str, Any]:
    """Columns: name, gradient, what the optimizer keeps, p, its change; of what changed the number before and the one now. The count of steps stands above."""
    steps = {one.state[_STEPS] for one in update.parameters if _STEPS in one.state}
    kept = list(dict.fromkeys(key for one in update.parameters for key in one.state))
    if len(steps) == 1:
        kept.remove(_STEPS)
    counted = f" · {LETTERS[_STEPS]} = {_first(*steps)}" if len(steps) == 1 else ""
    headings = [say("update.parameter", language), say("update.gradient", language)]
    headings += [f"{LETTERS.get(key, key)} · {key}" for key in kept]
    headings += [say("update.value", language), say("update.change", language)]
    return {
        "title": say("update.title", language, optimizer=update.optimizer) + counted,
        "headings": headings,
        "rows": [_row(one, kept) for one in update.parameters],
        "more": None,
    }


def _row(one: ParameterUpdate, kept: list[str]) -> dict[str, Any]:
    cells = [_first(one.gradient)]
    cells += [_became(one.state_before.get(key, ()), one.state.get(key, ())) for key in kept]
    cells += [_became(one.before, one.after), _change(one)]
    index = ", ".join("0" for _ in one.shape)
    return {
        "name": f"{one.name}[{index}]" if one.shape else one.name,
        "select": {"tensor": f"model.{one.name}"},
        "cells": [{"text": text} for text in cells],
    }


def _became(before: tuple[Number, ...], after: tuple[Number, ...]) -> str:
    return f"{_first(before)} → {_first(after)}" if before else _first(after)


def _change(one: ParameterUpdate) -> str:
    if not one.before or not one.after:
        return "–"
    return f"{float(one.after[0]) - float(one.before[0]):.4g}"


def _first(values: tuple[Number, ...]) -> str:
    return f"{float(values[0]):.6g}" if values else "–"
