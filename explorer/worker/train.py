"""One training run, in the child: check and execute code that builds and trains ``model``, while `explorer.training` watches."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import torch
from msgspec.structs import replace

from explorer.ir import Sentence, Status, TrainingEnd, TrainingFrame, TrainingRequest
from explorer.training.data import load
from explorer.training.error import TrainingError
from explorer.training.steering import Steering, Unsteered
from explorer.training.watch import Watch
from explorer.words import tell
from explorer.worker import facade, gate
from explorer.worker.errors import explain, frames_of, is_out_of_memory
from explorer.worker.limits import TimeLimit
from explorer.worker.output import captured
from explorer.worker.program import prepare
from explorer.worker.refused import Refused
from explorer.worker.seeding import seed_everything

MAX_SEED = 2**63 - 1


def train(request: TrainingRequest, emit: Callable[[TrainingFrame], None], steering: Steering | None = None) -> None:
    """Train as asked; emit one start, points and snapshots, one end. Only the deadline's `TimeLimit` passes, after the points so far."""
    names: dict[str, Any] = {}
    with captured() as printed:
        try:
            _train(request, emit, steering or Unsteered(), names)
            end = TrainingEnd(status="ok")
        except TimeLimit:
            raise
        except BaseException as problem:  # typed code can raise whatever it likes
            end = _end(problem, names)
    emit(replace(end, stdout=printed.text()))


def _train(
    request: TrainingRequest, emit: Callable[[TrainingFrame], None], steering: Steering, names: dict[str, Any]
) -> None:
    if not 0 <= request.seed <= MAX_SEED:
        raise TrainingError("training.bad_seed", value=request.seed)
    tree = gate.check(request.code)
    data = load(request.data, request.seed, request.device)
    seed_everything(request.seed)
    names.update(facade.namespace())
    names.update(data.names())
    program = prepare(tree, request.code, names)
    watch = Watch(request.code, names, data, emit, steering)
    with torch.device(request.device):
        try:
            with watch.watching():
                exec(program.body, names)  # noqa: S102  # this is the jailed child
                if program.tail is not None:
                    eval(program.tail, names)  # noqa: S307  # the last expression, as in print(model)
        except Exception as problem:
            if (reason := watch.reason_to_fail(problem)) is not None:
                raise reason.with_traceback(problem.__traceback__) from None
            raise
        watch.finish()


def _end(problem: BaseException, names: dict[str, Any]) -> TrainingEnd:
    line = next((line for _, line in reversed(list(frames_of(problem)))), None)
    if isinstance(problem, Refused):
        return _said("refused", problem.sentence, problem.line)
    if is_out_of_memory(problem):
        return _said("stopped", Sentence(key="session.stopped.memory"), line)
    if isinstance(problem, TrainingError) and problem.line is not None:
        line = problem.line
    return _said("error", explain(problem, [*names, *dir(builtins)]), line)


def _said(status: Status, sentence: Sentence, line: int | None) -> TrainingEnd:
    return TrainingEnd(status=status, message=tell(sentence), sentence=sentence, line=line)
