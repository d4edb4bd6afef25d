"""A drawing as PNG, without a browser: the SVG drawn by resvg, with the fonts that this machine has."""

from __future__ import annotations

from math import sqrt

import resvg_py

from explorer.export import svg
from explorer.export.dress import Dress
from explorer.export.figure import Area, figure
from explorer.export.looks import Theme
from explorer.export.problem import ExportError
from explorer.ir import Layout, Run, Sentence

SCALE = 2.0
"""Pixels for each px of the drawing, in both directions."""

LEAST_SCALE = 0.5
"""Below this a 12 px text cannot be read."""

MOST_PIXELS = 48_000_000
"""Four bytes each while it is drawn."""

LONGEST = 16_384
"""Pixels of one side: what browsers and many viewers still show."""


def write(
    run: Run, layout: Layout, *, area: Area | None = None, theme: Theme | None = None, dress: Dress | None = None
) -> bytes:
    """The drawing of `run`, twice as many pixels as px in each direction, fewer where it would not fit.

    Args:
        run: what was drawn.
        layout: its places.
        area: the part of the drawing to show; None shows all of it.
        theme: dark where asked; else light.
        dress: what the screen shows beside.

    Raises:
        ExportError: it is too large even at half as many pixels as px.
    """
    _, _, width, height = figure(run, layout, area, dress).area
    scale = fitting(width, height)
    if scale < LEAST_SCALE:
        size = {"width": f"{width:.0f}", "height": f"{height:.0f}"}
        raise ExportError(Sentence(key="export.too_large.png", values=size))
    drawn = svg.write(run, layout, area=area, theme=theme or "light", dress=dress)
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawn, zoom=scale, sans_serif_family="DejaVu Sans", monospace_family="DejaVu Sans Mono"
        )
    )


def fitting(width: float, height: float) -> float:
    """The scale, at most `SCALE`, at which so many px stay inside the limits."""
    return min(SCALE, LONGEST / width, LONGEST / height, sqrt(MOST_PIXELS / (width * height)))
