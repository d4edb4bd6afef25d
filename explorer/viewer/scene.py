"""One blob of bytes for the browser: a drawing as of `columns`, then what is `known` of its run, and the inspector's details, which are read only when asked for.

    header and columns | known | details, JSON slices one after another

That is how a small graph travels. Of a large one the page asks for the rest by the names in the header (``asks``), so that a fold sends what is drawn
and nothing else: 10,000 boxes take under half a megabyte. `js/scene.mjs` is the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from explorer.graph.arrays import joined
from explorer.graph.flow import Label, labels
from explorer.ir import Box, Layout, Run, Wire
from explorer.ir.collector import put_off
from explorer.viewer.columns import SCALE, Columns, Texts, pack, units
from explorer.viewer.details import Details
from explorer.viewer.evidence import Evidence
from explorer.viewer.known import before_known, known, to_ask_for
from explorer.viewer.slices import Slices
from explorer.viewer.subjects import KINDS, SECOND, add_subjects
from explorer.viewer.subjects import of_boxes as subjects_of
from explorer.viewer.wires import add_wires
from explorer.words import Language, say

MAGIC = b"AXS1"

MOST_CARRIED = 2_000
"""Nodes of a graph whose drawings carry all that is known of it."""


class Together(NamedTuple):
    """Drawings of one run, and what they have in common once."""

    scenes: list[bytes]
    known: bytes
    details: bytes
    """Their number (u32), where each ends (u32), and all of them."""


def encode(run: Run, layout: Layout, language: Language = "en") -> bytes:
    """Pack the drawing `layout` of `run`, with every text of the viewer in `language`. Equal arguments give equal bytes."""
    return _pack(run, layout, Slices(Details(run)), carried=known(run, language))


def offer(run: Run, layout: Layout, language: Language = "en") -> tuple[bytes, Slices]:
    """The same for a browser that can ask: of a large graph the drawing alone. Everything else is there to be asked for as long as the details are kept."""
    slices = Slices(Details(run))
    if len(run.graph.nodes) <= MOST_CARRIED:
        return _pack(run, layout, slices, carried=known(run, language)), slices
    asks = {
        "known": to_ask_for(run, language).offer(),
        "before": before_known(language).offer(),
        "nodes": len(run.graph.nodes),
        "details": slices.offer(),
        "lost": say("viewer.known.lost", language),
    }
    return _pack(run, layout, slices, asks=asks), slices


def encode_together(run: Run, layouts: Iterable[Layout], language: Language = "en") -> Together:
    """Several drawings of a run, each alone."""
    slices = Slices(Details(run))
    scenes = [_pack(run, layout, slices) for layout in layouts]
    pieces = slices.all()
    ends = np.cumsum([len(piece) for piece in pieces], dtype="<u4")
    details = b"".join([len(pieces).to_bytes(4, "little"), ends.tobytes(), *pieces])
    return Together(scenes, known(run, language), details)


@put_off()
def _pack(
    run: Run, layout: Layout, slices: Slices, *, carried: bytes = b"", asks: Mapping[str, object] | None = None
) -> bytes:
    columns, texts = Columns(), Texts()
    _add_boxes(columns, texts, slices, layout.boxes)
    _add_wires(columns, layout.wires, layout.boxes)
    _add_labels(columns, texts, labels(run.graph, layout))
    _add_frames(columns, texts, slices, layout)
    add_subjects(columns, subjects_of(layout.boxes, texts, slices.details))
    add_wires(columns, texts, layout.wires, layout.boxes, slices.details)
    pieces = slices.all() if carried else []
    columns.add("detail_end", np.cumsum([len(piece) for piece in pieces], dtype=np.int64))
    header = {
        "texts": texts.all,
        "width": layout.width,
        "height": layout.height,
        "open_modules": layout.open_modules,
        "depth": layout.depth,
        "engine": layout.engine,
        "wrapped": layout.wrapped,
        "known": len(carried),
        "asks": asks,
    }
    return pack(MAGIC, header, columns, carried, *pieces)


def _add_boxes(columns: Columns, texts: Texts, slices: Slices, boxes: Sequence[Box]) -> None:
    """`box_node`, `box_saved` and `box_input` are one more than the number, 0 where there is none; `box_id` is empty for ``n`` and the node's number."""
    columns.add_lengths("box_x", [box.x for box in boxes])
    columns.add_lengths("box_y", [box.y for box in boxes])
    columns.add_lengths("box_width", [box.width for box in boxes])
    columns.add_lengths("box_height", [box.height for box in boxes])
    columns.add("box_kind", [KINDS[box.kind] for box in boxes])
    columns.add("box_node", [0 if box.node is None else box.node + 1 for box in boxes])
    columns.add("box_saved", [0 if box.saved is None else box.saved + 1 for box in boxes])
    columns.add("box_input", [0 if box.input is None else box.input + 1 for box in boxes])
    columns.add_texts("box_id", texts.places("" if box.id == f"n{box.node}" else box.id for box in boxes))
    columns.add_texts("box_title", texts.places(box.title for box in boxes))
    columns.add_texts("box_subtitle", texts.places(box.subtitle for box in boxes))
    columns.add_texts("box_module", texts.places(box.module for box in boxes))
    columns.add_texts("box_fold", texts.places(box.fold for box in boxes))
    _add_inside(columns, boxes)
    columns.add("box_marks", [_marks(slices.details.evidence, box) for box in boxes])
    columns.add("box_detail", slices.boxes(boxes))


def _add_inside(columns: Columns, boxes: Sequence[Box]) -> None:
    """By box how many nodes it holds folded. All of them, one after another, are few stretches: the first of each, and how many follow it by one."""
    node = joined(box.nodes for box in boxes)
    first = np.flatnonzero(np.diff(node, prepend=-2) != 1)
    columns.add("box_inside", [len(box.nodes) for box in boxes])
    columns.add("inside_from", node[first])
    columns.add("inside_count", np.diff(first, append=len(node)))


def _marks(evidence: Evidence, box: Box) -> int:
    """Bits of `evidence`; the boxes of inputs, saved tensors and results have none."""
    if box.kind in SECOND:
        return 0
    return evidence.mark(box.node) if box.node is not None else evidence.marks(box.nodes)


def _add_wires(columns: Columns, wires: Sequence[Wire], boxes: Sequence[Box]) -> None:
    """A wire's first point is relative to the centre of its source, each further one to the one before: small numbers, few bytes."""
    sources = np.array([wire.source for wire in wires], np.int64)
    counts = np.array([len(wire.points) for wire in wires], np.int64)
    columns.add("wire_source", sources)
    columns.add("wire_target", [wire.target for wire in wires])
    columns.add("wire_points", counts)
    points = np.fromiter(chain.from_iterable(chain.from_iterable(wire.points for wire in wires)), np.float64)
    first = np.cumsum(counts) - counts
    for axis, name in enumerate(("point_x", "point_y")):
        here, centres = units(points[axis::2]), units([(box.x, box.y)[axis] for box in boxes])
        before = np.roll(here, 1)
        before[first] = centres[sources]
        columns.add(name, here - before, SCALE)


def _add_labels(columns: Columns, texts: Texts, found: Sequence[Label]) -> None:
    """What wires say of their gradients; a place is the centre of the text."""
    columns.add("label_wire", [label.wire for label in found])
    columns.add_lengths("label_x", [label.x for label in found])
    columns.add_lengths("label_y", [label.y for label in found])
    columns.add_texts("label_gradient", texts.places(label.gradient for label in found))
    columns.add_texts("label_count", texts.places(label.times for label in found))


def _add_frames(columns: Columns, texts: Texts, slices: Slices, layout: Layout) -> None:
    """`frame_id` is the id that the module's box has where it is folded."""
    frames = layout.frames
    columns.add_lengths("frame_x", [frame.x for frame in frames])
    columns.add_lengths("frame_y", [frame.y for frame in frames])
    columns.add_lengths("frame_width", [frame.width for frame in frames])
    columns.add_lengths("frame_height", [frame.height for frame in frames])
    columns.add("frame_depth", [frame.depth for frame in frames])
    columns.add_texts("frame_title", texts.places(frame.title for frame in frames))
    columns.add_texts("frame_id", texts.places(f"m:{frame.module}#{frame.call}" for frame in frames))
    columns.add_texts("frame_module", texts.places(frame.module for frame in frames))
    columns.add_texts("frame_fold", texts.places(frame.fold for frame in frames))
    columns.add("frame_detail", slices.frames(frames))
