"""A training as a file: a link that the browser follows, so that however long the run, neither this process nor the page holds the file.

A session offers a run under a random token, which only its own page knows; the offer lives as long as the session keeps it. The file is written by
a process apart into one without a name, which goes with the answer.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO
from urllib.parse import quote
from weakref import WeakValueDictionary

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from explorer.app.exports import HEADERS, turn
from explorer.app.trainings import Started
from explorer.export.problem import ExportError
from explorer.export.training import FORMATS, Format
from explorer.export.training_apart import write_apart
from explorer.words import Language, say, tell

PREFIX = "training-files"
"""First segment of the path."""

_PIECE = 2**20


class TrainingOffer:
    """One run that a session may take with it, under what name."""

    def __init__(self, run: Started, name: str, language: Language) -> None:
        self.run, self.language = run, language
        self.name = "".join(letter if letter.isalnum() else "-" for letter in name)[:40].strip("-") or "training"
        """What files are called, without suffix."""
        self.token = secrets.token_urlsafe(16)
        _offers[self.token] = self

    def link(self, kind: str) -> str:
        """Where the file in one of `explorer.export.training.FORMATS` is, from a page of this app."""
        return f"{PREFIX}/{self.token}/{kind}"


_offers: WeakValueDictionary[str, TrainingOffer] = WeakValueDictionary()


async def answer(request: Request) -> Response:
    """The file that was asked for; else a status that says so and a sentence, as plain text."""
    offer, kind = _offers.get(request.path_params["token"]), request.path_params["kind"]
    if offer is None:
        return _said(404, f"{say('runs.file.gone', 'en')}\n{say('runs.file.gone', 'ko')}")
    if kind not in FORMATS:
        return _said(404, say("runs.file.unknown", offer.language))
    try:
        async with turn():
            file = await asyncio.to_thread(_written, offer.run, kind)
    except TimeoutError:
        return _said(503, say("export.busy", offer.language))
    except ExportError as problem:
        return _said(422, tell(problem.sentence, offer.language))
    headers = _headers(offer, FORMATS[kind], file)
    return StreamingResponse(_read(file), media_type=FORMATS[kind].media_type, headers=headers)


def _written(run: Started, kind: str) -> IO[bytes]:
    with ExitStack() as failed:
        file = failed.enter_context(tempfile.TemporaryFile())
        write_apart(run.told(), kind, file)
        failed.pop_all()  # closed when the answer has been sent
        return file


def _headers(offer: TrainingOffer, kind: Format, file: IO[bytes]) -> dict[str, str]:
    name = quote(f"{offer.name}.{kind.ending}")
    length = str(file.seek(0, 2))
    return {**HEADERS, "content-disposition": f"attachment; filename*=UTF-8''{name}", "content-length": length}


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _said(status: int, text: str) -> Response:
    headers = {name: value for name, value in HEADERS.items() if name != "content-disposition"}
    return PlainTextResponse(text, status_code=status, headers=headers)
