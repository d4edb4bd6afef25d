"""A drawing as one standalone SVG file: no script, no font file, no link; light or dark as the reader's system is, or as asked.

Colours stand in the style sheet as they are, without variables, since many readers of SVG know CSS of the first level only.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

from explorer.export.dress import Dress
from explorer.export.figure import FOLD, Area, Line, Mark, Panel, Words, figure
from explorer.export.looks import KINDS, MONO, SANS, WIDE, Theme, colours, families
from explorer.ir import Layout, Run

_FACES = f"""text {{ font: 12px {families(SANS)}; text-anchor: middle; }}
text.name, text.lone {{ font: 600 12px {families(MONO)}; }}
text.under {{ font-size: 11px; }}
text.title {{ font: 500 11px {families(MONO)}; text-anchor: start; }}
text.flow, text.alarm, text.count {{ font-size: 11px; font-weight: 600; paint-order: stroke; stroke-width: 4px; stroke-linejoin: round; }}
text.between {{ font: 9px {families(MONO)}; }}
text.wide {{ font-family: {families(WIDE)}; }}
.wire {{ fill: none; stroke-width: 1.1; }}
.dashed {{ stroke-dasharray: 4 3; }}
.box {{ stroke-width: 1.25; }}
.saved, .kept {{ stroke-dasharray: 4 3; }}
.half {{ fill-opacity: 0.14; }}
.back {{ stroke-opacity: 0.8; }}
.result {{ stroke-width: 2.5; }}
"""


def write(
    run: Run, layout: Layout, *, area: Area | None = None, theme: Theme | None = None, dress: Dress | None = None
) -> str:
    """The drawing of `run` as SVG text, in px; everything that came from the run is escaped text.

    Args:
        run: what was drawn.
        layout: its places.
        area: the part of the drawing to show; None shows all of it.
        theme: light or dark; None follows the reader's system.
        dress: what the screen shows beside.
    """
    drawn = figure(run, layout, area, dress)
    left, top, width, height = (f"{each:g}" for each in drawn.area)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{left} {top} {width} {height}" role="img">',
        f"<title>{_text(drawn.title)}</title>",
        f"<style>{_style(theme)}</style>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="tip" d="M0 0.8 L8 4 L0 7.2 z"/></marker>'
        '<marker id="back" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="back-tip" d="M0 0.8 L8 4 L0 7.2 z"/></marker></defs>',
        f'<rect class="paper" x="{left}" y="{top}" width="{width}" height="{height}"/>',
        *(_element(mark) for mark in drawn.marks),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _style(theme: Theme | None) -> str:
    plain = _FACES + _painted(colours(theme or "light"))
    if theme is not None:
        return plain
    return f"{plain}@media (prefers-color-scheme: dark) {{\n{_painted(colours('dark'))}}}\n"


def _painted(named: Mapping[str, str]) -> str:
    kinds = [f".{kind} {{ fill: {named[f'{kind}-fill']}; stroke: {named[f'{kind}-edge']}; }}" for kind in KINDS]
    lines = [
        f".paper {{ fill: {named['paper']}; }}",
        *kinds,
        f".kept {{ fill: {named['saved-fill']}; stroke: {named['saved-edge']}; }}",
        f".half, .back-tip {{ fill: {named['accent']}; }}",
        f".edge {{ stroke: {named['operation-edge']}; }}",
        f".frame {{ fill: {named['frame-fill']}; stroke: {named['frame-edge']}; }}",
        f".wire {{ stroke: {named['wire']}; }}",
        f".back {{ stroke: {named['accent']}; }}",
        f".tip {{ fill: {named['wire']}; }}",
        f"text, text.name, text.lone {{ fill: {named['ink']}; }}",
        f"text.under, text.title, text.count {{ fill: {named['muted']}; }}",
        f"text.flow {{ fill: {named['accent']}; }}",
        f"text.alarm {{ fill: {named['alarm']}; }}",
        f"text.flow, text.alarm, text.count {{ stroke: {named['paper']}; }}",
    ]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Escaped, and without the control characters that XML 1.0 forbids even when escaped."""
    allowed = (
        character
        for character in text
        if character in "\t\n" or " " <= character < "\ud800" or "\udfff" < character < "\ufffe" or character > "\uffff"
    )
    return escape("".join(allowed))


def _element(mark: Mark) -> str:
    if isinstance(mark, Panel):
        return _panel(mark)
    if isinstance(mark, Line):
        look = "wire dashed" if mark.dashed else "wire back" if mark.back else "wire"
        return f'<path class="{look}" marker-end="url(#{"back" if mark.back else "arrow"})" d="{path(mark.points)}"/>'
    return _words(mark)


def _panel(panel: Panel) -> str:
    if panel.look == "half":
        return _half(panel)
    look = panel.look if panel.look in ("frame", "paper") else f"box {panel.look}"
    named = (f" data-id={quoteattr(_text(panel.id))}" if panel.id else "") + _own(panel.fill)
    if panel.look == "saved":
        right, bottom = panel.left + panel.width, panel.top + panel.height
        corner = (
            f"M{panel.left:g} {panel.top:g}H{right - FOLD:g}L{right:g} {panel.top + FOLD:g}V{bottom:g}H{panel.left:g}z"
        )
        return f'<path class="{look}"{named} d="{corner}"/>'
    place = f'x="{panel.left:g}" y="{panel.top:g}" width="{panel.width:g}" height="{panel.height:g}"'
    return f'<rect class="{look}"{named} {place} rx="{panel.radius:g}"/>'


def _half(panel: Panel) -> str:
    """The tint only where the box has no colour of its own."""
    left, right, bottom, r = panel.left, panel.left + panel.width, panel.top + panel.height, panel.radius
    ways = f"V{bottom - r:g}A{r:g} {r:g} 0 0 1 {right - r:g} {bottom:g}H{left + r:g}A{r:g} {r:g} 0 0 1 {left:g} {bottom - r:g}z"
    edge = f"M{left:g} {panel.top:g}H{right:g}"
    tint = "" if panel.fill else f'<path class="half" d="{edge}{ways}"/>'
    return f'{tint}<path class="edge" d="{edge}"/>'


def _words(words: Words) -> str:
    wide = " wide" if any(east_asian_width(character) in "WF" for character in words.text) else ""
    return (
        f'<text class="{words.role}{wide}" x="{words.x:g}" y="{words.y:g}"{_own(words.ink)}>{_text(words.text)}</text>'
    )


def _own(colour: str) -> str:
    """As a style, which goes before the style sheet."""
    return f' style="fill: {colour}"' if colour else ""


def path(points: tuple[tuple[float, float], ...]) -> str:
    """SVG path data: straight where a wire runs straight down, an S with upright ends where it moves sideways."""
    steps = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        if x == to_x:
            steps.append(f"V{to_y:g}")
        else:
            middle = (y + to_y) / 2
            steps.append(f"C{x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y:g}")
    return "".join(steps)
