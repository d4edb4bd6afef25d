"""Seconds of CPU to compose and lay out graphs of growing size, beside Graphviz's ``dot`` where that ends in time.

python bench/bench_layout.py [seconds that dot may take, 5 by default]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from msgspec.structs import replace

from explorer.graph import compound
from explorer.graph.folding import every_module
from explorer.graph.layout import LayoutError, lay_out
from explorer.graph.picture import Picture, compose
from explorer.ir import Graph, Op, RunRequest
from explorer.models import find
from tests.graph import graphs

RNN = """xs = torch.randn(2000, 1, 8)
w_x = torch.randn(8, 8, requires_grad=True)
w_h = torch.randn(8, 8, requires_grad=True)
b = torch.zeros(8, requires_grad=True)
h = torch.zeros(1, 8)
outs = []
for t in range(2000):
    a = xs[t] @ w_x + h @ w_h
    h = torch.tanh(a + b)
    outs.append(h)
loss = torch.stack(outs).mean()
"""

MOST_FOR_DOT = 20_000
"""``dot`` is not asked for more boxes: it takes minutes before it can even be stopped."""

HEAD = ("graph, everything open", "boxes", "compose", "lay out", "both", "folded", "opened", "dot", "dot / ours")


def run(code: str) -> graphs.Example:
    """The graph of real code, run in this process."""
    from explorer.worker.session import execute

    captured = execute(RunRequest(code=code))
    return captured.graph, captured.ops


def densenet() -> graphs.Example:
    """DenseNet-201 of the catalogue."""
    model = find("densenet201")
    assert model is not None
    return run(model.code(1, model.shape))


CASES: tuple[tuple[str, Callable[[], graphs.Example]], ...] = (
    ("residual, 134 nodes in 57 frames", graphs.resnet),
    ("chain, 1,000", lambda: graphs.chain(1_000)),
    ("recurrent, 1,000", lambda: graphs.recurrent(166)),
    ("DenseNet-201, 1,318", densenet),
    ("dense, 100 layers", lambda: graphs.dense(100)),
    ("recurrent, 10,000", lambda: graphs.recurrent(1_667)),
    ("RNN of 2,000 steps as typed, 10,005", lambda: run(RNN)),
    ("recurrent, 12,000 in 2,000 frames", lambda: graphs.recurrent(2_000, modules=True)),
    ("recurrent, 100,000", lambda: graphs.recurrent(16_667)),
    ("recurrent, 100,000 in 16,667 frames", lambda: graphs.recurrent(16_667, modules=True)),
    ("recurrent, a million", lambda: graphs.recurrent(166_667)),
)


def seconds(work: Callable[[], object]) -> float:
    """Seconds of CPU."""
    start = time.process_time()
    work()
    return time.process_time() - start


def graphviz_seconds(picture: Picture, limit: float) -> float | None:
    """Wall seconds of ``dot`` in its process; None where it failed or was stopped."""
    start = time.perf_counter()
    try:
        lay_out(picture, "graphviz", limit)
    except LayoutError:
        return None
    return time.perf_counter() - start


def row(name: str, graph: Graph, ops: tuple[Op, ...], limit: float) -> tuple[str, ...]:
    """Everything open, from nothing; then as it is at first sight, from nothing too, and the first folded part opened."""
    everything, pictures = every_module(graph), list[Picture]()
    graph = replace(graph)  # nothing is known of a copy
    compound.forget()
    composing = seconds(lambda: pictures.append(compose(graph, ops, open_modules=everything)))
    placing = seconds(lambda: lay_out(pictures[0]))
    boxes = len(pictures[0].boxes)
    dot = graphviz_seconds(pictures[0], limit) if boxes <= MOST_FOR_DOT else None
    shown = (
        ("", "")
        if boxes > MOST_FOR_DOT
        else (f"> {limit:g}", "")
        if dot is None
        else (f"{dot:.2f}", f"{dot / placing:,.0f}")
    )
    graph = replace(graph)
    compound.forget()
    folded = seconds(lambda: lay_out(compose(graph, ops)))
    opening = _opening(graph, ops)
    cells = (composing, placing, composing + placing, folded, opening)
    return (name, f"{boxes:,}", *("" if cell is None else f"{cell:.3f}" for cell in cells), *shown)


def _opening(graph: Graph, ops: tuple[Op, ...]) -> float | None:
    """Seconds until the first folded part stands open; None where nothing is folded at first sight."""
    picture = compose(graph, ops)
    fold = next((box.fold for box in picture.boxes if box.fold), None)
    if fold is None:
        return None
    opened = frozenset({*picture.open_modules, fold})
    return seconds(lambda: lay_out(compose(graph, ops, open_modules=opened)))


def main(limit: float) -> None:
    """Print a Markdown table, one line a case."""
    print("| " + " | ".join(HEAD) + " |")
    print("| --- |" + " ---: |" * (len(HEAD) - 1))
    for name, build in CASES:
        print("| " + " | ".join(row(name, *build(), limit)) + " |", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
