"""What an exception out of typed code means for its run."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import NamedTuple

from explorer.ir import Sentence, Status
from explorer.worker.errors import explain, frames_of, is_out_of_memory
from explorer.worker.limits import TimeLimit
from explorer.worker.refused import Refused


class Verdict(NamedTuple):
    """How the run ended, why, and at which line."""

    status: Status
    sentence: Sentence
    line: int | None = None


def of_limits(problem: BaseException, line: int | None) -> Verdict | None:
    """The verdict on code that was refused or stopped; None for anything else."""
    if isinstance(problem, Refused):
        return Verdict("refused", problem.sentence, problem.line)
    if isinstance(problem, TimeLimit):
        return Verdict("stopped", Sentence(key="session.stopped.time"), line)
    if is_out_of_memory(problem):
        return Verdict("stopped", Sentence(key="session.stopped.memory"), line)
    return None


def judge(problem: BaseException, names: Iterable[str], line: int | None = None) -> Verdict:
    """The verdict on any exception that typed code let through.

    Args:
        problem: the exception.
        names: those that a misspelt one may have meant.
        line: of the statement, where the exception's own frames do not tell one.
    """
    line = next((number for _, number in reversed(list(frames_of(problem)))), line)
    return of_limits(problem, line) or Verdict("error", explain(problem, [*names, *dir(builtins)]), line)
