"""What a page needs of a run whatever is drawn of it: every node by columns, the texts of the viewer, the formulas. One blob, the same for each drawing.

As of `columns`, and nothing after the columns. The drawing of a small graph carries it; a page with that of a large one asks for it once
and keeps it, so that a fold sends no more than what is drawn. `js/known.mjs` is the reader.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from explorer.derivatives import Derivative, describe
from explorer.derivatives.checked import verdict
from explorer.graph import arrays
from explorer.graph.once import once
from explorer.ir import Graph, Run
from explorer.ir.collector import put_off
from explorer.viewer import asked, nodes
from explorer.viewer.badge import badge
from explorer.viewer.columns import Columns, Texts, pack
from explorer.viewer.evidence import Evidence, Facts
from explorer.viewer.subjects import KINDS, add_subjects
from explorer.words import Language, catalogue, say

MAGIC = b"AXK1"


class Known(asked.Askable):
    """`blob`, and `texts`, which those of every drawing continue."""

    def __init__(self, blob: bytes, texts: Texts) -> None:
        self.blob = blob + b"\0" * (-len(blob) % 8)
        self.texts = texts


@once
@put_off()
def known(run: Run, language: Language) -> Known:
    """What is known of `run`, with every text in `language`."""
    about, columns = nodes.columns(run), Columns()
    for name, column in about.columns.items():
        columns.add(name, column)
    columns.add_floats("storage_bytes", about.storage_bytes)
    add_subjects(columns, about.subjects)
    header = {
        "language": language,
        "words": words(language),
        "kinds": tuple(KINDS),
        "texts": about.texts.new,
        "saved": any(saved.tensor for node in run.graph.nodes for saved in node.saved),
        "tensors": {tensor.name: tensor.grad_fn for tensor in run.tensors if tensor.grad_fn is not None},
        "roots": [root.node for root in run.graph.roots],
        "formulas": _formulas(run.graph, language),
        "formula_words": {"legend": say("derivative.legend", language), "unknown": say("derivative.unknown", language)},
        "evidence": Evidence(run).header() | {"badge": badge(run, language), "verdict": verdict(run, language)},
    }
    return Known(pack(MAGIC, header, columns), about.texts)


async def answer(request: Request) -> Response:
    """The blob of an offered run."""
    return await asked.answer(request, Known, "application/octet-stream", lambda found: found.blob)


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
