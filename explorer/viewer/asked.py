"""What a page asks for by itself, beside Streamlit: under a random name that only it knows, for as long as somebody keeps what is behind that name.

`js/asked.mjs` asks.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from explorer.words import say

_HEADERS = {
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class Askable:
    """Something that a page may ask for, once it is offered."""

    name: str | None = None
    """What it is asked for by; None until it is offered."""

    def offer(self) -> str:
        """Let a browser ask for it; returns the name to ask by."""
        if self.name is None:
            self.name = secrets.token_urlsafe(16)
            _offered[self.name] = self
        return self.name


_offered: WeakValueDictionary[str, Askable] = WeakValueDictionary()

T = TypeVar("T", bound=Askable)


async def answer(request: Request, kind: type[T], media_type: str, written: Callable[[T], bytes | None]) -> Response:
    """What is offered under the name in the path, of this `kind` and as `written`, which takes its time; else 404 with a sentence, ``{"said": ...}``."""
    found = _offered.get(request.path_params["name"])
    body = await asyncio.to_thread(written, found) if isinstance(found, kind) else None
    if body is None:
        return JSONResponse({"said": say("viewer.details.gone")}, status_code=404, headers=_HEADERS)
    return Response(body, media_type=media_type, headers=_HEADERS)
