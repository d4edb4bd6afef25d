"""One training run, in the child: check and execute the code that builds ``model``, then let `explorer.training` train it."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import torch
from msgspec.structs import replace

from explorer import training
from explorer.ir import Sentence, Status, TrainingEnd, TrainingFrame, TrainingRequest
from explorer.words import tell
from explorer.worker import facade, gate
from explorer.worker.errors import explain, frames_of, is_out_of_memory
from explorer.worker.limits import TimeLimit
from explorer.worker.output import captured
from explorer.worker.program import prepare
from explorer.worker.refused import Refused
from explorer.worker.seeding import seed_everything


def train(request: TrainingRequest, emit: Callable[[TrainingFrame], None]) -> None:
    """Train as asked; emit one start, points, one end. Only the deadline's `TimeLimit` passes, after the points so far."""
    names: dict[str, Any] = {}
    with captured() as printed:
        try:
            _train(request, emit, names)
            end = TrainingEnd(status="ok")
        except TimeLimit:
            raise
        except BaseException as problem:  # typed code can raise whatever it likes
            end = _end(problem, names)
    emit(replace(end, stdout=printed.text()))


def _train(request: TrainingRequest, emit: Callable[[TrainingFrame], None], names: dict[str, Any]) -> None:
    seed_everything(request.seed)
    tree = gate.check(request.code)
    names.update(facade.namespace())
    program = prepare(tree, request.code, names)
    with torch.device(request.device):
        exec(program.body, names)  # noqa: S102  # this is the jailed child
        if program.tail is not None:
            eval(program.tail, names)  # noqa: S307  # the last expression, as in print(model)
        training.train(training.find_model(names), request, emit)


def _end(problem: BaseException, names: dict[str, Any]) -> TrainingEnd:
    line = next((line for _, line in reversed(list(frames_of(problem)))), None)
    if isinstance(problem, Refused):
        return _said("refused", problem.sentence, problem.line)
    if is_out_of_memory(problem):
        return _said("stopped", Sentence(key="session.stopped.memory"), line)
    return _said("error", explain(problem, [*names, *dir(builtins)]), line)


def _said(status: Status, sentence: Sentence, line: int | None) -> TrainingEnd:
    return TrainingEnd(status=status, message=tell(sentence), sentence=sentence, line=line)
