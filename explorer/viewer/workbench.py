"""The view workbench: what of a chain's run it is fed with, and Streamlit's side of it.

Where tensors lie is what the run says; why it is so, and what further steps would do, is told by `explorer.strides`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

import streamlit as st
from msgspec.structs import asdict

from explorer.ir import Run, Tensor
from explorer.strides import Layout, Outcome, Suggestion, apply, blocked, formats, merge_pairs, read_step, suggestions
from explorer.viewer.component import browser_module
from explorer.viewer.storages import facts, strips, view_words
from explorer.words import Language, say, tell

_mount = browser_module("explorer_workbench", "workbench.mjs", "storage.css", "workbench.css")


class Line(NamedTuple):
    """One line of the chain's program."""

    name: str
    """What it gives a name to."""
    step: str
    """As typed; of the first line, which is the tensor to start from, its name."""
    text: str = ""


def workbench_view(
    scene: dict[str, Any], *, key: str, on_steps: Callable[[list[str]], None], on_send: Callable[[], None]
) -> None:
    """Show a chain; what a person does with it comes back as the whole list of steps.

    Args:
        scene: what `scene` made.
        key: unique in the app.
        on_steps: called before the rerun that a change of the chain causes.
        on_send: the same where the person asks for the program on the Graph page.
    """

    def take_steps() -> None:
        match st.session_state[key].get("steps"):
            case [*asked] if all(isinstance(step, str) for step in asked):
                on_steps(asked)

    _mount(key=key, data=scene, on_steps_change=take_steps, on_send_change=on_send)


def scene(lines: Sequence[Line], run: Run, problem: str, language: Language) -> dict[str, Any]:
    """What the browser draws.

    Args:
        lines: the tensor to start from, then each step.
        run: of the program, or of as much of its beginning as ran.
        problem: why the step after that failed; empty where none did.
        language: of its words.
    """
    results = [_result(run, line.name) for line in lines]
    shown = []
    for before, after, line in zip([None, *results], results, lines, strict=False):
        if after is None:
            shown += [_failed(line, before, problem, language)] if before else []
            break
        shown.append(_step(line, before, after, language))
    mine = [tensor for result in results if result for tensor in result.tensors]
    ids = {tensor.storage_id for tensor in mine}
    return {
        "steps": shown,
        "typed": [line.step for line in lines[1:]],
        "code": run.code,
        "storages": {
            "storages": [one for one in strips(run.storages, mine)[0] if one["id"] in ids],
            "more": 0,
            "tensors": [facts(tensor) for tensor in mine],
            "tensor": None,
            "words": view_words("storage.", language),
        },
        "words": view_words("workbench.", language),
    }


class _Result(NamedTuple):
    """What one line gave: a tensor, or a tuple of them."""

    tensors: tuple[Tensor, ...]
    is_tuple: bool

    @property
    def where(self) -> Layout | tuple[Layout, ...]:
        """As `apply` takes it."""
        layouts = tuple(Layout(shape=one.shape, stride=one.stride, offset=one.storage_offset) for one in self.tensors)
        return layouts if self.is_tuple else layouts[0]

    @property
    def strided(self) -> bool:
        return all(one.layout == "strided" for one in self.tensors)


def _result(run: Run, name: str) -> _Result | None:
    whole = tuple(tensor for tensor in run.tensors if tensor.name == name)
    parts = tuple(tensor for tensor in run.tensors if tensor.name.startswith(f"{name}["))
    return _Result(whole or parts, not whole) if whole or parts else None


def _step(line: Line, before: _Result | None, after: _Result, language: Language) -> dict[str, Any]:
    """One step that gave tensors: the run's facts, and why they are so where `explorer.strides` comes to the same."""
    first, where = after.tensors[0], after.where
    kind, why = ("start", "") if before is None else _why(line, before, after, language)
    shown = {
        "name": line.name,
        "code": line.step,
        "line": line.text,
        "kind": kind,
        "why": why,
        "tensors": [tensor.name for tensor in after.tensors],
        "tuple": after.is_tuple,
        "shape": list(first.shape),
        "stride": list(first.stride),
        "offset": first.storage_offset,
        "dtype": first.dtype,
        "storage": first.storage_id,
        "gradFn": first.grad_fn is not None,
    }
    if not after.strided:
        return shown | {"layout": first.layout, "formats": [], "pairs": [], "suggestions": []}
    layout = where if isinstance(where, Layout) else where[0]
    return shown | {
        "formats": list(formats(layout)),
        "pairs": [asdict(pair) for pair in merge_pairs(layout)],
        "suggestions": [_suggestion(one, language) for one in suggestions(where)],
    }


def _why(line: Line, before: _Result, after: _Result, language: Language) -> tuple[str, str]:
    """View or copy, by the storages that the run saw, and the reason."""
    told = apply(read_step(line.step), before.where) if before.strided else Outcome(kind="unknown")
    first = after.tensors[0]
    if after.is_tuple:
        kind = "parts"
    elif first.storage_id < 0 or first.storage_id not in {one.storage_id for one in before.tensors}:
        kind = "copy"
    else:
        kind = "same" if told.kind == "same" else "view"
    agrees = told.why is not None and told.kind == kind and (told.parts or told.layout) == after.where
    return kind, tell(told.why, language) if told.why and agrees else say(f"workbench.why.{kind}", language)


def _suggestion(one: Suggestion, language: Language) -> dict[str, Any]:
    outcome = one.outcome
    shown = {"group": one.group, "code": one.code, "kind": outcome.kind, "parts": len(outcome.parts)}
    shown["why"] = tell(outcome.why, language) if outcome.why else ""
    return shown | ({} if outcome.layout is None else _lists(outcome.layout))


def _lists(layout: Layout) -> dict[str, Any]:
    return {"shape": list(layout.shape), "stride": list(layout.stride), "offset": layout.offset}


def _wrap(layout: Layout, shape: Sequence[int]) -> int:
    """The element, in row-major order, before which the walk takes its first odd step: where the inner of the two dimensions begins anew."""
    found = blocked(layout, shape)
    return prod(layout.shape[found.pairs[-1].outer + 1 :]) if found else 0


def _failed(line: Line, before: _Result, problem: str, language: Language) -> dict[str, Any]:
    """A step that gave no tensor: torch's words, and for a view the dimensions that cannot merge."""
    told = apply(read_step(line.step), before.where) if before.strided else Outcome(kind="unknown")
    shown = {
        "name": line.name,
        "code": line.step,
        "line": line.text,
        "kind": "fails",
        "problem": problem or say("workbench.no_tensor", language, code=line.step),
        "why": tell(told.why, language) if told.kind == "fails" and told.why else "",
        "tensors": [],
    }
    layout = before.where
    if told.shape is None or not isinstance(layout, Layout):
        return shown
    return shown | {
        **_lists(layout),
        "asked": list(told.shape),
        "wrap": _wrap(layout, told.shape),
        "from": before.tensors[0].name,
        "values": facts(before.tensors[0])["values"],
        "pairs": [asdict(pair) for pair in merge_pairs(layout)],
        "remedies": [[".contiguous()", line.step], [f".reshape({', '.join(map(str, told.shape))})"]],
    }
