"""One layout in a process of its own: a picture as JSON in, a layout as JSON out. Run by `explorer.graph.layout`.

A crash or a hang of the engine costs only this process.
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
    gc.disable()  # this process ends with the drawing
    picture = msgspec.json.decode(sys.stdin.buffer.read(), type=Picture)
    sys.stdout.buffer.write(encode(_lay_out(picture, sys.argv[1], wrap="wrap" in sys.argv)))


def _lay_out(picture: Picture, engine: str, *, wrap: bool) -> Layout:
    if engine == "layered":
        return lay_out_layered(picture, wrap=wrap)
    from explorer.graph.graphviz_engine import lay_out_graphviz

    return lay_out_graphviz(picture)


if __name__ == "__main__":
    main()
