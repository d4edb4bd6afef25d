"""`python -m bench.opening [WORD ...]`: seconds of CPU from a run of 100,000 nodes to the bytes that a page draws.

*decode*: before that, from its JSON to the run; *folded*: as it opens at first sight, of a run of which nothing is known yet; *known*: what is known of the run, which the
page asks for once it has the drawing; *a part*: after that, the first folded part opened; *open*: every module open, of which *MB* are sent; *one*: ms until one node's details,
which a large drawing leaves out, are there when they are asked for.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import process_time
from typing import TypeVar

from bench.bench_layout import RNN
from bench.programs import NEST
from explorer.graph import compound
from explorer.graph.folding import every_module
from explorer.graph.layout import lay_out
from explorer.graph.picture import Picture, compose
from explorer.ir import Run, RunRequest, decode_run, encode
from explorer.viewer import scene
from explorer.viewer.known import known
from explorer.viewer.slices import Slices
from tests.graph import graphs

T = TypeVar("T")

CASES: tuple[tuple[str, Callable[[], bytes]], ...] = (
    ("recurrent, 100,000 in 16,667 frames", lambda: made_up(graphs.recurrent(16_667, modules=True))),
    ("stacked, 8,000 blocks", lambda: made_up(graphs.stacked(8_000, 10))),
    ("RNN of 20,000 steps as typed", lambda: typed(RNN.replace("2000", "20000"))),
    ("a model in 37,094 modules as typed", lambda: typed(NEST)),
)

HEAD = (
    "graph",
    "nodes",
    "decode",
    "folded: compose",
    "lay out",
    "pack",
    "all",
    "known",
    "a part",
    "open: pack",
    "MB",
    "one, ms",
)


def made_up(example: graphs.Example) -> bytes:
    """The answer of a run of which nothing but the graph and its calls is known."""
    return encode(Run(status="ok", graph=example[0], ops=example[1]))


def typed(code: str) -> bytes:
    """The answer of real code, run in a process apart, as in the app, however long it takes."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_executed, code).result()


def _executed(code: str) -> bytes:
    from explorer.worker.session import execute

    return encode(execute(RunRequest(code=code)))


def seconds(work: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and the seconds of CPU that it took."""
    began = process_time()
    return work(), process_time() - began


def row(name: str, answer: bytes) -> tuple[str, ...]:
    """One line of the table."""
    run, decoding = seconds(lambda: decode_run(answer))
    compound.forget()
    gc.collect()  # a full pass over a run takes a tenth of a second, and would fall into any of these

    def composed(opened: frozenset[str] | None = None) -> Picture:
        return compose(run.graph, run.ops, run.tensors, open_modules=opened)

    def drawn(opened: frozenset[str]) -> tuple[bytes, Slices]:
        return scene.offer(run, lay_out(composed(opened)))

    picture, composing = seconds(composed)
    layout, placing = seconds(lambda: lay_out(picture))
    _, packing = seconds(lambda: scene.offer(run, layout))
    _, knowing = seconds(lambda: known(run, "en"))
    fold = next((box.fold for box in picture.boxes if box.fold), None)
    part = None if fold is None else seconds(lambda: drawn(frozenset({*picture.open_modules, fold})))[1]
    everything = lay_out(composed(every_module(run.graph)))
    (blob, slices), opening = seconds(lambda: scene.offer(run, everything))
    slices.piece(0)
    _, asked = seconds(lambda: [slices.piece(place) for place in range(1, len(slices), len(slices) // 100)])
    cells = (decoding, composing, placing, packing, composing + placing + packing, knowing, part, opening)
    shown = ("" if cell is None else f"{cell:.2f}" for cell in cells)
    return (name, f"{len(run.graph.nodes):,}", *shown, f"{len(blob) / 1e6:.1f}", f"{asked * 10:.2f}")


def main() -> None:
    """Print a Markdown table, one line a graph; only of the graphs whose names hold a word that was given."""
    print("| " + " | ".join(HEAD) + " |")
    print("| --- |" + " ---: |" * (len(HEAD) - 1))
    words = sys.argv[1:]
    for name, build in CASES:
        if not words or any(word in name for word in words):
            print("| " + " | ".join(row(name, build())) + " |", flush=True)


if __name__ == "__main__":
    main()
