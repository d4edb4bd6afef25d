"""What the code calls a leaf that no variable holds: by the first call that took it, as in ``xs[0]`` or ``self.w``.

The text of a call is read, never evaluated. Which operand is which tensor follows from their order, so it is believed only where there are as many of
the ones as of the others, and every plain name among them meant that tensor.
Cannot see: tensors that only calls inside a library took, or operands that are themselves results.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import torch

from explorer.capture.drafts import OpDraft
from explorer.capture.metas import place_of
from explorer.ir import TensorMeta

_FUNCTIONS = frozenset({"torch", "F", "nn"})
"""What calls of functions, and not of a tensor's methods, begin with."""


def expressions(leaves: Mapping[int, TensorMeta], drafts: Iterable[OpDraft]) -> dict[int, str]:
    """By leaf (any number for it): what the first of `drafts` that says it calls it; leaves that none names are left out."""
    wanted = {place_of(meta): leaf for leaf, meta in leaves.items()}
    storages = {meta.storage_id for meta in leaves.values()} - {-1}
    found: dict[int, str] = {}
    for draft in drafts:
        if len(found) == len(leaves):
            break
        for at, meta in enumerate(draft.inputs):
            leaf = wanted.get(place_of(meta)) if meta.storage_id in storages and meta.requires_grad else None
            if leaf is not None and leaf not in found and (name := _name(draft, at)):
                found[leaf] = name
    return found


def _name(draft: OpDraft, at: int) -> str | None:
    """Of the tensor at a place among a call's inputs."""
    known = draft.input_names
    if at < len(known) and known[at]:
        return known[at]
    given = _operands(draft.place.text, draft.name)
    if len(given) != len(draft.inputs) or len(known) != len(given):
        return None
    if any(name.isidentifier() and name != meant for name, meant in zip(given, known, strict=True)):
        return None
    return given[at] or None


@cache
def _operands(text: str, name: str) -> tuple[str, ...]:
    """What an operator or a call of `name` is given, but constants, as written; empty for what is no name, attribute or element."""
    try:
        call = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):  # a statement, or cut off
        return ()
    return tuple(_path(each) for each in _given(call, name) if not isinstance(each, ast.Constant))


def _given(call: ast.expr, name: str) -> Iterator[ast.expr]:
    match call:
        case ast.BinOp(left=left, right=right):
            yield from (left, right)
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            yield value
        case ast.Call(func=ast.Attribute(value=value, attr=attr), args=args, keywords=keywords) if attr == name:
            if hasattr(torch.Tensor, attr) and _root(value) not in _FUNCTIONS:
                yield value
            elif _root(value) not in _FUNCTIONS:
                return
            yield from (*args, *(keyword.value for keyword in keywords))


def _root(value: ast.expr) -> str | None:
    """The variable that a path begins with."""
    while isinstance(value, ast.Attribute | ast.Subscript):
        value = value.value
    return value.id if isinstance(value, ast.Name) else None


def _path(value: ast.expr) -> str:
    """The text of a name, or of attributes and elements of one; empty for anything else."""
    simple = (
        ast.Name | ast.Attribute | ast.Subscript | ast.Constant | ast.Tuple | ast.expr_context | ast.UnaryOp | ast.USub
    )
    return ast.unparse(value) if all(isinstance(part, simple) for part in ast.walk(value)) else ""
