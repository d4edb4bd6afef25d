"""Seconds of CPU to compose and lay out graphs of growing size, beside Graphviz's ``dot`` where that ends in time.

python bench/bench_layout.py [seconds that dot may take, 20 by default]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from explorer.graph.layout import LayoutError, lay_out
from explorer.graph.picture import Picture, compose
from tests.graph import graphs

CASES: tuple[tuple[str, Callable[[], graphs.Example]], ...] = (
    ("chain, 1,000 nodes", lambda: graphs.chain(1_000)),
    ("recurrent, 1,000", lambda: graphs.recurrent(166)),
    ("recurrent, 3,000", lambda: graphs.recurrent(500)),
    ("recurrent, 12,000", lambda: graphs.recurrent(2_000)),
    ("recurrent, 12,000, 2,000 frames", lambda: graphs.recurrent(2_000, modules=True)),
    ("recurrent, 50,000", lambda: graphs.recurrent(8_333)),
    ("residual, 1,161, folded", lambda: graphs.resnet((3, 4, 40, 40))),
    ("residual, 134, 57 frames", graphs.resnet),
    ("dense, 100 layers", lambda: graphs.dense(100)),
)


def timed(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Seconds by `clock`; the better of two."""
    best = float("inf")
    for _ in range(2):
        start = clock()
        work()
        best = min(best, clock() - start)
    return best


def graphviz_seconds(picture: Picture, limit: float) -> float | None:
    """Wall seconds of ``dot`` in its process; None where it failed or was stopped."""
    start = time.perf_counter()
    try:
        lay_out(picture, "graphviz", limit)
    except LayoutError:
        return None
    return time.perf_counter() - start


def main(limit: float) -> None:
    """Print one line a case."""
    print(f"{'graph':34}{'boxes':>8}{'compose':>10}{'layered':>10}{'dot':>10}{'ratio':>9}")
    for name, build in CASES:
        graph, ops = build()
        opened = frozenset({"cell"}) if "frames" in name and "recurrent" in name else None
        picture = compose(graph, ops, open_modules=opened)
        composing = timed(lambda: compose(graph, ops, open_modules=opened), time.process_time)  # noqa: B023 (called at once)
        placing = timed(lambda: lay_out(picture), time.process_time)  # noqa: B023 (called at once)
        dot = graphviz_seconds(picture, limit)
        shown = f"{dot:9.2f}s{dot / placing:8.0f}x" if dot is not None else f"{f'> {limit:g} s':>10}{'':9}"
        print(f"{name:34}{len(picture.boxes):8}{composing:9.3f}s{placing:9.3f}s{shown}", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
