"""Files of what a session sees, beside the pages: one POST, answered with the file or with a sentence, and no page reruns for it.

A session offers what it shows under a random token, which only its own page knows. The offer lives as long as the session keeps it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from weakref import WeakValueDictionary

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from explorer.app.state import GraphState
from explorer.export.apart import write_apart
from explorer.export.dress import Dress
from explorer.export.figure import Area
from explorer.export.formats import FORMATS, Wanted
from explorer.export.looks import Theme
from explorer.export.problem import ExportError
from explorer.graph.layout import Engine
from explorer.ir import Record, Run
from explorer.words import Language, say, tell

AT_ONCE = 2
PATIENCE = 15.0
"""Files that are written at once for all sessions; seconds that another waits for its turn."""

_MOST_BYTES = 1_000_000
"""Of a request, with the colour and a line of each of some thousand boxes."""

HEADERS = {
    "content-disposition": "attachment",
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
"""What the page did not ask for is never shown by a browser as a page of this server."""


class Asked(Record, frozen=True, kw_only=True):
    """What the menu sends."""

    format: str
    scope: Literal["sight", "drawing", "everything"] = "drawing"
    area: Area | None = None
    """Of the drawing, for ``sight``."""
    theme: Theme = "light"
    dress: Dress | None = None
    """Of the drawing on the screen for ``sight`` and ``drawing``; of every node for ``everything``."""


class Offer:
    """What one session may take with it: the run it shows, and how it is drawn."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(16)
        self.run: Run | None = None
        self.open_modules: tuple[str, ...] = ()
        self.show_saved = False
        self.engine: Engine = "layered"
        self.wrap = False
        self.language: Language = "en"
        _offers[self.token] = self

    def wanted(self, asked: Asked) -> Wanted:
        """How the file is to be drawn."""
        return Wanted(
            open_modules=self.open_modules,
            everything=asked.scope == "everything",
            show_saved=self.show_saved,
            engine=self.engine,
            wrap=self.wrap,
            area=asked.area if asked.scope == "sight" else None,
            theme=None if asked.format == "svg" and asked.dress is None else asked.theme,
            dress=asked.dress,
            language=self.language,
        )


def file_name(state: GraphState, run: Run) -> str:
    """What files of the run are called, without suffix: the model, else the result where that is a name."""
    if state.source == "model" and state.model is not None:
        return state.model
    return run.result if run.result is not None and run.result.isidentifier() and len(run.result) <= 60 else "graph"


_offers: WeakValueDictionary[str, Offer] = WeakValueDictionary()
_turns = asyncio.Semaphore(AT_ONCE)


@asynccontextmanager
async def turn() -> AsyncIterator[None]:
    """Wait until a file may be written; raises TimeoutError where others take longer than `PATIENCE`."""
    async with asyncio.timeout(PATIENCE):
        await _turns.acquire()
    try:
        yield
    finally:
        _turns.release()


async def answer(request: Request) -> Response:
    """The file that was asked for; else a status that says so and a sentence, ``{"said": ...}``."""
    offer = _offers.get(request.path_params["token"])
    if offer is None or offer.run is None:
        return _said(404, say("export.gone"))
    asked = await _read(request)
    if asked is None:
        return _said(400, say("export.unknown", offer.language))
    try:
        async with turn():
            content = await asyncio.to_thread(write_apart, offer.run, asked.format, offer.wanted(asked))
    except TimeoutError:
        return _said(503, say("export.busy", offer.language))
    except ExportError as problem:
        return _said(422, tell(problem.sentence, offer.language))
    return Response(content, media_type=FORMATS[asked.format].media_type, headers=HEADERS)


async def _read(request: Request) -> Asked | None:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            return None
    try:
        asked = msgspec.json.decode(body, type=Asked)
    except msgspec.DecodeError:
        return None
    return asked if asked.format in FORMATS else None


def _said(status: int, text: str) -> Response:
    return JSONResponse({"said": text}, status_code=status, headers=HEADERS)
