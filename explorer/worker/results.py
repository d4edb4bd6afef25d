"""Which tensor is to be differentiated, and with which gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from explorer.capture.metas import is_tensor
from explorer.capture.private import quiet
from explorer.ir import Nested, Sentence

LOSS = "loss"


class BadResultError(Exception):
    """There is nothing to differentiate as asked: `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.key)
        self.sentence = sentence


@dataclass(frozen=True)
class Choice:
    """A tensor to differentiate, by variable name or by the source text of the last expression."""

    name: str
    tensor: torch.Tensor


def candidates(variables: Mapping[str, Any]) -> tuple[str, ...]:
    """The variables that have a grad_fn, in the order in which they were first bound."""
    with quiet():
        return tuple(name for name, value in variables.items() if _differentiable(value))


def choose(asked: str | None, variables: Mapping[str, Any], last: Choice | None) -> Choice | None:
    """What was asked for; else the last expression, else ``loss``, else the last tensor that has a grad_fn; else None.

    Raises:
        BadResultError: what was asked for is not there, or has no grad_fn.
    """
    possible = candidates(variables)
    if asked is not None:
        return _asked(asked, variables, possible, last)
    with quiet():
        if last is not None and _differentiable(last.tensor):
            return last
    name = LOSS if LOSS in possible else possible[-1] if possible else None
    return None if name is None else Choice(name, variables[name])


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


def _asked(asked: str, variables: Mapping[str, Any], possible: tuple[str, ...], last: Choice | None) -> Choice:
    if asked in possible:
        return Choice(asked, variables[asked])
    with quiet():
        if last is not None and asked == last.name and _differentiable(last.tensor):
            return last
    key = "session.result.no_grad_fn" if asked in variables else "session.result.unknown"
    if not possible:
        key += "_none"
    raise BadResultError(Sentence(key=key, values={"name": asked[:60], "candidates": ", ".join(possible[:10])}))


def _differentiable(value: object) -> bool:
    return is_tensor(value) and value.grad_fn is not None
