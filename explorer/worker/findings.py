"""Remarks on a finished run that are no failure: where a number first stopped being finite."""

from __future__ import annotations

from explorer.capture import Recording
from explorer.ir import Sentence, Stats


def first_not_finite(recording: Recording) -> Sentence | None:
    """A note on the first NaN or infinity: in a result, by the first call that gave one, else in a gradient."""
    graph = recording.graph
    for root in graph.roots:
        if root.stats is not None and _broken(root.stats):
            first = recording.first_nan if root.stats.nans else recording.first_inf
            text, line = root.name, graph.nodes[root.node].line
            if first is not None:
                text, line = recording.ops[first].text, recording.ops[first].line
            values = {"name": root.name, "text": text, "line": _text(line)}
            return Sentence(key="session.note.not_finite_result", values=values)
    for edge in graph.edges:
        if edge.gradient is not None and _broken(edge.gradient.stats):
            node = graph.nodes[edge.source]
            text = "?" if node.op is None else recording.ops[node.op].text
            return Sentence(
                key="session.note.not_finite_gradient",
                values={"name": node.name, "line": _text(node.line), "text": text},
            )
    return None


def _broken(stats: Stats) -> bool:
    return bool(stats.nans or stats.infs)


def _text(line: int | None) -> str:
    return "?" if line is None else str(line)
