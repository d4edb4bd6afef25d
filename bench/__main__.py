"""`python -m bench`: measure, and print a Markdown table. ``--no-browser`` leaves the browser out."""

from __future__ import annotations

import argparse

from bench import bench_layout, capture, engine, training
from bench.clock import table

DOT_SECONDS = 5.0
"""What Graphviz gets for a layout."""


def main() -> None:
    """Measure everything, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--no-browser", action="store_true")
    with_browser = not parser.parse_args().no_browser
    rows = engine.rows()
    if with_browser:
        from bench import browser, frames  # playwright need not be installed without it

        rows += browser.rows()
    print(table(rows + capture.rows() + training.rows()))
    print()
    bench_layout.main(DOT_SECONDS)
    if with_browser:
        print()
        print(*frames.lines(), sep="\n")


main()
