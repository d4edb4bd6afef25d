"""The tables of the Memory and the Time tab: what keeps bytes for backward, what would save some, and which nodes took long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.graph.measure import bytes_text
from explorer.ir import Memory, Node, Run, Saving, Times, Weight
from explorer.viewer.component import browser_module
from explorer.viewer.evidence import Evidence
from explorer.words import Language, say

MOST_ROWS = 60
"""Rows of a table: those that matter most."""

MOST_SAVINGS = 12

Table = dict[str, Any]

_mount = browser_module("explorer_costs", "cost_table.mjs", "tensor_table.css", "cost_table.css")


def tables_view(tables: list[Table], *, key: str) -> None:
    """Any tables of the same form."""
    _mount(key=key, data={"tables": tables})


def memory_view(run: Run, *, key: str, language: Language) -> None:
    """What the run keeps for backward, by module, and the largest savings; a row selects its module or parameter in every view of the page."""
    _mount(key=key, data={"tables": memory_tables(run, language)})


def time_view(run: Run, *, key: str, language: Language) -> None:
    """The slowest nodes, forward and backward; a row selects its node in every view of the page."""
    _mount(key=key, data={"tables": time_tables(run, language)})


def memory_tables(run: Run, language: Language) -> list[Table]:
    """By module, then the savings by freezing and by checkpointing; those without rows are left out."""
    memory = run.memory
    if memory is None:
        return []
    tables = [
        _modules(memory, language),
        _savings("freezing", memory.freezing, run, language),
        _savings("checkpointing", memory.checkpointing, run, language),
    ]
    return [table for table in tables if table["rows"]]


def _modules(memory: Memory, language: Language) -> Table:
    """The whole run first, then its modules, those that keep most first."""
    heaviest = sorted(memory.modules, key=lambda weight: -weight.saved)
    weights = [memory.run, *heaviest[:MOST_ROWS]]
    most = max(weight.saved for weight in weights)

    def row(weight: Weight) -> Table:
        return {
            "name": weight.path or say("costs.run", language),
            "select": {"module": weight.path} if weight.path else None,
            "cells": [
                {"text": bytes_text(weight.saved), "bar": _part(weight.saved, most)},
                {"text": bytes_text(weight.own)},
                {"text": bytes_text(weight.parameters)},
            ],
        }

    headings = [say(f"costs.{word}", language) for word in ("module", "saved", "own", "parameters")]
    title = say("costs.modules", language)
    return _table(title, headings, [row(weight) for weight in weights], len(heaviest) - MOST_ROWS, language)


def _savings(kind: str, savings: Sequence[Saving], run: Run, language: Language) -> Table:
    """The largest savings. A frozen parameter is selected as the leaf that it is, all else as a module."""
    found = sorted((saving for saving in savings if saving.nbytes > 0), key=lambda each: -each.nbytes)
    shown = found[:MOST_SAVINGS]
    most = max((saving.nbytes for saving in shown), default=0)
    leaves = {tensor.name: tensor.grad_fn for tensor in run.tensors if tensor.grad_fn is not None}

    def row(saving: Saving) -> Table:
        leaf = leaves.get(saving.name)
        size = bytes_text(saving.nbytes)
        return {
            "name": saving.name,
            "select": {"module": saving.name}
            if saving.module or leaf is None
            else {"node": leaf, "tensor": saving.name},
            "cells": [
                {
                    "text": size if saving.exact else say("costs.least", language, size=size),
                    "bar": _part(saving.nbytes, most),
                },
                {"text": str(saving.nodes)},
            ],
        }

    headings = [say(f"costs.{kind}.name", language), say("costs.less", language), say("costs.nodes", language)]
    return _table(
        say(f"costs.{kind}", language), headings, [row(each) for each in shown], len(found) - len(shown), language
    )


def time_tables(run: Run, language: Language) -> list[Table]:
    """One table of the nodes that took longest in both directions together; none without times."""
    times = run.times
    if times is None:
        return []
    titles = Evidence(run)
    spent = [(node, *_spent(node, times, run)) for node in run.graph.nodes]
    slowest = sorted((each for each in spent if each[1] or each[2]), key=lambda each: -(each[1] + each[2]))
    shown = slowest[:MOST_ROWS]
    most = max((max(forward, backward) for _, forward, backward in shown), default=0.0)

    def row(node: Node, forward: float, backward: float) -> Table:
        return {
            "name": titles.title(node.id),
            "select": {"node": node.id, "line": node.line},
            "cells": [
                {"text": node.name},
                {"text": "" if node.line is None else str(node.line)},
                {"text": seconds_text(forward) if forward else "–", "bar": _part(forward, most)},
                {"text": seconds_text(backward) if backward else "–", "bar": _part(backward, most)},
            ],
        }

    words = ("call", "grad_fn", "line", "forward", "backward")
    headings = [say(f"costs.{word}", language) for word in words]
    rows = [row(*each) for each in shown]
    return [_table(say("costs.slowest", language), headings, rows, len(slowest) - len(shown), language)] if rows else []


def _spent(node: Node, times: Times, run: Run) -> tuple[float, float]:
    """Seconds of the call that made `node`, told at that call's own node only, and of the node in backward."""
    own = node.op is not None and node.op < len(times.forward) and run.ops[node.op].grad_fn == node.id
    forward = times.forward[node.op] if own and node.op is not None else 0.0
    backward = times.backward[node.id] if node.id < len(times.backward) else None
    return forward, backward or 0.0


def seconds_text(seconds: float) -> str:
    """As in ``1.25 ms``."""
    for unit, factor in (("µs", 1e6), ("ms", 1e3)):
        if seconds * factor < 1000:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


def _table(title: str, headings: list[str], rows: list[Table], more: int, language: Language) -> Table:
    note = say("costs.more", language, count=more) if more > 0 else None
    return {"title": title, "headings": headings, "rows": rows, "more": note}


def _part(amount: float, most: float) -> float:
    return round(amount / most, 3) if most else 0.0
