"""What a page needs of a run whatever is drawn of it: every node by columns, the texts of the viewer, the formulas. One blob, the same for each drawing.

As of `columns`, and nothing after the columns. The drawing of a small graph carries it; a page with that of a large one shows it at once, asks for what is known
meanwhile, and keeps it, so that a fold sends no more than what is drawn. `js/known.mjs` is the reader.
"""

from __future__ import annotations

import weakref

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
from explorer.viewer.columns import Columns, pack
from explorer.viewer.evidence import Evidence, Facts
from explorer.viewer.subjects import KINDS, add_subjects
from explorer.words import Language, catalogue, say

MAGIC = b"AXK1"


@once
@put_off()
def known(run: Run, language: Language) -> bytes:
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
        "texts": about.texts.all,
        "saved": any(saved.tensor for node in run.graph.nodes for saved in node.saved),
        "tensors": {tensor.name: tensor.grad_fn for tensor in run.tensors if tensor.grad_fn is not None},
        "roots": [root.node for root in run.graph.roots],
        "formulas": _formulas(run.graph, language),
        "formula_words": {word: say(f"derivative.{word}", language) for word in ("legend", "unknown", "custom")},
        "evidence": Evidence(run).header() | {"badge": badge(run, language), "verdict": verdict(run, language)},
    }
    blob = pack(MAGIC, header, columns)
    return blob + b"\0" * (-len(blob) % 8)


class Asked(asked.Askable):
    """What is known of a run that is kept, packed once a page asks for it."""

    def __init__(self, run: Run, language: Language) -> None:
        self._run, self._language = weakref.ref(run), language

    def blob(self) -> bytes | None:
        """None once the run is gone."""
        run = self._run()
        return None if run is None else known(run, self._language)


@once
def to_ask_for(run: Run, language: Language) -> Asked:
    """What is known of `run`, to be offered to a page."""
    return Asked(run, language)


_NOTHING = Run(status="ok")


def before_known(language: Language) -> Asked:
    """What is known before anything is known of a run: the texts of the viewer, and columns without a row."""
    return to_ask_for(_NOTHING, language)


async def answer(request: Request) -> Response:
    """The blob of an offered run."""
    return await asked.answer(request, Asked, "application/octet-stream", Asked.blob)


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
