"""`python -m bench.opening`: seconds of CPU from a run of 100,000 nodes to the bytes that a page draws.

*folded*: as it opens at first sight, of a run of which nothing is known yet; *a part*: after that, the first folded part opened; *open*: every module
open, of which *MB* are sent, beside what was known of the run since it was folded; *one*: ms until one node's details, which a large drawing leaves out, are there when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import TypeVar

from msgspec.structs import replace

from bench.bench_layout import RNN, run
from explorer.graph import compound
from explorer.graph.folding import every_module
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Run
from explorer.viewer import scene
from explorer.viewer.slices import Slices
from tests.graph import graphs

T = TypeVar("T")

CASES: tuple[tuple[str, Callable[[], graphs.Example]], ...] = (
    ("recurrent, 100,000 in 16,667 frames", lambda: graphs.recurrent(16_667, modules=True)),
    ("stacked, 8,000 blocks", lambda: graphs.stacked(8_000, 10)),
    ("RNN of 20,000 steps as typed", lambda: run(RNN.replace("2000", "20000"))),
)

HEAD = (
    "graph",
    "nodes",
    "folded: compose",
    "lay out",
    "pack",
    "all",
    "a part",
    "open: pack",
    "MB",
    "one, ms",
)


def seconds(work: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and the seconds of CPU that it took."""
    began = process_time()
    return work(), process_time() - began


def row(name: str, example: graphs.Example) -> tuple[str, ...]:
    """One line of the table."""
    graph, ops = replace(example[0]), example[1]  # nothing is known of a copy
    captured = Run(status="ok", graph=graph, ops=ops)
    compound.forget()

    def drawn(opened: frozenset[str] | None) -> tuple[bytes, Slices]:
        return scene.offer(captured, lay_out(compose(graph, ops, open_modules=opened)))

    picture, composing = seconds(lambda: compose(graph, ops))
    layout, placing = seconds(lambda: lay_out(picture))
    _, packing = seconds(lambda: scene.offer(captured, layout))
    fold = next((box.fold for box in picture.boxes if box.fold), None)
    part = None if fold is None else seconds(lambda: drawn(frozenset({*picture.open_modules, fold})))[1]
    everything = lay_out(compose(graph, ops, open_modules=every_module(graph)))
    (blob, slices), opening = seconds(lambda: scene.offer(captured, everything))
    slices.piece(0)
    _, asked = seconds(lambda: [slices.piece(place) for place in range(1, len(slices), len(slices) // 100)])
    cells = (composing, placing, packing, composing + placing + packing, part, opening)
    shown = ("" if cell is None else f"{cell:.2f}" for cell in cells)
    return (name, f"{len(graph.nodes):,}", *shown, f"{len(blob) / 1e6:.1f}", f"{asked * 10:.2f}")


def main() -> None:
    """Print a Markdown table, one line a graph."""
    print("| " + " | ".join(HEAD) + " |")
    print("| --- |" + " ---: |" * (len(HEAD) - 1))
    for name, build in CASES:
        print("| " + " | ".join(row(name, build())) + " |", flush=True)


if __name__ == "__main__":
    main()
