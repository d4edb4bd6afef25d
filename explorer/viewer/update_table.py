"""What the optimizer did in one step, as a table: of each parameter its first element, before and after."""

from __future__ import annotations

from typing import Any

from explorer.derivatives.optimizers import LETTERS
from explorer.ir import Number, ParameterUpdate, StepUpdate
from explorer.viewer.cost_table import tables_view
from explorer.words import Language, say


def update_view(update: StepUpdate, *, key: str, language: Language) -> None:
    """Show it; a row selects its parameter in every view of the page."""
    tables_view([update_table(update, language)], key=key)


def update_table(update: StepUpdate, language: Language) -> dict[str, Any]:
    """Columns: name, p before, gradient, what the optimizer kept before and keeps now, p after, its change."""
    kept = list(dict.fromkeys(key for one in update.parameters for key in one.state))
    headings = [say("update.parameter", language), say("update.before", language), say("update.gradient", language)]
    headings += [f"{LETTERS.get(key, key)} · {key}" for key in kept]
    headings += [say("update.after", language), say("update.change", language)]
    return {
        "title": say("update.title", language, optimizer=update.optimizer),
        "headings": headings,
        "rows": [_row(one, kept) for one in update.parameters],
        "more": None,
    }


def _row(one: ParameterUpdate, kept: list[str]) -> dict[str, Any]:
    cells = [_first(one.before), _first(one.gradient)]
    cells += [_kept(one, key) for key in kept]
    cells += [_first(one.after), _change(one)]
    index = ", ".join("0" for _ in one.shape)
    return {
        "name": f"{one.name}[{index}]" if one.shape else one.name,
        "select": {"tensor": f"model.{one.name}"},
        "cells": [{"text": text} for text in cells],
    }


def _kept(one: ParameterUpdate, key: str) -> str:
    before, after = one.state_before.get(key, ()), one.state.get(key, ())
    return f"{_first(before)} → {_first(after)}" if before else _first(after)


def _change(one: ParameterUpdate) -> str:
    if not one.before or not one.after:
        return "–"
    return f"{float(one.after[0]) - float(one.before[0]):.4g}"


def _first(values: tuple[Number, ...]) -> str:
    return f"{float(values[0]):.6g}" if values else "–"
