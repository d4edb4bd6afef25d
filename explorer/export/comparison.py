"""Two runs beside each other as plain text, for a terminal: ``-`` is in the first only, ``+`` in the second only, ``~`` changed."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.graph.measure import shorten
from explorer.ir import Comparison, Node, Run
from explorer.words import Language, say


def write(before: Run, after: Run, found: Comparison, language: Language = "en") -> str:
    """One line that counts, then a line for each node that is not the same in both, in the order of the graphs."""
    return "\n".join(_lines(before, after, found, language)) + "\n"


def _lines(before: Run, after: Run, found: Comparison, language: Language) -> Iterator[str]:
    changed = found.changed
    counts = {"same": len(found.pairs) - len(changed), "changed": len(changed)}
    yield say("compare.counts", language, **counts, removed=len(found.removed), added=len(found.added))
    yield from (f"- {_node(before, before.graph.nodes[node])}" for node in found.removed)
    yield from (f"+ {_node(after, after.graph.nodes[node])}" for node in found.added)
    for pair in changed:
        yield f"~ {_node(before, before.graph.nodes[pair.before])} → #{pair.after}"
        for change in pair.changes:
            field = say(f"compare.field.{change.field}", language)
            yield f"    {field}: {_clean(change.before) or '-'} → {_clean(change.after) or '-'}"


def _node(run: Run, node: Node) -> str:
    """What tells a node from others, in one line."""
    source = run.ops[node.op].text if node.op is not None else ""
    line = f":{node.line}" if node.line else ""
    said = [f"#{node.id}", node.name, node.variable or "", node.module or "", f"{source}{line}"]
    return _clean(shorten(" ".join(filter(None, said)), 100))


def _clean(text: str) -> str:
    """Nothing that moves a terminal's cursor or its colours."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
