"""Which tensors are to be differentiated, and with which gradients.

A result is a tensor, or a tuple, list or dict of several (a module may return such): then all of them that have a grad_fn
are differentiated at once, as ``torch.autograd.backward([a, b], ...)`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from explorer.capture import Named
from explorer.capture.metas import is_tensor
from explorer.capture.private import quiet
from explorer.capture.variables import named_tensors, tensors_inside
from explorer.capture.wreck import newest
from explorer.ir import Nested, Sentence

LOSS = "loss"


class BadResultError(Exception):
    """There is nothing to differentiate as asked: `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.key)
        self.sentence = sentence


@dataclass(frozen=True)
class Choice:
    """What to differentiate, by variable name or by the source text of the last expression."""

    name: str
    parts: tuple[Named, ...]
    """The tensor itself, or those among its elements that have a grad_fn (if none has one, all)."""


def of_expression(text: str, value: object, variables: Mapping[str, Any]) -> Choice | None:
    """The tensors of the last expression `text`, with the names of the variables that hold them; None where it has none."""
    with quiet():
        parts = _parts(text, value, "result")
        if parts and not is_tensor(value):
            names = {id(one.tensor): one.name for one in reversed(named_tensors(variables))}
            parts = tuple(Named(names.get(id(one.tensor), one.name), one.tensor, one.origin) for one in parts)
    return Choice(text, parts) if parts else None


def candidates(variables: Mapping[str, Any]) -> tuple[str, ...]:
    """The variables that are, or directly hold, tensors with a grad_fn, in the order in which they were first bound."""
    with quiet():
        return tuple(name for name, value in variables.items() if _choice(name, value) is not None)


def latest(variables: Mapping[str, Any]) -> Choice | None:
    """The last tensor that has a grad_fn; where no variable is one, the last tuple, list or dict that holds some."""
    with quiet():
        tensors = [name for name, value in variables.items() if _differentiable(value)]
        for name in reversed(tensors or list(variables)):
            if (choice := _choice(name, variables[name])) is not None:
                return choice
    return None


def furthest(scopes: Iterable[Mapping[str, Any]], given: tuple[Named, ...]) -> Choice | None:
    """As far as code came that failed: the last tensor of the first of `scopes` that has one, or what a call was `given`, if that was made later."""
    held = next((choice for scope in scopes if (choice := latest(scope)) is not None), None)
    if not given or (held is not None and newest(held.parts, given) == 0):
        return held
    return Choice(", ".join(one.name for one in given), given)


def meant(variables: Mapping[str, Any], last: Choice | None) -> Choice | None:
    """What code points at by itself: its last expression, else ``loss``; None where neither has a grad_fn."""
    with quiet():
        return (
            last if last is not None and _differentiable(last.parts[0].tensor) else _choice(LOSS, variables.get(LOSS))
        )


def choose(asked: str | None, variables: Mapping[str, Any], last: Choice | None) -> Choice | None:
    """What was asked for; else what is `meant`, else the last tensor that has a grad_fn; else None.

    Raises:
        BadResultError: what was asked for is not there, or has no grad_fn.
    """
    if asked is None:
        return meant(variables, last) or latest(variables)
    with quiet():
        named = _choice(asked, variables.get(asked))
        if named is None and last is not None and asked == last.name and _differentiable(last.parts[0].tensor):
            named = last
    if named is not None:
        return named
    raise BadResultError(_not_possible(asked, variables))


def make_gradient(asked: Nested | None, result: torch.Tensor) -> torch.Tensor:
    """The gradient to start from, in the result's shape: ones, or what was asked, broadcast.

    Raises:
        BadResultError: what was asked does not broadcast to that shape, or the result is sparse.
    """
    if result.layout != torch.strided:
        raise BadResultError(Sentence(key="session.gradient.layout", values={"layout": str(result.layout)}))
    with quiet(), torch.no_grad():
        if asked is None:
            return torch.ones_like(result)
        try:
            return torch.tensor(asked, dtype=result.dtype, device=result.device).expand_as(result).clone()
        except (RuntimeError, ValueError, TypeError) as problem:
            shape = tuple(result.shape)
            raise BadResultError(Sentence(key="session.gradient.shape", values={"shape": str(shape)})) from problem


def _not_possible(asked: str, variables: Mapping[str, Any]) -> Sentence:
    possible = candidates(variables)
    key = "session.result.no_grad_fn" if asked in variables else "session.result.unknown"
    if not possible:
        key += "_none"
    return Sentence(key=key, values={"name": asked[:60], "candidates": ", ".join(possible[:10])})


def _choice(name: str, value: object) -> Choice | None:
    """A variable as a choice; None where nothing in it has a grad_fn."""
    parts = _parts(name, value)
    return Choice(name, parts) if parts and _differentiable(parts[0].tensor) else None


def _parts(name: str, value: object, origin: str = "variable") -> tuple[Named, ...]:
    """A tensor, or those that a tuple, list or dict holds and no module in it owns; where some have a grad_fn, only they."""
    if is_tensor(value):
        return (Named(name, value, origin),)
    if not issubclass(type(value), tuple | list | dict):
        return ()
    found = [Named(one.name, one.tensor, origin) for one in tensors_inside(name, value) if not one.owned]
    return tuple(one for one in found if _differentiable(one.tensor)) or tuple(found)


def _differentiable(value: object) -> bool:
    return is_tensor(value) and value.grad_fn is not None
