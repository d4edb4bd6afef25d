"""The details behind the boxes and frames of one drawing, each a piece of JSON that is written when it is wanted.

The drawing of a small graph carries all of them, that of a large one none: the browser asks for a piece when it is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from explorer.ir import Box, Frame, Node
from explorer.viewer import asked
from explorer.viewer.columns import LONGEST_TEXT
from explorer.viewer.details import Details

_LONG = 4_000
"""Bytes of a piece from which it is looked through for long texts."""

_LONGEST_LINE = 2 * LONGEST_TEXT
"""Characters of a name or a line in a piece."""


class Slices(asked.Askable):
    """Pieces by place: of a node one, however many boxes show it; of each module box and frame one."""

    def __init__(self, details: Details) -> None:
        self.details = details
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

    def all(self) -> list[bytes]:
        """Every piece."""
        return [self.piece(place) for place in range(len(self))]

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


def _cut(facts: Any) -> Any:
    """The same with every text in it cut that nobody would read to its end; not formulas, which are markup."""
    if isinstance(facts, str):
        return facts if len(facts) <= _LONGEST_LINE else facts[:_LONGEST_LINE] + "…"
    if isinstance(facts, dict):
        return {key: value if key == "mathml" else _cut(value) for key, value in facts.items()}
    return [_cut(value) for value in facts] if isinstance(facts, list | tuple) else facts


async def answer(request: Request) -> Response:
    """The piece at a place of an offered drawing."""
    place = request.path_params["place"]
    return await asked.answer(
        request, Slices, "application/json", lambda pieces: pieces.piece(place) if place < len(pieces) else None
    )
