"""Layouts in a process of their own: pictures as JSON in, layouts as JSON out, each a line. Run by `explorer.graph.layout`.

A crash or a hang of the engine costs only this process, and what it has written by then can be read.
"""

from __future__ import annotations

import gc
import sys

import msgspec

from explorer.graph.compound import lay_out_layered
from explorer.graph.picture import Picture
from explorer.ir import Layout, encode


def main() -> None:
    """Read standard input, lay out with the engine named in the first argument (``wrap`` after it cuts into columns), write standard output."""
    gc.disable()  # this process ends with the drawings
    decoder = msgspec.json.Decoder(Picture)
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(encode(_lay_out(decoder.decode(line), sys.argv[1], wrap="wrap" in sys.argv)) + b"\n")
        sys.stdout.buffer.flush()


def _lay_out(picture: Picture, engine: str, *, wrap: bool) -> Layout:
    if engine == "layered":
        return lay_out_layered(picture, wrap=wrap)
    from explorer.graph.graphviz_engine import lay_out_graphviz

    return lay_out_graphviz(picture)


if __name__ == "__main__":
    main()
