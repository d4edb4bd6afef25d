"""A layout as one standalone SVG file: no script, no font file, no link; light or dark as the reader's system is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from explorer.graph.flow import Label, labels
from explorer.ir import Box, Frame, Layout, Run, Wire

RADIUS = 6.0
EDGE = 6.0
"""px: of a box's corners; room right of a label."""

_STYLE = """
svg { --paper: #ffffff; --ink: #1c2430; --soft: #5b6675; --line: #8a94a3; --edge: #c5ccd6; --fill: #f5f7fa;
  --leaf: #e3f1e7; --leaf-edge: #4f9a68; --saved: #fdf0dd; --saved-edge: #c98a2b; --result: #e4ecfb; --result-edge: #3f6fd1;
  --custom-edge: #8a5cc4; --flow: #4f46e5; --frame: #5b667508; background: var(--paper); }
@media (prefers-color-scheme: dark) {
  svg { --paper: #11161d; --ink: #e8edf3; --soft: #9aa7b6; --line: #6d7a8a; --edge: #3c4856; --fill: #1b232d;
    --leaf: #17301f; --leaf-edge: #5fb37c; --saved: #35270f; --saved-edge: #d9a04a; --result: #16264a; --result-edge: #6f9bf2;
    --custom-edge: #ae87e0; --flow: #a5a0ff; --frame: #9aa7b60d; } }
text { font: 12px ui-sans-serif, system-ui, "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR",
  "Noto Sans CJK KR", sans-serif; font-variant-numeric: tabular-nums; fill: var(--ink); text-anchor: middle; }
text.under { fill: var(--soft); font-size: 11px; }
text.title { fill: var(--soft); font-size: 11px; font-weight: 600; text-anchor: start;
  paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
text.flow { fill: var(--flow); font-size: 11px; font-weight: 600;
  paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.frame { fill: var(--frame); stroke: var(--edge); }
.wire { fill: none; stroke: var(--line); stroke-width: 1.2; }
.wire.dashed { stroke-dasharray: 4 3; }
.box { fill: var(--fill); stroke: var(--edge); stroke-width: 1.2; }
.leaf { fill: var(--leaf); stroke: var(--leaf-edge); }
.input { fill: var(--fill); stroke: var(--line); }
.saved { fill: var(--saved); stroke: var(--saved-edge); stroke-dasharray: 4 2; }
.result { fill: var(--result); stroke: var(--result-edge); stroke-width: 2; }
.custom { stroke: var(--custom-edge); stroke-width: 2; }
.module { stroke: var(--line); }
#arrow path { fill: var(--line); }
"""


def write(run: Run, layout: Layout) -> str:
    """The drawing of `run` as SVG text, in px; everything that came from the run is escaped text."""
    said = labels(run.graph, layout)
    right = max((label.x + label.width / 2 + EDGE for label in said), default=0.0)
    width, height = f"{max(layout.width, right):g}", f"{layout.height:g}"
    title = run.result or "autograd graph"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{_text(title)}</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0.8 L8 4 L0 7.2 z"/></marker></defs>',
        *(_frame(frame) for frame in layout.frames),
        *(_wire(wire, layout.boxes[wire.source]) for wire in layout.wires if len(wire.points) > 1),
        *(line for box in layout.boxes for line in _box(box)),
        *(_label(label) for label in said),
        *(_frame_title(frame) for frame in layout.frames),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(text: str) -> str:
    """Escaped, and without the control characters that XML 1.0 forbids even when escaped."""
    allowed = (
        character
        for character in text
        if character in "\t\n" or " " <= character < "\ud800" or "\udfff" < character < "\ufffe" or character > "\uffff"
    )
    return escape("".join(allowed))


def _frame(frame: Frame) -> str:
    left, top = frame.x - frame.width / 2, frame.y - frame.height / 2
    return f'<rect class="frame" x="{left:g}" y="{top:g}" width="{frame.width:g}" height="{frame.height:g}" rx="10"/>'


def _frame_title(frame: Frame) -> str:
    left, top = frame.x - frame.width / 2, frame.y - frame.height / 2
    return f'<text class="title" x="{left + 10:g}" y="{top + 15:g}">{_text(frame.title)}</text>'


def _wire(wire: Wire, source: Box) -> str:
    look = "wire dashed" if source.kind == "input" else "wire"
    return f'<path class="{look}" marker-end="url(#arrow)" d="{path(wire.points)}"/>'


def _label(label: Label) -> str:
    return f'<text class="flow" x="{label.x:g}" y="{label.y + 4:g}">{_text(label.text)}</text>'


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


def _box(box: Box) -> Iterator[str]:
    left, top = box.x - box.width / 2, box.y - box.height / 2
    radius = {"leaf": box.height / 2, "result": box.height / 2, "input": 0.0}.get(box.kind, RADIUS)
    shape = f'x="{left:g}" y="{top:g}" width="{box.width:g}" height="{box.height:g}" rx="{radius:g}"'
    if box.kind == "module":
        yield f'<rect class="box module" {_moved(box, 4)} rx="{radius:g}"/>'
    yield f'<rect class="box {box.kind}" data-id={quoteattr(_text(box.id))} {shape}/>'
    if box.subtitle:
        yield f'<text x="{box.x:g}" y="{box.y - 4:g}">{_text(box.title)}</text>'
        yield f'<text class="under" x="{box.x:g}" y="{box.y + 12:g}">{_text(box.subtitle)}</text>'
    else:
        yield f'<text x="{box.x:g}" y="{box.y + 4:g}">{_text(box.title)}</text>'


def _moved(box: Box, by: float) -> str:
    """The sheet that peeps out behind a folded module."""
    left, top = box.x - box.width / 2 + by, box.y - box.height / 2 + by
    return f'x="{left:g}" y="{top:g}" width="{box.width:g}" height="{box.height:g}"'
