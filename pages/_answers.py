"""Answers of the engine that a section keeps until it asks for something else, and the states of sections in the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from streamlit.delta_generator import DeltaGenerator

from explorer.app.state import fingerprint
from explorer.ir import FileAnswer, FileRequest, Look, LookRequest, Record
from explorer.runner import EngineError, shared_engine
from explorer.viewer.kept import kept
from pages._session import owner, words

S = TypeVar("S", bound=Record)
Answer = TypeVar("Answer")


def section_state(key: str, first: Callable[[], S]) -> S:
    """The record of a section; the first visit makes it."""
    found: S = kept().setdefault(key, first())
    return found


def answered(note: DeltaGenerator, key: str, asked: str, ask: Callable[[], Answer]) -> Answer:
    """The answer kept under `key` where it is to what was `asked`, else a new one; `note` says meanwhile that the page works."""
    slot: Any = kept().get(key)
    if slot is None or slot[0] != asked:
        note.text(words("run.running"))
        slot = kept()[key] = (asked, ask())
        note.empty()
    answer: Answer = slot[1]
    return answer


def forget(key: str) -> None:
    """Ask again in the next rerun, also for the same."""
    kept().pop(key, None)


def looked(note: DeltaGenerator, key: str, request: LookRequest) -> Look:
    """The look at some code."""

    def ask() -> Look:
        try:
            return shared_engine().look(request, owner=owner())
        except EngineError as problem:
            return Look(status="stopped", message=str(problem))

    return answered(note, key, fingerprint(request), ask)


def filed(
    note: DeltaGenerator, key: str, request: FileRequest, payload: bytes = b"", name: str = ""
) -> tuple[FileAnswer, tuple[bytes, ...]]:
    """What became of a file; `name` tells equal requests with different bytes apart."""

    def ask() -> tuple[FileAnswer, tuple[bytes, ...]]:
        try:
            return shared_engine().file(request, payload, owner=owner())
        except EngineError as problem:
            return FileAnswer(status="stopped", message=str(problem)), ()

    return answered(note, key, f"{fingerprint(request)} {name}", ask)
