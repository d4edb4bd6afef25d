"""The details behind the boxes and frames of one drawing, each a piece of JSON that is written when it is wanted.

A drawing of few pieces carries all of them. A large one carries none: the browser asks for a piece when it is looked at, under a random
name that only the page with that drawing knows, and for as long as somebody keeps the pieces.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any
from weakref import WeakValueDictionary

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from explorer.ir import Box, Frame, Node
from explorer.viewer.columns import LONGEST_TEXT
from explorer.viewer.details import Details
from explorer.words import say

MOST_CARRIED = 2_000
"""Pieces that travel with their drawing."""

_LONG = 4_000
"""Bytes of a piece from which it is looked through for long texts."""

_LONGEST_LINE = 2 * LONGEST_TEXT
"""Characters of a name or a line in a piece."""

_HEADERS = {
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class Slices:
    """Pieces by place: of a node one, however many boxes show it; of each module box and frame one."""

    def __init__(self, details: Details) -> None:
        self.details = details
        self.name: str | None = None
        """What they are asked for by; None until they are offered."""
        self._shown: list[Node | Box | Frame] = []
        self._of_node: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._shown)

    def boxes(self, boxes: Sequence[Box]) -> list[int]:
        """Places of the pieces of boxes."""
        nodes, known = self.details.run.graph.nodes, self._of_node
        places = []
        for box in boxes:
            place = None if box.node is None else known.get(box.node)
            if place is None:
                place = self._add(box if box.node is None else nodes[box.node])
                if box.node is not None:
                    known[box.node] = place
            places.append(place)
        return places

    def frames(self, frames: Sequence[Frame]) -> list[int]:
        """Places of the pieces of frames."""
        return [self._add(frame) for frame in frames]

    def _add(self, shown: Node | Box | Frame) -> int:
        self._shown.append(shown)
        return len(self._shown) - 1

    def piece(self, place: int) -> bytes:
        """Raises IndexError for a place where there is none."""
        shown = self._shown[place]
        if isinstance(shown, Node):
            facts = self.details.node(shown)
        elif isinstance(shown, Frame):
            facts = self.details.module(shown.module, shown.nodes, shown)
        else:
            facts = self.details.module(shown.module or shown.title, shown.nodes, shown)
        piece = msgspec.json.encode(facts)
        return piece if len(piece) < _LONG else msgspec.json.encode(_cut(facts))

    def offer(self) -> str:
        """Let a browser ask for single pieces; returns the name to ask by."""
        if self.name is None:
            self.name = secrets.token_urlsafe(16)
            _offered[self.name] = self
        return self.name


def _cut(facts: Any) -> Any:
    """The same with every text in it cut that nobody would read to its end; not formulas, which are markup."""
    if isinstance(facts, str):
        return facts if len(facts) <= _LONGEST_LINE else facts[:_LONGEST_LINE] + "…"
    if isinstance(facts, dict):
        return {key: value if key == "mathml" else _cut(value) for key, value in facts.items()}
    return [_cut(value) for value in facts] if isinstance(facts, list | tuple) else facts


_offered: WeakValueDictionary[str, Slices] = WeakValueDictionary()


async def answer(request: Request) -> Response:
    """The piece at a place of an offered drawing; else 404 with a sentence, ``{"said": ...}``."""
    slices, place = _offered.get(request.path_params["name"]), request.path_params["place"]
    if slices is None or place >= len(slices):
        return JSONResponse({"said": say("viewer.details.gone")}, status_code=404, headers=_HEADERS)
    piece = await asyncio.to_thread(slices.piece, place)
    return Response(piece, media_type="application/json", headers=_HEADERS)
