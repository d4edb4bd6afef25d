"""Numbers for the free names of a bare expression: ``(x + y) * w`` gets x = 2, y = 3, w = 4."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from explorer.ir import Input, Nested, Sentence

FIRST_VALUE = 2.0


class BadInputError(Exception):
    """An input that cannot be: `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.key)
        self.sentence = sentence


def choose_inputs(free: Sequence[str], given: Sequence[Input], may_miss: bool = False) -> tuple[Input, ...]:
    """One input for each free name, in order; those not given count up from `FIRST_VALUE`.

    Raises:
        BadInputError: an input is given for a name that is not free, and none `may_miss`.
    """
    by_name = {one.name: one for one in given}
    for name in by_name:
        if name not in free and not may_miss:
            key = "session.input.unknown" if free else "session.input.none_free"
            raise BadInputError(Sentence(key=key, values={"name": name[:60], "free": ", ".join(free)}))
    return tuple(by_name.get(name) or Input(name=name, value=FIRST_VALUE + at) for at, name in enumerate(free))


def make_tensor(given: Input) -> torch.Tensor:
    """A float32 tensor of an input's numbers on the default device; raises `BadInputError`."""
    try:
        return torch.tensor(_numbers(given.value), dtype=torch.float32, requires_grad=given.requires_grad)
    except (ValueError, TypeError, RuntimeError, OverflowError) as problem:
        raise BadInputError(
            Sentence(key="session.input.not_numbers", values={"name": given.name[:60], "problem": str(problem)[:120]})
        ) from problem


def _numbers(value: Nested) -> Nested:
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return float(value)
