"""Every format that a run can be written in, behind one function: for the page, the command line, notebooks and a process apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from explorer.export import dot, html, model_explorer, pdf, png, svg, text
from explorer.export.drawings import drawing, drawings
from explorer.export.dress import Dress
from explorer.export.figure import Area
from explorer.export.looks import Theme
from explorer.graph.layout import Engine
from explorer.ir import Layout, Record, Run, encode
from explorer.words import Language


class Wanted(Record, frozen=True, kw_only=True):
    """What of a run is written, and how. As it stands: the whole run, drawn as it opens at first."""

    open_modules: tuple[str, ...] | None = None
    """Paths of the modules that are drawn open; None leaves the choice to the format: as readable for a drawing, all for DOT."""
    everything: bool = False
    """Whether every module is drawn open, whatever `open_modules` says."""
    show_saved: bool = False
    engine: Engine = "layered"
    wrap: bool = False
    """Who places the boxes, and whether a long drawing is cut into columns; DOT leaves that to its reader."""
    graphviz: bool = True
    """Whether HTML holds Graphviz's drawings of what is small enough too, for which it may wait some seconds."""
    area: Area | None = None
    """The part of the drawing to show, in SVG, PNG and PDF; None shows all of it."""
    theme: Theme | None = None
    dress: Dress | None = None
    """Colours and lines of the drawing as the screen has it, in SVG, PNG and PDF."""
    language: Language = "en"


class Format(NamedTuple):
    """How a format is called and written."""

    suffix: str
    media_type: str
    write: Callable[[Run, Wanted], bytes]
    drawn: bool = True
    """Whether `Wanted` makes a difference: what is not drawn holds the whole run."""


def write(run: Run, name: str, wanted: Wanted | None = None) -> bytes:
    """The run as a file of the format `name`, a key of `FORMATS`.

    Raises:
        ExportError: the drawing is too large for the format.
    """
    return FORMATS[name].write(run, Wanted() if wanted is None else wanted)


def _layout(run: Run, wanted: Wanted) -> Layout:
    return drawing(
        run,
        open_modules=_opened(wanted),
        everything=wanted.everything,
        show_saved=wanted.show_saved,
        engine=wanted.engine,
        wrap=wanted.wrap,
        language=wanted.language,
    )


def _opened(wanted: Wanted) -> frozenset[str] | None:
    return None if wanted.open_modules is None or wanted.everything else frozenset(wanted.open_modules)


def _html(run: Run, wanted: Wanted) -> bytes:
    first = _layout(run, wanted)
    held = drawings(run, first, wanted.language, show_saved=wanted.show_saved, graphviz=wanted.graphviz)
    return html.write(run, held, wanted.language).encode()


def _dot(run: Run, wanted: Wanted) -> bytes:
    opened = _opened(wanted)
    return dot.write(run, open_modules=opened, show_saved=wanted.show_saved, language=wanted.language).encode()


FORMATS: Mapping[str, Format] = {
    "svg": Format(
        ".svg",
        "image/svg+xml",
        lambda run, w: svg.write(run, _layout(run, w), area=w.area, theme=w.theme, dress=w.dress).encode(),
    ),
    "png": Format(
        ".png", "image/png", lambda run, w: png.write(run, _layout(run, w), area=w.area, theme=w.theme, dress=w.dress)
    ),
    "pdf": Format(
        ".pdf",
        "application/pdf",
        lambda run, w: pdf.write(run, _layout(run, w), area=w.area, theme=w.theme, dress=w.dress),
    ),
    "dot": Format(".dot", "text/vnd.graphviz", _dot),
    "html": Format(".html", "text/html", _html),
    "json": Format(".json", "application/json", lambda run, _: encode(run) + b"\n", drawn=False),
    "model-explorer": Format(
        ".model-explorer.json", "application/json", lambda run, _: model_explorer.write(run), drawn=False
    ),
    "text": Format(".txt", "text/plain", lambda run, w: text.write(run, w.language).encode(), drawn=False),
}
