"""One request in a worker process: read the order, put up the walls, read the request, answer, end.

It trusts nothing that happens after the request began. Whatever `execute`, `train`, `handle` or `look` lets through ends here as one sentence.
"""

from __future__ import annotations

import select
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from explorer.ir import (
    FileAnswer,
    FileRequest,
    Hello,
    HubAnswer,
    HubRequest,
    InferenceAnswer,
    InferenceRequest,
    Limits,
    Look,
    LookRequest,
    Run,
    RunRequest,
    Sentence,
    StaticAnswer,
    StaticRequest,
    Steer,
    TrainingEnd,
    TrainingFrame,
    TrainingRequest,
    Wall,
    decode_file_request,
    decode_hub_request,
    decode_inference_request,
    decode_look_request,
    decode_order,
    decode_request,
    decode_static_request,
    decode_steer,
    decode_training_request,
    encode,
    read_frame,
    write_frame,
)
from explorer.ir.collector import put_off
from explorer.words import tell
from explorer.worker.limits import TimeLimit, held_back, soft_deadline, stopped_clock

_REQUEST_CAP = 16 * 2**20
"""Bytes of a request. Typed code is capped far lower by the gate; this bounds what a worker reads."""

_CHECKPOINT_CAP = 2**31
"""Bytes of a checkpoint: the parent, which is trusted, sends none over its own limit."""


class Steering(Protocol):
    """What a person tells a run that goes on; see `explorer.training.steering`."""

    def heard(self) -> Steer | None: ...

    def wait(self) -> Steer: ...


class Tasks(Protocol):
    """What a worker can do; `explorer.worker.tasks` is the product's."""

    def execute(self, request: RunRequest, kept: list[object] | None = None) -> Run: ...

    def train(
        self, request: TrainingRequest, emit: Callable[[TrainingFrame], None], steering: Steering | None = None
    ) -> None: ...

    def handle(self, request: FileRequest, payload: bytes) -> tuple[FileAnswer, list[bytes]]: ...

    def look(self, request: LookRequest) -> Look: ...

    def infer(self, request: InferenceRequest, checkpoint: bytes, image: bytes) -> InferenceAnswer: ...

    def compare_ways(self, request: StaticRequest) -> StaticAnswer: ...

    def entrypoints(self, request: HubRequest) -> HubAnswer: ...


@dataclass(frozen=True)
class Channel:
    """The wire to the parent: one socket (both descriptors equal) or two pipes."""

    reader: int
    writer: int

    def receive(self, cap: int = _REQUEST_CAP) -> bytes:
        """The next message, of at most `cap` bytes; raises EOFError where the parent has gone."""
        message = read_frame(self.reader, cap)
        if message is None:
            raise EOFError
        return message

    def send(self, record: Any) -> None:
        """Send one record; raises OSError where the parent has gone."""
        message = encode(record)
        with held_back():
            write_frame(self.writer, message)


@dataclass(frozen=True)
class Wheel:
    """Steering over the wire. While it waits the soft deadline stands still; the parent's clock does so by itself."""

    channel: Channel

    def heard(self) -> Steer | None:
        """The next word of the parent, if it has come already."""
        ready, _, _ = select.select([self.channel.reader], [], [], 0)
        return self.wait() if ready else None

    def wait(self) -> Steer:
        """The next word, however long it takes; raises EOFError where the parent has gone."""
        with stopped_clock():
            return decode_steer(self.channel.receive())


Answer = Look | InferenceAnswer | StaticAnswer | HubAnswer


def serve(channel: Channel, tasks: Tasks, confine: Callable[[Limits], None]) -> None:
    """Serve one request. `confine` puts up the walls, before anything of the request is read."""
    order = decode_order(channel.receive())
    confine(order.limits)
    message = channel.receive()
    if order.task == "run":
        _run(channel, tasks, decode_request(message), order.limits)
    elif order.task == "look":
        looked = decode_look_request(message)
        _answer(channel, order.limits, lambda: tasks.look(looked), Look)
    elif order.task == "infer":
        asked = decode_inference_request(message)
        checkpoint, image = channel.receive(_CHECKPOINT_CAP), channel.receive()
        _answer(channel, order.limits, lambda: tasks.infer(asked, checkpoint, image), InferenceAnswer)
    elif order.task == "static":
        compared = decode_static_request(message)
        _answer(channel, order.limits, lambda: tasks.compare_ways(compared), StaticAnswer)
    elif order.task == "hub":
        listed = decode_hub_request(message)
        _answer(channel, order.limits, lambda: tasks.entrypoints(listed), HubAnswer)
    elif order.task == "file":
        _file(channel, tasks, decode_file_request(message), order.limits)
    else:
        _train(channel, tasks, decode_training_request(message), order.limits)


_KEPT: list[object] = []
"""What a run has made and held: the process ends with the answer, and to free it piece by piece would cost a large run a twentieth of its time."""


def _run(channel: Channel, tasks: Tasks, request: RunRequest, limits: Limits) -> None:
    """The process ends with this answer: but for the code's own cycles nothing is worth collecting."""
    try:
        with soft_deadline(limits.seconds), put_off():
            _KEPT.append(run := tasks.execute(request, _KEPT))
            message = encode(run)
    except BaseException as problem:  # whatever it is, it must become a sentence
        message = encode(_failed(_reason(problem, limits)))
    if len(message) > limits.answer:
        message = encode(_failed(Sentence(key="runner.too_much", values={"mib": str(limits.answer // 2**20)})))
    write_frame(channel.writer, message)


def _train(channel: Channel, tasks: Tasks, request: TrainingRequest, limits: Limits) -> None:
    try:
        with soft_deadline(limits.seconds):
            tasks.train(request, channel.send, Wheel(channel))
    except BaseException as problem:
        sentence = _reason(problem, limits)
        channel.send(TrainingEnd(status="stopped", message=tell(sentence), sentence=sentence))


def _answer(channel: Channel, limits: Limits, work: Callable[[], Answer], stopped: type[Answer]) -> None:
    """What `work` gives; where it does not come to an end, a record of the kind `stopped` that says why."""
    try:
        with soft_deadline(limits.seconds):
            message = encode(work())
    except BaseException as problem:
        sentence = _reason(problem, limits)
        message = encode(stopped(status="stopped", message=tell(sentence), sentence=sentence))
    write_frame(channel.writer, message)


def _file(channel: Channel, tasks: Tasks, request: FileRequest, limits: Limits) -> None:
    """The answer, then the bytes of each file that was written."""
    payload = channel.receive()
    pieces: list[bytes] = []
    try:
        with soft_deadline(limits.seconds):
            answer, pieces = tasks.handle(request, payload)
            message = encode(answer)
    except BaseException as problem:
        message = encode(_no_file(_reason(problem, limits)))
    if len(message) + sum(map(len, pieces)) > limits.answer:
        message = encode(_no_file(Sentence(key="runner.too_much", values={"mib": str(limits.answer // 2**20)})))
        pieces = []
    for piece in (message, *pieces):
        write_frame(channel.writer, piece)


def _no_file(sentence: Sentence) -> FileAnswer:
    return FileAnswer(status="stopped", message=tell(sentence), sentence=sentence)


def _failed(sentence: Sentence) -> Run:
    return Run(status="stopped", message=tell(sentence), sentence=sentence)


def _reason(problem: BaseException, limits: Limits) -> Sentence:
    """Why a run did not come to its own end: a limit that nothing inside caught, else a fault of ours."""
    if isinstance(problem, TimeLimit):
        return Sentence(key="runner.time", values={"seconds": f"{limits.seconds:g}"})
    if isinstance(problem, MemoryError):
        return Sentence(key="runner.memory", values={"mib": str((limits.memory or 0) // 2**20)})
    return Sentence(key="runner.fault", values={"fault": f"{type(problem).__name__} in {where(problem)}"})


def where(problem: BaseException) -> str:
    """The innermost line of ours or of a library that raised, as in ``walk.py:31``. It reads no file."""
    *_, (frame, line) = traceback.walk_tb(problem.__traceback__)
    return f"{Path(frame.f_code.co_filename).name}:{line}"


def greet(channel: Channel, load: Callable[[], Tasks], tell_wall: Callable[[], Wall]) -> Tasks | None:
    """Load what a run needs and say hello; None where that failed, which the hello then says instead of a traceback."""
    try:
        tasks, wall = load(), tell_wall()
        import torch

        devices = ("cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count())))
        hello = Hello(torch=str(torch.__version__), devices=devices, wall=wall)
    except Exception as problem:  # an installation can be broken in any way
        channel.send(Hello(fault=f"{type(problem).__name__}: {problem} ({where(problem)})"))
        return None
    channel.send(hello)
    return tasks
