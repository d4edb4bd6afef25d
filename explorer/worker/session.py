"""One run, in the child: check, execute under the recorder, differentiate, write down. Nothing here raises."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from explorer.capture import Recorder, Recording
from explorer.capture.metas import is_tensor
from explorer.capture.private import quiet
from explorer.capture.snapshot import MOST_NODES_WITH_NUMBERS
from explorer.capture.times import Lap, Stopwatch
from explorer.capture.variables import Named, named_tensors
from explorer.capture.walk import MOST_NODES
from explorer.capture.wreck import given_to_failed
from explorer.ir import Input, Run, RunRequest, Sentence, Status, StepUpdate, Times
from explorer.ir.collector import at_work, put_off
from explorer.training.data import load
from explorer.training.single import SingleStep
from explorer.words import tell
from explorer.worker import facade, gate, results
from explorer.worker.errors import explain, first_sentence, frames_of
from explorer.worker.findings import first_not_finite
from explorer.worker.hub.calls import at_hand
from explorer.worker.hub.repository import LocalHub
from explorer.worker.inputs import BadInputError, choose_inputs, make_tensor
from explorer.worker.output import Printed, captured
from explorer.worker.program import Program, prepare
from explorer.worker.provided import provide
from explorer.worker.repeats import repeated
from explorer.worker.seeding import seed_everything
from explorer.worker.verdicts import of_limits


@dataclass
class _Outcome:
    """What is known so far; a run that fails keeps what it had."""

    status: Status = "ok"
    sentence: Sentence | None = None
    line: int | None = None
    notes: list[Sentence] = field(default_factory=list)
    inputs: tuple[Input, ...] = ()
    result: str | None = None
    candidates: tuple[str, ...] = ()
    recording: Recording | None = None
    times: Times | None = None
    update: StepUpdate | None = None
    timings: dict[str, float] = field(default_factory=dict)

    def fail(self, status: Status, sentence: Sentence, line: int | None = None) -> None:
        """Keep the first failure; a later one only follows from it."""
        if self.status == "ok":
            self.status, self.sentence, self.line = status, sentence, line

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.timings[phase] = self.timings.get(phase, 0.0) + time.perf_counter() - began


def execute(request: RunRequest, kept: list[object] | None = None) -> Run:
    """Run typed code in this process and return all that was seen. It never raises: failures are in the `Run`.

    What the recorder held is freed, or left in `kept`, where the process ends with the answer and lets go of all at once.
    """
    began = time.perf_counter()
    outcome = _Outcome()
    hub = LocalHub(request.repository) if request.repository is not None else None
    with put_off(), captured() as printed, _on_device(request, outcome), at_hand(hub):
        _record(request, outcome, None if request.repeats > 0 else kept)
        if outcome.status == "ok" and outcome.recording is not None and request.repeats > 0:
            with outcome.timed("repeats"), at_work():
                outcome.times, notes = repeated(request, outcome.recording, partial(_once_more, request))
            outcome.notes += notes
    return _run(request, outcome, printed, time.perf_counter() - began)


def _record(request: RunRequest, outcome: _Outcome, kept: list[object] | None) -> None:
    """Run the code under a recorder, which is gone with all that it held when the records are made, or left in `kept`."""
    recorder = Recorder(request.code, request.backward, verify=request.verify, check=request.check)
    session = _Session(request, outcome, recorder)
    with at_work():
        session.guarded("gate", session.check)
        passed = outcome.status == "ok"
        if passed:
            session.guarded("forward", session.forward)
    if passed:
        session.guarded("backward", session.backward if outcome.status == "ok" else session.look)
        session.guarded("capture", partial(session.write_down, recorder))
    session.guarded("capture", session.forget)
    if kept is None:
        session.guarded("capture", recorder.release)
    else:
        kept.append(recorder)


@dataclass(frozen=True)
class Made:
    """The tensors that typed code made, by the names that it gave them; where it failed, why."""

    status: Status
    sentence: Sentence | None
    line: int | None
    stdout: str
    tensors: Mapping[str, torch.Tensor]


def make(code: str, seed: int) -> Made:
    """Run typed code only for the tensors that it makes. It never raises."""
    outcome = _Outcome()
    with captured() as printed:
        session = _Session(RunRequest(code=code, seed=seed), outcome, Recorder(code))
        for step in (session.check, session.forward):
            if outcome.status == "ok":
                session.guarded("forward", step)
        tensors = session.tensors()
    return Made(outcome.status, outcome.sentence, outcome.line, printed.text(), tensors)


def _once_more(request: RunRequest, stopwatch: Stopwatch) -> tuple[Status, Lap | None]:
    """Execute the code from a fresh start under a stopwatch, which records nothing else."""
    outcome = _Outcome()
    session = _Session(request, outcome, stopwatch)
    for step in (session.check, session.forward, session.backward):
        if outcome.status == "ok":
            session.guarded("repeats", step)
    lap = stopwatch.lap() if outcome.status == "ok" else None
    session.guarded("repeats", session.forget)
    session.guarded("repeats", stopwatch.release)
    return outcome.status, lap


class _Session:
    """The steps of one run, in order; each leaves in `outcome` what it found."""

    def __init__(self, request: RunRequest, outcome: _Outcome, recorder: Recorder | Stopwatch) -> None:
        self._request, self._outcome, self._recorder = request, outcome, recorder
        self._globals: dict[str, Any] = {}
        self._presets: dict[str, Any] = {}
        self._program: Program | None = None
        self._last: results.Choice | None = None
        self._phase = ""
        self._wreck: list[Mapping[str, Any]] = []
        """The variables of the functions that a failure passed through, the outermost first."""
        self._given: tuple[Named, ...] = ()
        """What the call of torch was given that failed."""

    def guarded(self, phase: str, step: Callable[[], None]) -> None:
        """Take a step; whatever it raises becomes the outcome's sentence."""
        self._phase = phase
        with self._outcome.timed(phase):
            try:
                step()
            except BaseException as problem:
                self._failed(problem)

    def check(self) -> None:
        """Parse, check and compile the code, and give numbers to its free names."""
        seed_everything(self._request.seed)
        tree = gate.check(self._request.code)
        self._globals = facade.namespace()
        self._presets = dict(self._globals)
        if self._request.library is not None:
            self._globals.update(provide(self._request.library))
        program = self._program = prepare(tree, self._request.code, self._globals)
        self._outcome.inputs = choose_inputs(program.free, self._request.inputs, self._request.inputs_may_miss)
        for given in self._outcome.inputs:
            self._globals[given.name] = make_tensor(given)
        if (step := self._request.step) is not None:
            self._globals.update(load(step.data, self._request.seed, self._request.device).names())

    def forward(self) -> None:
        """Execute the code under the recorder."""
        program = self._program
        if program is None:
            return
        with self._recorded():
            exec(program.body, self._globals)  # noqa: S102  # this is the jailed child: the one place that runs typed code
            if program.tail is not None:
                value = eval(program.tail, self._globals)  # noqa: S307  # the last expression, for its value
                self._last = results.of_expression(program.tail_text, value, self._variables())

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        """Record all of the code, or the one step of a training that was asked for."""
        if (step := self._request.step) is None:
            with self._recorder.watching():
                yield
            return
        single = SingleStep(step.step, self._recorder.watching)
        try:
            with single.watching(self._globals):
                yield
        finally:
            self._outcome.update = single.update

    def backward(self) -> None:
        """Differentiate the result, unless the code did so itself."""
        variables = self._variables()
        self._outcome.candidates = results.candidates(variables)
        if self._recorder.calls.calls and not self._goes_on(variables):
            self._own_backward()
            return
        choice = results.choose(self._request.result, variables, self._last)
        if choice is None:
            self._outcome.sentence = _nothing_to_differentiate(variables, self._last)
            return
        self._outcome.result = choice.name
        self._recorder.look(choice.parts, variables)
        tensors = [part.tensor for part in choice.parts]
        gradients = [results.make_gradient(self._request.gradient, tensor) for tensor in tensors]
        self._recorder.differentiate(tensors, gradients)

    def look(self) -> None:
        """After a failure: the graph that was built until then, by the variables of the innermost function that has one."""
        scopes = [self._variables(), *self._wreck]
        self._outcome.candidates = results.candidates(scopes[0])
        if self._recorder.snapshot is not None:
            return
        choice = results.furthest(reversed(scopes), self._given)
        if choice is not None:
            self._outcome.result = choice.name
            self._recorder.look(choice.parts, *scopes)

    def write_down(self, recorder: Recorder) -> None:
        """Turn everything seen into records."""
        program, last = self._program, self._last
        recording = recorder.finish(
            self._variables(), program.lines if program else {}, last.parts if last is not None else ()
        )
        self._outcome.recording, self._outcome.times = recording, recording.times
        if recording.graph.cut:
            self._outcome.notes.append(Sentence(key="session.note.nodes", values={"count": str(MOST_NODES)}))
        elif len(recording.graph.nodes) > MOST_NODES_WITH_NUMBERS:
            values = {"count": str(MOST_NODES_WITH_NUMBERS)}
            self._outcome.notes.append(Sentence(key="session.note.numbers", values=values))
        self._outcome.notes += recording.limits
        found = first_not_finite(recording)
        if found is not None:
            self._outcome.notes.append(found)

    def forget(self) -> None:
        """Free the code's variables."""
        self._globals.clear()
        self._wreck.clear()
        self._given, self._last = (), None

    def tensors(self) -> dict[str, torch.Tensor]:
        """What the code bound to names that is a tensor, or holds some."""
        with quiet():
            return {one.name: one.tensor for one in named_tensors(self._variables())}

    def _goes_on(self, variables: Mapping[str, Any]) -> bool:
        """Whether the code asked for gradients only to make its result of them."""
        if self._request.backward != -1 or self._request.result is not None:
            return False
        meant = results.meant(variables, self._last)
        return meant is not None and self._recorder.set_aside(meant.parts)

    def _own_backward(self) -> None:
        calls, asked = self._recorder.calls, self._request.backward
        if calls.shown is None and asked >= 0:
            values = {"index": str(asked), "count": str(len(calls.calls))}
            self._outcome.fail("error", Sentence(key="session.backward.unknown", values=values))

    def _variables(self) -> Mapping[str, Any]:
        """The names that the code itself bound."""
        missing = object()
        return {
            name: value
            for name, value in self._globals.items()
            if not name.startswith("__") and self._presets.get(name, missing) is not value
        }

    def _failed(self, problem: BaseException) -> None:
        fail, frames = self._outcome.fail, list(frames_of(problem))
        line = frames[-1][1] if frames else self._recorder.unreadable_line()
        self._wreck = [dict(frame.f_locals) for frame, _ in frames if frame.f_locals is not frame.f_globals]
        if self._phase == "forward" and isinstance(self._recorder, Recorder):
            self._given = given_to_failed(problem, self._recorder.log.ops)
        stopped = of_limits(problem, line)
        if stopped is not None:
            fail(*stopped)
        elif isinstance(problem, BadInputError):
            fail("refused", problem.sentence)
        elif isinstance(problem, results.BadResultError):
            fail("error", problem.sentence)
        elif self._phase == "capture" or (not frames and not _is_torchs(problem)):
            fail("error", Sentence(key="session.error.capture", values={"said": first_sentence(problem)}))
        else:
            piece = self._recorder.source.here(frames[-1][0]).text if frames else ""
            fail("error", explain(problem, [*self._globals, *dir(builtins)], piece), line)


@contextmanager
def _on_device(request: RunRequest, outcome: _Outcome) -> Iterator[None]:
    """Make `request.device` torch's default, where it is not the CPU."""
    if request.device == "cpu":
        yield
        return
    try:
        device = torch.device(request.device)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as problem:
        values = {"device": request.device[:20], "said": str(problem).split("\n")[0][:200]}
        outcome.fail("refused", Sentence(key="session.device", values=values))
        yield
        return
    with device:
        yield


def _is_torchs(problem: BaseException) -> bool:
    """Whether an exception without a line of typed code is torch's, about that code, rather than a fault of ours."""
    return isinstance(problem, RuntimeError | NotImplementedError | RecursionError | KeyboardInterrupt)


def _nothing_to_differentiate(variables: Mapping[str, Any], last: results.Choice | None) -> Sentence:
    tensors = [value for value in variables.values() if is_tensor(value)]
    tensors += [part.tensor for part in last.parts] if last else []
    if not tensors:
        return Sentence(key="session.nothing.no_tensors")
    if any(tensor.requires_grad for tensor in tensors):
        return Sentence(key="session.nothing.only_leaves")
    if not any(tensor.is_floating_point() or tensor.is_complex() for tensor in tensors):
        return Sentence(key="session.nothing.integers")
    return Sentence(key="session.nothing.requires_grad")


def _run(request: RunRequest, outcome: _Outcome, printed: Printed, seconds: float) -> Run:
    recording = outcome.recording
    roots = recording.graph.roots if recording else ()
    return Run(
        status=outcome.status,
        message=tell(outcome.sentence) if outcome.sentence else None,
        line=outcome.line,
        sentence=outcome.sentence,
        notes=tuple(outcome.notes),
        graph=recording.graph if recording else Run(status="ok").graph,
        tensors=recording.tensors if recording else (),
        storages=recording.storages if recording else (),
        ops=recording.ops if recording else (),
        operators=recording.operators if recording else (),
        calls=recording.calls if recording else (),
        memory=recording.memory if recording else None,
        stdout=printed.text(),
        seconds=seconds,
        timings=outcome.timings,
        code=request.code,
        seed=request.seed,
        device=request.device,
        inputs=outcome.inputs,
        result=outcome.result or (roots[0].name if roots else None),
        results=outcome.candidates,
        result_shape=roots[0].tensor.shape if len(roots) == 1 and roots[0].tensor else None,
        backward=recording.backward if recording else None,
        backwards=recording.backwards if recording else (),
        verification=recording.verification if recording else None,
        times=outcome.times,
        check=recording.check if recording else None,
        update=outcome.update,
    )
