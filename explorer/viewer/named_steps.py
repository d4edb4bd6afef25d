"""The calls of a run with the names of their dimensions; where two tensors meet, by position beside by name."""

from __future__ import annotations

from typing import Any

from explorer.ir import Look, NamedDims, NamedStep
from explorer.names import Dims, Pair, align, pairs
from explorer.viewer.component import browser_module
from explorer.viewer.storages import view_words
from explorer.words import Language, tell

_mount = browser_module("explorer_named_steps", "named_steps.mjs", "sheet.css")


def named_steps(look: Look, *, key: str, language: Language) -> None:
    """Draw every call that had a name in it."""
    steps = [told(step, language) for step in look.steps]
    _mount(key=key, data={"steps": steps, "words": view_words("named_steps.", language)})


def told(step: NamedStep, language: Language) -> dict[str, Any]:
    """One call as the browser reads it."""
    return {
        "line": step.line,
        "text": step.text,
        "function": step.function,
        "inputs": [_dims(one) for one in step.inputs],
        "output": _dims(step.output) if step.output else None,
        "rule": tell(step.rule, language),
        "mismatch": tell(step.mismatch, language) if step.mismatch else None,
        "hint": tell(step.hint, language) if step.hint else None,
        "sides": sides(step),
    }


def _dims(dims: NamedDims) -> dict[str, Any]:
    return {"shape": dims.shape, "names": dims.names, "variable": dims.variable}


def sides(step: NamedStep) -> dict[str, Any] | None:
    """Two tensors that were matched from the right: as torch does it, and as their names would have it. None for other calls."""
    if step.rule.key != "names.rule.broadcast" or len(step.inputs) != 2:
        return None
    first, second = (Dims(one.shape, one.names) for one in step.inputs)
    by_position = pairs(first, second)
    moved = align(second, first)
    by_name, code = None, ""
    if all(pair.names_fit and pair.sizes_fit for pair in by_position):
        by_name = by_position
    elif moved is not None:
        by_name = pairs(first, _moved(second, moved.order))
        code = (step.inputs[1].variable or "") + moved.code if moved.code and step.inputs[1].variable else ""
    elif (moved := align(first, second)) is not None:
        by_name = pairs(_moved(first, moved.order), second)
        code = (step.inputs[0].variable or "") + moved.code if moved.code and step.inputs[0].variable else ""
    return {
        "position": [_pair(pair) for pair in by_position],
        "name": [_pair(pair) for pair in by_name] if by_name is not None else None,
        "code": code,
    }


def _moved(dims: Dims, order: tuple[int | None, ...]) -> Dims:
    """The dimensions in another order, with one of size 1 for each None."""
    return Dims(
        tuple(1 if at is None else dims.shape[at] for at in order),
        tuple(None if at is None else dims.names[at] for at in order),
    )


def _pair(pair: Pair) -> dict[str, Any]:
    return {"first": pair.first, "second": pair.second, "bad": not (pair.names_fit and pair.sizes_fit)}
