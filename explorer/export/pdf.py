"""A drawing as a PDF of one page of its size, all text selectable.

Latin text is in two of the 14 fonts that every reader of PDF has. Everything else is in HYGothic-Medium, which PDF 1.2 and later name for
Korean (Adobe-Korea1): a reader shows it in a Korean font of its own or of its system, so that no font travels in the file, and the file
does not depend on the fonts of the machine that wrote it. A reader that has no Korean font at all shows gaps there; the text is still in
the file. What neither has (an emoji, say) is a box.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby, pairwise

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from explorer.export.dress import Dress
from explorer.export.figure import FOLD, Area, Figure, Line, Panel, Role, Words, figure
from explorer.export.looks import Theme, colours
from explorer.ir import Layout, Run

POINT = 0.75
"""Points to a px, so that 12 px are 9 pt."""

LARGEST = 14_400.0
"""Points of one side: readers of PDF show no larger page. A larger drawing is scaled down; it is not cut."""

TINT = 0.14
"""Opacity of the colour of backward over the lower half of a box."""

KOREAN = "HYGothic-Medium"

_FONTS: dict[Role, tuple[str, float, str]] = {
    "name": ("Courier-Bold", 12, "ink"),
    "lone": ("Courier-Bold", 12, "ink"),
    "under": ("Helvetica", 11, "muted"),
    "title": ("Courier", 11, "muted"),
    "flow": ("Helvetica-Bold", 11, "accent"),
    "alarm": ("Helvetica-Bold", 11, "alarm"),
    "count": ("Helvetica-Bold", 11, "muted"),
    "between": ("Courier", 9, "ink"),
}
"""Font, size in px, and colour of each text."""


def write(
    run: Run, layout: Layout, *, area: Area | None = None, theme: Theme | None = None, dress: Dress | None = None
) -> bytes:
    """The drawing of `run`, or the part of it in `area`, in its `dress`; equal arguments give equal bytes."""
    drawn = figure(run, layout, area, dress)
    scale = min(POINT, LARGEST / drawn.area[2], LARGEST / drawn.area[3])
    out = io.BytesIO()
    page = Canvas(out, pagesize=(drawn.area[2] * scale, drawn.area[3] * scale), invariant=1)
    page.setTitle(_written(drawn.title))
    page.setCreator("Autograd Explorer")
    page.scale(scale, scale)
    _Pen(page, drawn, theme or "light").draw()
    page.showPage()
    page.save()
    return out.getvalue()


class _Pen:
    """Draws a figure on a page, whose y grows upwards."""

    def __init__(self, page: Canvas, drawn: Figure, theme: Theme) -> None:
        self.page, self.drawn = page, drawn
        self.left, self.bottom = drawn.area[0], drawn.area[1] + drawn.area[3]
        self.colours = {name: _colour(value) for name, value in colours(theme).items()}
        _register()

    def draw(self) -> None:
        self.page.setFillColor(self.colours["paper"])
        self.page.rect(0, 0, self.drawn.area[2], self.drawn.area[3], stroke=0, fill=1)
        for mark in self.drawn.marks:
            if isinstance(mark, Panel):
                self._panel(mark)
            elif isinstance(mark, Line):
                self._line(mark)
            else:
                self._words(mark)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x - self.left, self.bottom - y

    def _panel(self, panel: Panel) -> None:
        if panel.look == "half":
            return self._half(panel)
        page = self.page
        own = HexColor(panel.fill) if panel.fill else None
        fill, edge = {"paper": ("paper", "paper"), "kept": ("saved-fill", "saved-edge")}.get(
            panel.look, (f"{panel.look}-fill", f"{panel.look}-edge")
        )
        page.setFillColor(own or self.colours[fill])
        page.setStrokeColor(self.colours[edge])
        page.setLineWidth(2.5 if panel.look == "result" else 1.0 if panel.look == "frame" else 1.25)
        x, y = self._at(panel.left, panel.top + panel.height)
        if panel.look == "saved":
            page.setDash(4, 3)
            self._folded(x, y, panel.width, panel.height)
            page.setDash()
        else:
            page.setDash(*((3, 2) if panel.look == "kept" else ()))
            page.roundRect(x, y, panel.width, panel.height, panel.radius, fill=1)
            page.setDash()
        return None

    def _half(self, panel: Panel) -> None:
        """The tint of backward, only where the box has no colour of its own, and the line above it."""
        page, r = self.page, panel.radius
        x, y = self._at(panel.left, panel.top + panel.height)
        right, top = x + panel.width, y + panel.height
        if not panel.fill:
            way = page.beginPath()
            way.moveTo(x, top)
            way.lineTo(right, top)
            way.arcTo(right - 2 * r, y, right, y + 2 * r, 0, -90)
            way.arcTo(x, y, x + 2 * r, y + 2 * r, 270, -90)
            way.close()
            page.saveState()
            page.setFillColor(self.colours["accent"])
            page.setFillAlpha(TINT)
            page.drawPath(way, fill=1, stroke=0)
            page.restoreState()
        page.setStrokeColor(self.colours["operation-edge"])
        page.setLineWidth(1)
        page.line(x, top, right, top)

    def _folded(self, x: float, y: float, width: float, height: float) -> None:
        way = self.page.beginPath()
        way.moveTo(x, y)
        way.lineTo(x + width, y)
        way.lineTo(x + width, y + height - FOLD)
        way.lineTo(x + width - FOLD, y + height)
        way.lineTo(x, y + height)
        way.close()
        self.page.drawPath(way, fill=1)

    def _line(self, line: Line) -> None:
        page = self.page
        colour = self.colours["accent" if line.back else "wire"]
        page.setStrokeColor(colour)
        page.setFillColor(colour)
        page.setLineWidth(1.1)
        if line.dashed:
            page.setDash(4, 3)
        way = page.beginPath()
        way.moveTo(*self._at(*line.points[0]))
        for (x, y), (to_x, to_y) in pairwise(line.points):
            middle = (y + to_y) / 2
            way.curveTo(*self._at(x, middle), *self._at(to_x, middle), *self._at(to_x, to_y))
        page.drawPath(way)
        page.setDash()
        self._tip(*self._at(*line.points[-1]), -7 if line.back else 7)

    def _tip(self, x: float, y: float, high: float) -> None:
        way = self.page.beginPath()
        way.moveTo(x, y)
        way.lineTo(x - 3, y + high)
        way.lineTo(x + 3, y + high)
        way.close()
        self.page.drawPath(way, fill=1, stroke=0)

    def _words(self, words: Words) -> None:
        font, size, colour = _FONTS[words.role]
        runs = list(_runs(words.text, font))
        x, y = self._at(words.x, words.y)
        if words.role != "title":
            x -= sum(pdfmetrics.stringWidth(text, face, size) for face, text in runs) / 2
        if words.role in ("flow", "alarm", "count"):
            self._rim(x, y, runs, size)
        self._write(x, y, runs, size, HexColor(words.ink) if words.ink else self.colours[colour])

    def _rim(self, x: float, y: float, runs: list[tuple[str, str]], size: float) -> None:
        """Paper around a number, so that the wire behind it does not cross the digits."""
        wide = sum(pdfmetrics.stringWidth(text, face, size) for face, text in runs)
        self.page.setFillColor(self.colours["paper"])
        self.page.roundRect(x - 1.5, y - 2.5, wide + 3, size + 1, 3, stroke=0, fill=1)

    def _write(self, x: float, y: float, runs: list[tuple[str, str]], size: float, colour: Color) -> None:
        text = self.page.beginText(x, y)
        text.setFillColor(colour)
        for face, part in runs:
            text.setFont(face, size)
            text.textOut(part)
        self.page.drawText(text)


@cache
def _register() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(KOREAN))


def _colour(value: str) -> Color:
    """Of ``#rrggbb`` or ``rgba(r, g, b, a)``."""
    if value.startswith("#"):
        return HexColor(value)
    red, green, blue, alpha = (float(number) for number in re.findall(r"[\d.]+", value))
    return Color(red / 255, green / 255, blue / 255, alpha)


def _runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    """Pieces of one font each."""
    for latin, part in groupby(_written(text), _is_latin):
        yield font if latin else KOREAN, "".join(part)


def _written(text: str) -> str:
    """The text with a box for what no font of ours has."""
    return "".join(one if one.isprintable() and (_is_latin(one) or _is_korean(one)) else "□" for one in text)


def _is_latin(character: str) -> bool:
    return _encodes(character, "cp1252")


def _is_korean(character: str) -> bool:
    return character == "‖" or _encodes(character, "cp949")


@lru_cache(4096)
def _encodes(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
