"""One training run, in the child: check and execute code that builds and trains ``model``, while `explorer.training` watches."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

import torch
from msgspec.structs import replace

from explorer.ir import Sentence, Status, TrainingEnd, TrainingFrame, TrainingNotice, TrainingRequest
from explorer.training.data import Data, load
from explorer.training.diverged import Origins
from explorer.training.error import DivergedError, TrainingError
from explorer.training.remedies import told
from explorer.training.single import SingleStep
from explorer.training.steering import Steering, Unsteered
from explorer.training.watch import Watch
from explorer.words import tell
from explorer.worker import facade, gate
from explorer.worker.errors import explain, frames_of, is_out_of_memory
from explorer.worker.limits import TimeLimit
from explorer.worker.output import captured
from explorer.worker.program import Program, prepare
from explorer.worker.refused import Refused
from explorer.worker.seeding import seed_everything

MAX_SEED = 2**63 - 1


def train(request: TrainingRequest, emit: Callable[[TrainingFrame], None], steering: Steering | None = None) -> None:
    """Train as asked; emit one start, points and snapshots, one end. Only the deadline's `TimeLimit` passes, after the points so far."""
    names: dict[str, Any] = {}
    noticed: DivergedError | None = None
    with captured() as printed:
        try:
            _train(request, emit, steering or Unsteered(), names)
            end = TrainingEnd(status="ok")
        except TimeLimit:
            raise
        except BaseException as problem:  # typed code can raise whatever it likes
            end = _end(problem, names)
            noticed = problem.with_traceback(None) if isinstance(problem, DivergedError) else None
        names.clear()
    if noticed is not None:
        emit(TrainingNotice(sentence=noticed.search))
        end = _looked_for(request, noticed) or end
    emit(replace(end, stdout=printed.text()))


def _train(
    request: TrainingRequest, emit: Callable[[TrainingFrame], None], steering: Steering, names: dict[str, Any]
) -> None:
    if not 0 <= request.seed <= MAX_SEED:
        raise TrainingError("training.bad_seed", value=request.seed)
    program, data = _prepare(request, names)
    watch = Watch(request.code, names, data, emit, steering)
    with _on(request.device):
        try:
            with watch.watching():
                _execute(program, names)
        except Exception as problem:
            if (reason := watch.reason_to_fail(problem)) is not None:
                raise reason.with_traceback(problem.__traceback__) from None
            raise
        watch.finish()


def _on(device: str) -> AbstractContextManager[object]:
    """Make it torch's default. The CPU is that anyway, and to say so would cost every call of torch a microsecond."""
    return nullcontext() if device == "cpu" else torch.device(device)


def _prepare(request: TrainingRequest, names: dict[str, Any]) -> tuple[Program, Data]:
    """The checked code and its data; `names` get what it finds. Equal requests begin equally."""
    tree = gate.check(request.code)
    data = load(request.data, request.seed, request.device)
    seed_everything(request.seed)
    names.update(facade.namespace())
    names.update(data.names())
    return prepare(tree, request.code, names), data


def _execute(program: Program, names: dict[str, Any]) -> None:
    exec(program.body, names)  # noqa: S102  # this is the jailed child, behind the kernel's wall: running typed code is what it is for
    if program.tail is not None:
        eval(program.tail, names)  # noqa: S307  # there too: the last expression, as in print(model)


def _looked_for(request: TrainingRequest, noticed: DivergedError) -> TrainingEnd | None:
    """Run the code again up to the step that was `noticed`, and see where it began; None where it comes out otherwise, or time is up."""
    names: dict[str, Any] = {}
    origins = Origins(request.code, names)
    with captured(), suppress(BaseException), _on(request.device):  # what it raises now is nobody's
        program, _ = _prepare(request, names)
        with SingleStep(noticed.step, origins.watching).watching(names):
            _execute(program, names)
    return None if origins.began is None else _end(told(noticed, origins.began), names)


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
