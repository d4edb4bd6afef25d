"""One blob of bytes for the browser: the drawing as typed columns, and the inspector's details as slices read only when asked for.

    "AXS1" | u32 length of the header | header, JSON | columns | details, JSON slices one after another

All little-endian, each column starting at a multiple of 8 bytes. The header lists the columns (name, type, place, count, scale). A column
holds whole numbers in the smallest type that takes them, lengths in quarters of a px, or measured numbers as float32 (`subjects`). 10,000 boxes take under half a megabyte.
A header with ``ask`` says that the details are not there but asked for under that name (`slices`). `js/scene.mjs` is the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import get_args

import msgspec
import numpy as np

from explorer.derivatives import Derivative, describe
from explorer.derivatives.checked import verdict
from explorer.graph import arrays
from explorer.graph.collector import put_off
from explorer.graph.flow import Label, labels
from explorer.ir import Box, BoxKind, Graph, Layout, Run, Wire
from explorer.viewer import nodes
from explorer.viewer.badge import badge
from explorer.viewer.columns import SCALE, Columns, Texts, units
from explorer.viewer.details import Details
from explorer.viewer.evidence import Evidence, Facts
from explorer.viewer.slices import MOST_CARRIED, Slices
from explorer.viewer.subjects import add_subjects
from explorer.viewer.wires import add_wires
from explorer.words import Language, catalogue, say

MAGIC = b"AXS1"

_KINDS: tuple[BoxKind, ...] = get_args(BoxKind)


def encode(run: Run, layout: Layout, language: Language = "en") -> bytes:
    """Pack the drawing `layout` of `run`, with every text of the viewer in `language`. Equal arguments give equal bytes."""
    return _pack(run, layout, language, Slices(Details(run)))


def offer(run: Run, layout: Layout, language: Language = "en") -> tuple[bytes, Slices]:
    """The same for a browser that can ask: of a drawing with many details these are left out, and `Slices` answers as long as it is kept."""
    slices = Slices(Details(run))
    return _pack(run, layout, language, slices, most=MOST_CARRIED), slices


def encode_together(run: Run, layouts: Iterable[Layout], language: Language = "en") -> tuple[list[bytes], bytes]:
    """Several drawings of a run without their details, and these, each once: their number (u32), where each ends (u32), and all of them."""
    slices = Slices(Details(run))
    scenes = [_pack(run, layout, language, slices, apart=True) for layout in layouts]
    pieces = [slices.piece(place) for place in range(len(slices))]
    ends = np.cumsum([len(piece) for piece in pieces], dtype="<u4")
    return scenes, b"".join([len(pieces).to_bytes(4, "little"), ends.tobytes(), *pieces])


@put_off()
def _pack(
    run: Run, layout: Layout, language: Language, slices: Slices, *, most: int | None = None, apart: bool = False
) -> bytes:
    """With all details, unless they are more than `most` pieces, which are asked for then, or lie `apart`."""
    known, columns = nodes.columns(run), Columns()
    texts = known.texts.copy()
    _add_boxes(columns, texts, slices, layout.boxes)
    _add_wires(columns, layout.wires, layout.boxes)
    _add_labels(columns, texts, labels(run.graph, layout))
    _add_frames(columns, texts, slices, layout)
    for name, column in known.columns.items():
        columns.add(name, column)
    columns.add_floats("storage_bytes", known.storage_bytes)
    add_subjects(columns, texts, known.subjects, layout.boxes, slices.details)
    add_wires(columns, texts, layout.wires, layout.boxes, slices.details)
    carried = not apart and (most is None or len(slices) <= most)
    pieces = [slices.piece(place) for place in range(len(slices))] if carried else []
    columns.add("detail_end", np.cumsum([len(piece) for piece in pieces], dtype=np.int64))
    header = {
        "language": language,
        "words": words(language),
        "width": layout.width,
        "height": layout.height,
        "kinds": _KINDS,
        "texts": texts.all,
        "open_modules": layout.open_modules,
        "depth": layout.depth,
        "engine": layout.engine,
        "wrapped": layout.wrapped,
        "saved": any(saved.tensor for node in run.graph.nodes for saved in node.saved),
        "tensors": {tensor.name: tensor.grad_fn for tensor in run.tensors if tensor.grad_fn is not None},
        "roots": [root.node for root in run.graph.roots],
        "formulas": _formulas(run.graph, language),
        "formula_words": {"legend": say("derivative.legend", language), "unknown": say("derivative.unknown", language)},
        "evidence": slices.details.evidence.header()
        | {"badge": badge(run, language), "verdict": verdict(run, language)},
        "ask": None if carried or apart else slices.offer(),
        "columns": columns.index,
    }
    text = msgspec.json.encode(header)
    text += b" " * (-len(text) % 8)
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, columns.bytes, *pieces])


def words(language: Language) -> dict[str, str]:
    """Every text of the viewer by its key without ``viewer.``."""
    return {key.removeprefix("viewer."): say(key, language) for key in catalogue() if key.startswith("viewer.")}


def _formulas(graph: Graph, language: Language) -> dict[str, Facts]:
    """What each kind of node of the graph computes, by its name; unknown ones are left out."""
    names = sorted(filter(None, arrays.nodes(graph).name.texts))
    described = {name: describe(name, language) for name in names}
    return {name: _formula(derivative) for name, derivative in described.items() if derivative is not None}


def _formula(derivative: Derivative) -> Facts:
    """What the inspector shows of it: the drawing and the text of each formula, the letters, the notes."""
    slots = [
        {"name": slot.name, "mathml": slot.mathml, "text": slot.text, "words": slot.words} for slot in derivative.slots
    ]
    forward = {"forward": derivative.forward, "forward_mathml": derivative.forward_mathml}
    return forward | {"slots": slots, "symbols": derivative.symbols, "notes": derivative.notes}


def _add_boxes(columns: Columns, texts: Texts, slices: Slices, boxes: Sequence[Box]) -> None:
    """`box_node`, `box_saved` and `box_input` are one more than the number, 0 where there is none; `box_id` is empty for ``n`` and the node's number."""
    columns.add_lengths("box_x", [box.x for box in boxes])
    columns.add_lengths("box_y", [box.y for box in boxes])
    columns.add_lengths("box_width", [box.width for box in boxes])
    columns.add_lengths("box_height", [box.height for box in boxes])
    columns.add("box_kind", [_KINDS.index(box.kind) for box in boxes])
    columns.add("box_node", [0 if box.node is None else box.node + 1 for box in boxes])
    columns.add("box_saved", [0 if box.saved is None else box.saved + 1 for box in boxes])
    columns.add("box_input", [0 if box.input is None else box.input + 1 for box in boxes])
    columns.add("box_id", texts.places("" if box.id == f"n{box.node}" else box.id for box in boxes))
    columns.add("box_title", texts.places(box.title for box in boxes))
    columns.add("box_subtitle", texts.places(box.subtitle for box in boxes))
    columns.add("box_module", texts.places(box.module for box in boxes))
    columns.add("box_fold", texts.places(box.fold for box in boxes))
    columns.add("box_inside", [len(box.nodes) for box in boxes])
    columns.add("inside", list(chain.from_iterable(box.nodes for box in boxes)))
    columns.add("box_marks", [_marks(slices.details.evidence, box) for box in boxes])
    columns.add("box_detail", slices.boxes(boxes))


def _marks(evidence: Evidence, box: Box) -> int:
    """Bits of `evidence`; the boxes of inputs, saved tensors and results have none."""
    if box.kind in ("input", "saved", "result"):
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
    columns.add("label_gradient", texts.places(label.gradient for label in found))
    columns.add("label_count", texts.places(label.times for label in found))


def _add_frames(columns: Columns, texts: Texts, slices: Slices, layout: Layout) -> None:
    """`frame_id` is the id that the module's box has where it is folded."""
    frames = layout.frames
    columns.add_lengths("frame_x", [frame.x for frame in frames])
    columns.add_lengths("frame_y", [frame.y for frame in frames])
    columns.add_lengths("frame_width", [frame.width for frame in frames])
    columns.add_lengths("frame_height", [frame.height for frame in frames])
    columns.add("frame_depth", [frame.depth for frame in frames])
    columns.add("frame_title", texts.places(frame.title for frame in frames))
    columns.add("frame_id", texts.places(f"m:{frame.module}#{frame.call}" for frame in frames))
    columns.add("frame_module", texts.places(frame.module for frame in frames))
    columns.add("frame_fold", texts.places(frame.fold for frame in frames))
    columns.add("frame_detail", slices.frames(frames))
