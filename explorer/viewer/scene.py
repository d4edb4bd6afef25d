"""One blob of bytes for the browser: the drawing as typed columns, and the inspector's texts as slices read only when asked for.

    "AXS1" | u32 length of the header | header, JSON | columns | details, JSON slices one after another

All little-endian, each column starting at a multiple of 8 bytes. The header lists the columns (name, type, place, count, scale). A column
holds whole numbers in the smallest type that takes them, lengths in quarters of a px, or measured numbers as float32 (`subjects`). 10,000 boxes take under half a megabyte.
`js/scene.mjs` is the reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import msgspec

from explorer.derivatives import Derivative, describe
from explorer.derivatives.checked import verdict
from explorer.graph.flow import Label, labels
from explorer.ir import Box, BoxKind, Layout, Node, Run, Wire
from explorer.viewer.badge import badge
from explorer.viewer.columns import SCALE, Columns, Texts
from explorer.viewer.details import Details
from explorer.viewer.evidence import Facts
from explorer.viewer.subjects import add_subjects, add_wires
from explorer.words import Language, catalogue, say

MAGIC = b"AXS1"

_KINDS: tuple[BoxKind, ...] = get_args(BoxKind)


def encode(run: Run, layout: Layout, language: Language = "en") -> bytes:
    """Pack the drawing `layout` of `run`, with every text of the viewer in `language`. Equal arguments give equal bytes."""
    columns, texts, slices = Columns(), Texts(), _Slices(Details(run))
    _add_boxes(columns, texts, slices, layout.boxes, run)
    _add_wires(columns, layout.wires, layout.boxes)
    _add_labels(columns, texts, labels(run.graph, layout))
    _add_frames(columns, texts, slices, layout)
    _add_nodes(columns, texts, run)
    add_subjects(columns, texts, layout.boxes, slices.details)
    add_wires(columns, texts, layout.wires, layout.boxes, slices.details)
    columns.add("detail_end", slices.ends)
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
        "formulas": _formulas(slices.names, language),
        "formula_words": {"legend": say("derivative.legend", language), "unknown": say("derivative.unknown", language)},
        "evidence": slices.details.evidence.header()
        | {"badge": badge(run, language), "verdict": verdict(run, language)},
        "columns": columns.index,
    }
    text = msgspec.json.encode(header)
    text += b" " * (-len(text) % 8)
    return MAGIC + len(text).to_bytes(4, "little") + text + columns.bytes + slices.bytes


def words(language: Language) -> dict[str, str]:
    """Every text of the viewer by its key without ``viewer.``."""
    return {key.removeprefix("viewer."): say(key, language) for key in catalogue() if key.startswith("viewer.")}


def _formulas(names: set[str], language: Language) -> dict[str, Facts]:
    """What each kind of node that is shown computes, by its name; unknown ones are left out."""
    described = {name: describe(name, language) for name in sorted(names)}
    return {name: _formula(derivative) for name, derivative in described.items() if derivative is not None}


def _formula(derivative: Derivative) -> Facts:
    """What the inspector shows of it: the drawing and the text of each formula, the letters, the notes."""
    slots = [
        {"name": slot.name, "mathml": slot.mathml, "text": slot.text, "words": slot.words} for slot in derivative.slots
    ]
    forward = {"forward": derivative.forward, "forward_mathml": derivative.forward_mathml}
    return forward | {"slots": slots, "symbols": derivative.symbols, "notes": derivative.notes}


class _Slices:
    """The details, each a piece of JSON: of a node once, however many boxes show it; of each module box and frame."""

    def __init__(self, details: Details) -> None:
        self.details = details
        self.names: set[str] = set()
        """Of the nodes that were asked for."""
        self.ends: list[int] = []
        self._pieces: list[bytes] = []
        self._of_node: dict[int, int] = {}

    @property
    def bytes(self) -> bytes:
        return b"".join(self._pieces)

    def node(self, node: Node) -> int:
        if node.id not in self._of_node:
            self.names.add(node.name)
            self._of_node[node.id] = self.add(self.details.node(node))
        return self._of_node[node.id]

    def add(self, facts: Facts) -> int:
        piece = msgspec.json.encode(facts)
        self._pieces.append(piece)
        self.ends.append((self.ends[-1] if self.ends else 0) + len(piece))
        return len(self._pieces) - 1


def _add_boxes(columns: Columns, texts: Texts, slices: _Slices, boxes: Sequence[Box], run: Run) -> None:
    """`box_node`, `box_saved` and `box_input` are one more than the number, 0 where there is none; `box_id` is empty for ``n`` and the node's number."""
    columns.add_lengths("box_x", (box.x for box in boxes))
    columns.add_lengths("box_y", (box.y for box in boxes))
    columns.add_lengths("box_width", (box.width for box in boxes))
    columns.add_lengths("box_height", (box.height for box in boxes))
    columns.add("box_kind", [_KINDS.index(box.kind) for box in boxes])
    columns.add("box_node", [0 if box.node is None else box.node + 1 for box in boxes])
    columns.add("box_saved", [0 if box.saved is None else box.saved + 1 for box in boxes])
    columns.add("box_input", [0 if box.input is None else box.input + 1 for box in boxes])
    columns.add("box_id", [texts.place("" if box.id == f"n{box.node}" else box.id) for box in boxes])
    columns.add("box_title", [texts.place(box.title) for box in boxes])
    columns.add("box_subtitle", [texts.place(box.subtitle) for box in boxes])
    columns.add("box_module", [texts.place(box.module) for box in boxes])
    columns.add("box_fold", [texts.place(box.fold) for box in boxes])
    columns.add("box_inside", [len(box.nodes) for box in boxes])
    columns.add("inside", [node for box in boxes for node in box.nodes])
    columns.add("box_marks", [_marks(slices.details, box, run) for box in boxes])
    columns.add("box_detail", [_detail(slices, box, run) for box in boxes])


def _marks(details: Details, box: Box, run: Run) -> int:
    """Bits of `evidence`; the boxes of inputs, saved tensors and results have none."""
    if box.kind in ("input", "saved", "result"):
        return 0
    nodes = [box.node] if box.node is not None else box.nodes
    return details.evidence.marks([run.graph.nodes[node] for node in nodes], folded=box.node is None)


def _detail(slices: _Slices, box: Box, run: Run) -> int:
    if box.node is not None:
        return slices.node(run.graph.nodes[box.node])
    return slices.add(slices.details.module(box.module or box.title, box.nodes, box))


def _add_wires(columns: Columns, wires: Sequence[Wire], boxes: Sequence[Box]) -> None:
    """A wire's first point is relative to the centre of its source, each further one to the one before: small numbers, few bytes."""
    columns.add("wire_source", [wire.source for wire in wires])
    columns.add("wire_target", [wire.target for wire in wires])
    columns.add("wire_points", [len(wire.points) for wire in wires])
    for axis, name in enumerate(("point_x", "point_y")):
        steps: list[int] = []
        for wire in wires:
            source = boxes[wire.source]
            before = round((source.x, source.y)[axis] / SCALE)
            for point in wire.points:
                here = round(point[axis] / SCALE)
                steps.append(here - before)
                before = here
        columns.add(name, steps, SCALE)


def _add_labels(columns: Columns, texts: Texts, found: Sequence[Label]) -> None:
    """What wires say of their gradients; a place is the centre of the text."""
    columns.add("label_wire", [label.wire for label in found])
    columns.add_lengths("label_x", (label.x for label in found))
    columns.add_lengths("label_y", (label.y for label in found))
    columns.add("label_gradient", [texts.place(label.gradient) for label in found])
    columns.add("label_count", [texts.place(label.times) for label in found])


def _add_frames(columns: Columns, texts: Texts, slices: _Slices, layout: Layout) -> None:
    """`frame_id` is the id that the module's box has where it is folded."""
    frames = layout.frames
    columns.add_lengths("frame_x", (frame.x for frame in frames))
    columns.add_lengths("frame_y", (frame.y for frame in frames))
    columns.add_lengths("frame_width", (frame.width for frame in frames))
    columns.add_lengths("frame_height", (frame.height for frame in frames))
    columns.add("frame_depth", [frame.depth for frame in frames])
    columns.add("frame_title", [texts.place(frame.title) for frame in frames])
    columns.add("frame_id", [texts.place(f"m:{frame.module}#{frame.call}") for frame in frames])
    columns.add("frame_module", [texts.place(frame.module) for frame in frames])
    columns.add("frame_fold", [texts.place(frame.fold) for frame in frames])
    columns.add(
        "frame_detail", [slices.add(slices.details.module(frame.module, frame.nodes, frame)) for frame in frames]
    )


def _add_nodes(columns: Columns, texts: Texts, run: Run) -> None:
    """What search and the link to source lines need of every node, drawn or folded away; line 0 stands for none."""
    nodes = run.graph.nodes
    columns.add("node_line", [node.line or 0 for node in nodes])
    columns.add("node_name", [texts.place(node.name) for node in nodes])
    columns.add("node_module", [texts.place(node.module) for node in nodes])
    columns.add("node_variable", [texts.place(node.variable) for node in nodes])
    columns.add("node_text", [texts.place(None if node.op is None else run.ops[node.op].text) for node in nodes])
