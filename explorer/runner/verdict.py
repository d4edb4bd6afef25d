"""What is said of a run that brought no answer of its own."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from explorer.ir import (
    FileAnswer,
    FileRequest,
    HubAnswer,
    InferenceAnswer,
    Limits,
    Look,
    Run,
    RunRequest,
    Sentence,
    StaticAnswer,
    Status,
    TrainingEnd,
)
from explorer.words import tell

_CRASHES = frozenset(
    getattr(signal, name) for name in ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT") if hasattr(signal, name)
)


def key_of(exit_status: int | None, garbage: bool = False) -> str:
    """The sentence for a worker that ended without an answer.

    Args:
        exit_status: Negative for the signal that ended it, None where it is not known.
        garbage: It sent something that is no answer, and was killed for it unless it had ended already.
    """
    if exit_status is None:
        return "runner.lost"
    if -exit_status in _CRASHES:
        return "runner.crash"
    if -exit_status == getattr(signal, "SIGXCPU", None):
        return "runner.time"
    if garbage:
        return "runner.garbage"
    return "runner.silent" if exit_status >= 0 else "runner.killed"


def sentence(key: str, limits: Limits, device: str) -> Sentence:
    """A sentence with what it may speak of: seconds, MiB and the device."""
    values = {"seconds": f"{limits.seconds:g}", "mib": str(limits.answer // 2**20), "device": device}
    return Sentence(key=key, values=values)


_Ended = TypeVar("_Ended", Run, TrainingEnd)


def reworded(answer: _Ended, word: Callable[[Sentence], Sentence]) -> _Ended:
    """The answer with the sentence that `word` makes of its own."""
    if answer.sentence is None or (said := word(answer.sentence)) == answer.sentence:
        return answer
    return replace(answer, sentence=said, message=tell(said))


def _status(said: Sentence) -> Status:
    return "refused" if said.key in ("runner.device", "files.upload", "inference.upload", "hub.upload") else "stopped"


def ended_run(request: RunRequest, said: Sentence) -> Run:
    """A run of which only its request and its end are known."""
    return Run(
        status=_status(said),
        message=tell(said),
        sentence=said,
        code=request.code,
        seed=request.seed,
        device=request.device,
        inputs=request.inputs,
    )


_OF_FILES = {"runner.time": "files.time", "runner.crash": "files.crash", "runner.garbage": "files.crash"}
"""Sentences that speak of the code, and those that speak of a file instead."""


def ended_file(request: FileRequest, said: Sentence) -> FileAnswer:
    """The answer where the worker gave none."""
    if request.code is None:
        said = Sentence(key=_OF_FILES.get(said.key, said.key), values=said.values)
    return FileAnswer(status=_status(said), message=tell(said), sentence=said)


def ended_look(said: Sentence) -> Look:
    """The answer where the worker gave none."""
    return Look(status=_status(said), message=tell(said), sentence=said)


def ended_inference(said: Sentence) -> InferenceAnswer:
    """The answer where the worker gave none."""
    return InferenceAnswer(status=_status(said), message=tell(said), sentence=said)


def ended_static(said: Sentence) -> StaticAnswer:
    """The answer where the worker gave none."""
    return StaticAnswer(status=_status(said), message=tell(said), sentence=said)


def ended_hub(said: Sentence) -> HubAnswer:
    """The answer where the worker gave none."""
    return HubAnswer(status=_status(said), message=tell(said), sentence=said)


def ended_training(said: Sentence) -> TrainingEnd:
    """The end of a training run that did not tell its end itself."""
    return TrainingEnd(status=_status(said), message=tell(said), sentence=said)
