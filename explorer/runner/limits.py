"""How much room a request gets: typed code little of memory and time, a model from the catalogue more."""

from __future__ import annotations

from typing import Literal

from explorer.ir import (
    FileRequest,
    HubRequest,
    InferenceRequest,
    Limits,
    LookRequest,
    Order,
    RunRequest,
    Sentence,
    StaticRequest,
    TrainingRequest,
)
from explorer.models import is_catalogue_code
from explorer.models.libraries import is_library_code
from explorer.runner.settings import Settings

_MIB = 2**20


Request = RunRequest | TrainingRequest | FileRequest | LookRequest | InferenceRequest | StaticRequest | HubRequest

_TASKS: dict[type, Literal["run", "train", "file", "look", "infer", "static", "hub"]] = {
    RunRequest: "run",
    TrainingRequest: "train",
    FileRequest: "file",
    LookRequest: "look",
    InferenceRequest: "infer",
    StaticRequest: "static",
    HubRequest: "hub",
}


_USED_UP = {
    "runner.time": "time",
    "session.stopped.time": "time",
    "runner.memory": "memory",
    "session.stopped.memory": "memory",
}
"""What is said of code that met a limit: by the engine, or by the child itself."""


def order_for(request: Request, settings: Settings) -> Order:
    """The order that goes to the worker before `request`. On CUDA there is no address space limit: the driver reserves too much."""
    ours = _is_ours(request)
    mib = settings.catalogue_memory_mib if ours else settings.memory_mib
    seconds = settings.catalogue_seconds if ours else settings.seconds
    training = isinstance(request, TrainingRequest) or (isinstance(request, RunRequest) and request.step is not None)
    return Order(
        task=_TASKS[type(request)],
        limits=Limits(
            seconds=settings.training_seconds if training else seconds,
            memory=mib * _MIB if request.device == "cpu" else None,
            answer=settings.answer_mib * _MIB,
        ),
    )


def _is_ours(request: Request) -> bool:
    """Whether all that runs is code of the catalogue or a library."""
    if isinstance(request, RunRequest) and (wanted := request.library) is not None:
        return is_library_code(request.code, wanted.library, wanted.name)
    return request.code is not None and is_catalogue_code(request.code)


def used_up(said: Sentence, request: Request, settings: Settings) -> Sentence:
    """A sentence on time or memory that ran out, as fits a model or a training, where typed code would look for its own loop.

    Settings are named to those who can change them: on one's own machine.
    """
    limit = _USED_UP.get(said.key)
    kind = "training" if isinstance(request, TrainingRequest) else "model" if _is_ours(request) else None
    if limit is None or kind is None:
        return said
    limits = order_for(request, settings).limits
    values = {"seconds": f"{limits.seconds:g}", "mib": str((limits.memory or 0) // _MIB)}
    here = ".local" if settings.mode == "local" else ""
    return Sentence(key=f"runner.{limit}.{kind}{here}", values=values)


def places_of(order: Order, settings: Settings) -> int:
    """How many slots a run takes: one for each share of memory as large as typed code gets, but never more than there are."""
    mib = (order.limits.memory or 0) // _MIB
    return min(settings.slots, max(1, -(-mib // settings.memory_mib)))
