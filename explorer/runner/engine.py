"""The engine: a request in, a `Run` out, whatever the code does. Nothing here is remembered between runs."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from threading import Lock, Thread
from time import perf_counter
from typing import NamedTuple, Protocol

import msgspec

from explorer.ir import (
    MOST_FILE_BYTES,
    FileAnswer,
    FileRequest,
    FrameError,
    Hello,
    HubAnswer,
    HubRequest,
    InferenceAnswer,
    InferenceRequest,
    IrError,
    Look,
    LookRequest,
    Order,
    Run,
    RunRequest,
    Sentence,
    StaticAnswer,
    StaticRequest,
    TrainingRequest,
    Wall,
    decode_file_answer,
    decode_hub_answer,
    decode_inference_answer,
    decode_look,
    decode_run,
    decode_static_answer,
    encode,
)
from explorer.models.sources import MOST_ARCHIVE
from explorer.runner.forked import ZygoteHost
from explorer.runner.fresh import FreshHost
from explorer.runner.job import Job, Worker
from explorer.runner.limits import Request, order_for, places_of, used_up
from explorer.runner.places import BusyError, Places, StoppedError
from explorer.runner.settings import EngineError, Settings, read_settings
from explorer.runner.training import Training
from explorer.runner.verdict import (
    ended_file,
    ended_hub,
    ended_inference,
    ended_look,
    ended_run,
    ended_static,
    ended_training,
    key_of,
    reworded,
    sentence,
)
from explorer.words import say


class Host(Protocol):
    """Where workers come from. Both methods raise `EngineError` where none will start."""

    def hello(self) -> Hello: ...

    def spawn(self) -> Worker: ...

    def close(self) -> None: ...


class _Owned(NamedTuple):
    """At most one run of each task goes on for each owner; a run without an owner is never replaced."""

    task: str
    owner: str | None


class _TakenFiles:
    """The messages of a file task: the answer, then as many files as it told of, each as long as it told."""

    def __init__(self) -> None:
        self._answer: FileAnswer | None = None
        self._sizes: list[int] = []
        self.pieces: list[bytes] = []

    def take(self, message: bytes) -> bool:
        """Take one message; True when it was the last. Raises `IrError`."""
        if self._answer is None:
            self._answer = decode_file_answer(message)
            self._sizes = [file.nbytes for file in self._answer.written if file.nbytes]
        else:
            if len(message) != self._sizes[len(self.pieces)]:
                raise IrError(f"a file of {len(message)} bytes where {self._sizes[len(self.pieces)]} were told")
            self.pieces.append(message)
        return len(self.pieces) == len(self._sizes)

    def told(self) -> FileAnswer:
        """The answer, which has come."""
        assert self._answer is not None
        return self._answer


class Engine:
    """Runs requests in worker processes. Every method may be called from many threads at once.

    Args:
        settings: Limits and capacity.
        cpu: Where workers for the CPU come from; also the one that tells the devices and the wall.
        cuda: Where workers for CUDA devices come from.
    """

    def __init__(self, settings: Settings, cpu: Host, cuda: Host) -> None:
        self.settings = settings
        self._cpu, self._cuda = cpu, cuda
        # A training run holds its place for a minute, so it waits in a queue of its own.
        short, long = Places(settings.slots, settings.queue), Places(settings.slots, settings.queue)
        self._places = {"train": long} | dict.fromkeys(("run", "file", "look", "infer", "static", "hub"), short)
        self._lock = Lock()
        self._owners: dict[_Owned, Job] = {}
        self._jobs: set[Job] = set()

    @property
    def slots(self) -> int:
        """Runs that can work at once."""
        return self.settings.slots

    @property
    def wall(self) -> Wall:
        """How far the kernel keeps a run in; starts the workers if need be. Raises `EngineError`."""
        return self._hello().wall

    @property
    def devices(self) -> tuple[str, ...]:
        """Devices a request may name; starts the workers if need be. Raises `EngineError`."""
        devices = self._hello().devices
        return ("cpu",) if self.settings.mode == "hosted" else devices

    def start(self) -> None:
        """Make the first run fast: start the workers now and wait until they are ready. Raises `EngineError`."""
        self._hello()

    def close(self) -> None:
        """Stop every run and end every worker process. The engine starts them again when it is used again."""
        with self._lock:
            jobs = tuple(self._jobs)
        for job in jobs:
            job.stop("runner.closed")
        self._cpu.close()
        self._cuda.close()

    def run(self, request: RunRequest, *, owner: str | None = None) -> Run:
        """Run `request` and wait for its answer. Whatever the code does, the answer is a `Run`.

        Args:
            request: What to run.
            owner: Whose run it is (a session); a newer run of the same owner ends the older one.

        Raises:
            EngineError: no worker will start on this machine.
        """
        began = perf_counter()
        job = Job()
        answers: list[Run] = []

        def take(message: bytes) -> bool:
            answers.append(decode_run(message))
            return True

        owned = _Owned("run", owner)
        self._register(job, owned)
        try:
            why = self._converse(job, request, take)
        finally:
            self._forget(job, owned)
        if why is not None:
            return ended_run(request, used_up(why, request, self.settings))
        timings = answers[0].timings | {"total": perf_counter() - began}
        # What was asked is taken from the request, not from a child that ran typed code.
        answer = msgspec.structs.replace(
            answers[0], code=request.code, seed=request.seed, device=request.device, timings=timings
        )
        return reworded(answer, partial(used_up, request=request, settings=self.settings))

    def look(self, request: LookRequest, *, owner: str | None = None) -> Look:
        """Run code statement by statement and tell of memory and names; as `run` otherwise. Raises `EngineError`."""
        job = Job()
        looks: list[Look] = []

        def take(message: bytes) -> bool:
            looks.append(decode_look(message))
            return True

        owned = _Owned("look", owner)
        self._register(job, owned)
        try:
            why = self._converse(job, request, take)
        finally:
            self._forget(job, owned)
        return ended_look(why) if why is not None else looks[0]

    def file(
        self, request: FileRequest, payload: bytes = b"", *, owner: str | None = None
    ) -> tuple[FileAnswer, tuple[bytes, ...]]:
        """Read or write a file of tensors in a jailed worker: this process never looks into its bytes.

        Args:
            request: What to do; see `FileRequest`.
            payload: The file's bytes, where tensors come from a file; at most `MOST_FILE_BYTES`.
            owner: As in `run`; a newer file of the same owner ends the older.

        Returns:
            What the worker tells, and the bytes of each file in its `written` that has any, in order.

        Raises:
            EngineError: no worker will start on this machine.
        """
        if len(payload) > MOST_FILE_BYTES:
            mib = str(MOST_FILE_BYTES // 2**20)
            return ended_file(request, Sentence(key="files.upload", values={"mib": mib})), ()
        job, taking = Job(), _TakenFiles()
        owned = _Owned("file", owner)
        self._register(job, owned)
        try:
            why = self._converse(job, request, taking.take, [payload])
        finally:
            self._forget(job, owned)
        return (ended_file(request, why), ()) if why is not None else (taking.told(), tuple(taking.pieces))

    def infer(
        self, request: InferenceRequest, checkpoint: bytes = b"", image: bytes = b"", *, owner: str | None = None
    ) -> InferenceAnswer:
        """Build a model, load a checkpoint and show it a picture, in a jailed worker: this process looks into neither.

        Args:
            request: What to do.
            checkpoint: Bytes of a file of weights, at most ``settings.weights_mib``; empty for none.
            image: Bytes of a PNG or JPEG, at most `MOST_FILE_BYTES`; empty for a drawing.
            owner: As in `run`.

        Raises:
            EngineError: no worker will start on this machine.
        """
        for payload, mib in ((checkpoint, self.settings.weights_mib), (image, MOST_FILE_BYTES // 2**20)):
            if len(payload) > mib * 2**20:
                return ended_inference(Sentence(key="inference.upload", values={"mib": str(mib)}))
        answers: list[InferenceAnswer] = []
        why = self._one(
            request, lambda message: answers.append(decode_inference_answer(message)), owner, [checkpoint, image]
        )
        return ended_inference(why) if why is not None else answers[0]

    def compare_ways(self, request: StaticRequest, *, owner: str | None = None) -> StaticAnswer:
        """See a function of ours through define-by-run and the static ways; as `run` otherwise. Raises `EngineError`."""
        answers: list[StaticAnswer] = []
        why = self._one(request, lambda message: answers.append(decode_static_answer(message)), owner)
        return ended_static(why) if why is not None else answers[0]

    def entrypoints(self, request: HubRequest, *, owner: str | None = None) -> HubAnswer:
        """Run a repository's hubconf.py in a jailed worker and tell what it offers; as `run` otherwise. Raises `EngineError`."""
        if len(request.repository.archive) > MOST_ARCHIVE:
            return ended_hub(Sentence(key="hub.upload", values={"mib": str(MOST_ARCHIVE // 2**20)}))
        answers: list[HubAnswer] = []
        why = self._one(request, lambda message: answers.append(decode_hub_answer(message)), owner)
        return ended_hub(why) if why is not None else answers[0]

    def _one(
        self,
        request: InferenceRequest | StaticRequest | HubRequest,
        take: Callable[[bytes], None],
        owner: str | None,
        payloads: Sequence[bytes] = (),
    ) -> Sentence | None:
        """A conversation of one answer, which is handed to `take`; returns why there was none."""

        def taken(message: bytes) -> bool:
            take(message)
            return True

        job, owned = Job(), _Owned(type(request).__name__, owner)
        self._register(job, owned)
        try:
            return self._converse(job, request, taken, payloads)
        finally:
            self._forget(job, owned)

    def train(self, request: TrainingRequest, *, owner: str | None = None) -> Training:
        """Start a training run and return at once. A newer one of the same owner ends the older; it raises nothing."""
        job = Job()
        training = Training(job, partial(used_up, request=request, settings=self.settings))
        owned = _Owned("train", owner)
        self._register(job, owned)
        Thread(target=self._train, args=(job, request, training, owned), name="training", daemon=True).start()
        return training

    def _train(self, job: Job, request: TrainingRequest, training: Training, owned: _Owned) -> None:
        try:
            why = self._converse(job, request, training.take)
        except EngineError as problem:
            why = Sentence(key="runner.engine", values={"why": str(problem)})
        finally:
            self._forget(job, owned)
        if why is not None:
            training.finish(ended_training(why))

    def _converse(
        self, job: Job, request: Request, take: Callable[[bytes], bool], payloads: Sequence[bytes] = ()
    ) -> Sentence | None:
        """Wait for a place, ask a worker, hand its messages to `take` until that is satisfied. None then, else why it was not."""
        order = order_for(request, self.settings)
        try:
            if request.device not in self.devices:
                return sentence("runner.device", order.limits, request.device)
            with self._places[order.task].take(places_of(order, self.settings), job):
                messages = [encode(order), encode(request), *payloads]
                key = self._ask(job, order, messages, request.device, take)
        except BusyError:
            key = "runner.busy"
        except StoppedError:
            key = job.reason
        return None if key is None else sentence(key, order.limits, request.device)

    def _ask(
        self, job: Job, order: Order, messages: Sequence[bytes], device: str, take: Callable[[bytes], bool]
    ) -> str | None:
        """One conversation with one worker. Returns None where `take` was satisfied, else the key of the reason."""
        worker = (self._cpu if device == "cpu" else self._cuda).spawn()
        done, garbage, left = False, False, order.limits.answer
        try:
            with job.working(worker, order.limits.seconds + order.limits.grace, "runner.time"):
                for sent in messages:
                    job.tell(worker, sent)
                while not done and (message := worker.receive(left)) is not None:
                    left -= len(message)
                    done = take(message)
        except (FrameError, IrError):
            garbage = True
        except OSError:  # the worker was gone before it had read everything; its exit status tells why
            garbage = False
        finally:
            status = worker.finish(wait=not done)
        return None if done else job.reason or key_of(status, garbage)

    def _register(self, job: Job, owned: _Owned) -> None:
        """Note a run that begins, and end the older one of the same owner."""
        with self._lock:
            older = self._owners.get(owned)
            self._jobs.add(job)
            if owned.owner is not None:
                self._owners[owned] = job
        if older is not None:
            older.stop("runner.replaced")

    def _forget(self, job: Job, owned: _Owned) -> None:
        with self._lock:
            self._jobs.discard(job)
            if self._owners.get(owned) is job:
                del self._owners[owned]

    def _hello(self) -> Hello:
        hello = self._cpu.hello()
        if self.settings.mode == "hosted" and hello.wall.level != "full":
            missing = [f"{layer.name} ({layer.detail})" for layer in hello.wall.layers if not layer.held]
            raise EngineError(
                say("runner.no_wall", missing=", ".join([*hello.wall.escaped, *missing]) or hello.wall.level)
            )
        return hello


@cache
def shared_engine() -> Engine:
    """The engine of this process, made at the first call; nothing starts before it is used. Raises `EngineError` for bad settings."""
    fresh = FreshHost()
    engine = Engine(read_settings(), ZygoteHost() if sys.platform == "linux" else fresh, fresh)
    atexit.register(engine.close)
    return engine
