"""One step of a chain, as typed (``.transpose(0, 1)``, ``[1:, 0]``), and what it makes of a layout.

A step is read with ``ast``, never executed: only names of methods and literal arguments count. What this package does not know it says
so (`Outcome.kind` ``unknown``); a run says the rest.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import field

from explorer.ir import Record, Sentence
from explorer.strides.indexing import Index, index_layout
from explorer.strides.layout import Layout
from explorer.strides.made import Made, RefusedError
from explorer.strides.methods import METHODS

LONGEST_STEP = 200
"""Characters of one step; parsing is safe at that length, however deep it nests."""

Kind = Literal["view", "copy", "same", "parts", "fails", "unknown"]


class Step(Record, frozen=True, kw_only=True):
    """A method with literal arguments, or an index; with `part`, of which element of the tuple it gives."""

    name: str
    """Name of the method, ``[]`` for an index."""
    args: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    part: int | None = None


class Outcome(Record, frozen=True, kw_only=True):
    """What a step makes of a layout."""

    kind: Kind
    layout: Layout | None = None
    parts: tuple[Layout, ...] = ()
    """Where the step gives a tuple of tensors."""
    why: Sentence | None = None
    shape: tuple[int, ...] | None = None
    """The shape that was asked for, where a view of it failed."""


_UNKNOWN = Outcome(kind="unknown")


def read_step(text: str) -> Step | None:
    """A step as typed; None where it is none, or says more than this package reads."""
    text = text.strip()
    if len(text) > LONGEST_STEP or "\\" in text or not text.startswith((".", "[")):
        return None
    try:
        node: ast.expr = ast.parse(f"x{text}", mode="eval").body
        part = None
        if isinstance(node, ast.Subscript) and not _is_x(node.value):
            part, node = _literal(node.slice), node.value
            if type(part) is not int:
                return None
        return _read(node, part)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _read(node: ast.expr, part: int | None) -> Step | None:
    match node:
        case ast.Subscript(value=value, slice=index) if _is_x(value) and part is None:
            return Step(name="[]", args=(_literal(index),))
        case ast.Attribute(value=value, attr="T" | "mT" | "H" | "mH" as name) if _is_x(value):
            return Step(name=name, part=part)
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=args, keywords=keywords) if _is_x(value):
            named = {one.arg: _literal(one.value) for one in keywords if one.arg is not None}
            return Step(name=name, args=tuple(map(_literal, args)), keywords=named, part=part)
    return None


def _is_x(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "x"


def _literal(node: ast.expr) -> Any:
    """Numbers, texts, None, tuples, lists, slices, ``...`` and names of torch's memory formats; ValueError for anything else."""
    match node:
        case ast.Slice(lower=lower, upper=upper, step=step):
            return slice(*(None if one is None else _literal(one) for one in (lower, upper, step)))
        case ast.Tuple(elts=items):
            return tuple(map(_literal, items))
        case ast.List(elts=items):
            return list(map(_literal, items))
        case ast.Attribute(value=ast.Name(id="torch"), attr=name):
            return f"torch.{name}"
    return ast.literal_eval(node)


def apply(step: Step | None, layout: Layout | tuple[Layout, ...]) -> Outcome:
    """What `step` makes of a tensor, or of a tuple of them (of which it can only take one)."""
    if step is None:
        return _UNKNOWN
    if isinstance(layout, tuple):
        return _take(step, layout)
    try:
        made = index_layout(layout, _index(step)) if step.name == "[]" else _called(step, layout)
    except RefusedError as problem:
        return Outcome(kind="fails", why=problem.sentence, shape=problem.shape)
    except (TypeError, ValueError, IndexError, KeyError):
        return _UNKNOWN
    return _outcome(made, step.part)


def _index(step: Step) -> tuple[Index, ...]:
    (index,) = step.args
    return index if isinstance(index, tuple) else (index,)


def _called(step: Step, layout: Layout) -> Made:
    method: Callable[..., Made] | None = METHODS.get(step.name)
    if method is None:
        raise KeyError(step.name)
    keywords: Mapping[str, Any] = step.keywords
    return method(layout, *step.args, **keywords)


def _outcome(made: Made, part: int | None) -> Outcome:
    if part is None:
        layout = made.layouts[0] if len(made.layouts) == 1 and made.kind != "parts" else None
        return Outcome(kind=made.kind, layout=layout, parts=made.layouts if layout is None else (), why=made.why)
    if made.kind != "parts":
        return _UNKNOWN  # an index after a method that gives one tensor: two steps in one
    if not -len(made.layouts) <= part < len(made.layouts):
        return _UNKNOWN
    return Outcome(kind="view", layout=made.layouts[part], why=made.why)


def _take(step: Step, parts: tuple[Layout, ...]) -> Outcome:
    if step.name == "[]" and type(step.args[0]) is int and -len(parts) <= step.args[0] < len(parts):
        return Outcome(kind="same", layout=parts[step.args[0]], why=Sentence(key="strides.why.part"))
    return _UNKNOWN
