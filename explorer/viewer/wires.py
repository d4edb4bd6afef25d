"""What flows along each wire: the largest norm of a gradient (back), the shapes of its tensors (forward)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.graph.arrays import NONE, Floats, joined, sent, whole
from explorer.graph.calls import handed_over
from explorer.graph.measure import shape_text
from explorer.ir import Box, Edge, TensorMeta, Wire
from explorer.viewer.columns import Columns, Texts
from explorer.viewer.details import Details
from explorer.viewer.subjects import SECOND, of_box


def add_wires(columns: Columns, texts: Texts, wires: Sequence[Wire], boxes: Sequence[Box], details: Details) -> None:
    """Add the columns ``wire_gradient``, where one flowed, and ``wire_shape``."""
    norms = _largest(wires, sent(details.run.graph))
    if (norms != NONE).any():
        columns.add_floats("wire_gradient", norms)
    outputs = handed_over(details.run.graph, details.run.ops)
    columns.add_texts("wire_shape", texts.places(_flowing(wire, outputs, boxes, details) for wire in wires))


def _largest(wires: Sequence[Wire], norms: Floats) -> Floats:
    """By wire the largest norm; NaN if one is, since that is what has to be seen."""
    counts = whole(len(wire.edges) for wire in wires)
    edges = joined(wire.edges for wire in wires)
    found = np.full(len(wires), float(NONE))
    some = counts > 0
    if len(edges):
        found[some] = np.maximum.reduceat(norms[edges], (np.cumsum(counts) - counts)[some])
    return found


def _shape(edge: Edge, outputs: Sequence[Sequence[TensorMeta]]) -> str:
    """Of what the producer hands over; empty where that is not known."""
    given = outputs[edge.target]
    if edge.output_nr < len(given):
        return shape_text(given[edge.output_nr].shape)
    return shape_text(edge.gradient.shape) if edge.gradient else ""


def _flowing(wire: Wire, outputs: Sequence[Sequence[TensorMeta]], boxes: Sequence[Box], details: Details) -> str:
    """Shapes of what the producer hands over; a box of its own is its own tensor."""
    edges = details.run.graph.edges
    if len(wire.edges) == 1:
        return _shape(edges[wire.edges[0]], outputs)
    if wire.edges:
        return ", ".join(filter(None, dict.fromkeys(_shape(edges[edge], outputs) for edge in wire.edges)))
    ends = (boxes[wire.source], boxes[wire.target])
    return ", ".join(dict.fromkeys(filter(None, (of_box(box, details).shape for box in ends if box.kind in SECOND))))
