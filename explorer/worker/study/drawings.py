"""Pictures that this code draws, so that there is something to show a model where nobody uploads anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

import torch

from explorer.ir import Drawn

HEIGHT, WIDTH = 300, 400
"""px of every drawing."""

Colour = tuple[int, int, int]
Point = tuple[float, float]


class _Canvas:
    """Paints solid shapes over one another; coordinates are px, x to the right and y down."""

    def __init__(self, background: Colour) -> None:
        self.y, self.x = torch.meshgrid(torch.arange(HEIGHT) + 0.5, torch.arange(WIDTH) + 0.5, indexing="ij")
        self.image = torch.tensor(background, dtype=torch.uint8)[:, None, None].repeat(1, HEIGHT, WIDTH)

    def paint(self, where: torch.Tensor, colour: Colour) -> None:
        self.image = torch.where(where, torch.tensor(colour, dtype=torch.uint8)[:, None, None], self.image)

    def ellipse(self, middle: Point, radii: Point, colour: Colour) -> None:
        self.paint(((self.x - middle[0]) / radii[0]) ** 2 + ((self.y - middle[1]) / radii[1]) ** 2 <= 1, colour)

    def stroke(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """A round line through the points."""
        for (x0, y0), (x1, y1) in pairwise(points):
            dx, dy = x1 - x0, y1 - y0
            along = (((self.x - x0) * dx + (self.y - y0) * dy) / (dx * dx + dy * dy)).clamp(0, 1)
            apart = (self.x - x0 - along * dx) ** 2 + (self.y - y0 - along * dy) ** 2
            self.paint(apart <= (width / 2) ** 2, colour)


def _horse() -> torch.Tensor:
    canvas = _Canvas((168, 205, 236))
    canvas.paint(canvas.y > 200, (96, 150, 70))
    brown, dark = (134, 84, 48), (70, 42, 26)
    canvas.stroke([(118, 150), (92, 180), (86, 225)], 13, dark)  # the tail
    for hip, hoof in (
        ((145, 185), (135, 262)),
        ((168, 185), (176, 262)),
        ((238, 185), (230, 262)),
        ((260, 180), (270, 262)),
    ):
        canvas.stroke([hip, hoof], 15, brown)
        canvas.stroke([(hoof[0], hoof[1] - 2), (hoof[0] + 6, hoof[1])], 15, dark)
    canvas.ellipse((202, 160), (88, 42), brown)
    canvas.stroke([(262, 145), (302, 82)], 38, brown)
    canvas.stroke([(248, 118), (288, 62)], 13, dark)  # the mane
    canvas.stroke([(302, 76), (344, 104)], 25, brown)
    canvas.stroke([(296, 66), (293, 46)], 9, brown)
    canvas.ellipse((313, 76), (4, 4), (15, 12, 10))
    return canvas.image


def _digit() -> torch.Tensor:
    canvas = _Canvas((0, 0, 0))
    canvas.stroke([(140, 70), (262, 70), (182, 240)], 26, (255, 255, 255))
    return canvas.image


def _shapes() -> torch.Tensor:
    canvas = _Canvas((244, 241, 232))
    canvas.ellipse((110, 150), (66, 66), (208, 62, 52))
    canvas.paint((canvas.x - 222).abs().maximum((canvas.y - 150).abs()) <= 48, (46, 94, 170))
    triangle = (canvas.y <= 206) & (canvas.y >= 92) & ((canvas.x - 330).abs() <= (canvas.y - 92) * 0.5)
    canvas.paint(triangle, (236, 178, 46))
    return canvas.image


def _stripes() -> torch.Tensor:
    canvas = _Canvas((250, 250, 250))
    canvas.paint(((canvas.x + 14 * torch.sin(canvas.y / 22)) / 18).floor() % 2 == 0, (20, 20, 20))
    return canvas.image


_DRAWINGS: Mapping[Drawn, Callable[[], torch.Tensor]] = MappingProxyType(
    {"horse": _horse, "digit": _digit, "shapes": _shapes, "stripes": _stripes}
)


def drawn(name: Drawn) -> torch.Tensor:
    """The drawing of that name: uint8, ``(3, HEIGHT, WIDTH)``; the same numbers every time."""
    return _DRAWINGS[name]()
