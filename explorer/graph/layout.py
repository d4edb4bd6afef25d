"""Places for a picture, by the product's own layered engine or by Graphviz, here or in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from explorer.graph.compound import lay_out_layered
from explorer.graph.picture import Picture
from explorer.ir import Layout, encode
from explorer.ir.collector import put_off

Engine = Literal["layered", "graphviz"]

MANY_BOXES = 10_000
"""A picture with more boxes is laid out elsewhere by `lay_out_apart`, so that this process goes on answering."""

_decoder = msgspec.json.Decoder(Layout)


class LayoutError(RuntimeError):
    """The engine gave no layout; the text is for a log. Keep the layout there was, or ask the layered engine."""


class LayoutTimeoutError(LayoutError):
    """The engine was stopped at its limit."""


def lay_out(picture: Picture, engine: Engine = "layered", seconds: float = 20.0, *, wrap: bool = False) -> Layout:
    """Place every box, wire and frame of `picture` (px); the same picture gives the same layout.

    Args:
        picture: what to place.
        engine: ``layered`` works here; ``graphviz`` in a process of its own, since it can hang or crash.
        seconds: wall seconds that Graphviz may take.
        wrap: whether the layered engine cuts what is long into columns.

    Raises:
        LayoutError: Graphviz failed or took too long.
    """
    if engine != "layered":
        return _apart(picture, engine, seconds)
    with put_off():
        return lay_out_layered(picture, wrap=wrap)


def lay_out_apart(picture: Picture, engine: Engine = "layered", seconds: float = 20.0, *, wrap: bool = False) -> Layout:
    """As `lay_out`, with a large picture in a process of its own: for a process that has others to serve meanwhile.

    Raises:
        LayoutError: the engine failed or took too long.
    """
    if engine == "layered" and len(picture.boxes) <= MANY_BOXES:
        return lay_out(picture, wrap=wrap)
    return _apart(picture, engine, seconds, wrap=wrap)


def lay_out_by_graphviz(pictures: Sequence[Picture], seconds: float) -> tuple[Layout, ...]:
    """Graphviz's drawings of the first pictures, as many as one process of its own has made when it ends, `seconds` (wall) later at most."""
    if not pictures:
        return ()
    try:
        return tuple(_ran(pictures, "graphviz", seconds))
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as ended:
        return tuple(_read(ended.stdout or b""))


def _apart(picture: Picture, engine: Engine, seconds: float, *, wrap: bool = False) -> Layout:
    try:
        [layout] = _ran([picture], engine, seconds, wrap=wrap)
    except subprocess.TimeoutExpired as stopped:
        raise LayoutTimeoutError(f"{engine} was stopped after {seconds:g} s") from stopped
    except (subprocess.CalledProcessError, msgspec.DecodeError) as failed:
        raise LayoutError(f"{engine} failed: {failed}") from failed
    return layout


def _ran(pictures: Sequence[Picture], engine: Engine, seconds: float, *, wrap: bool = False) -> list[Layout]:
    ended = subprocess.run(
        [sys.executable, "-m", "explorer.graph.apart", engine, *(["wrap"] if wrap else [])],
        input=b"\n".join(map(encode, pictures)),
        capture_output=True,
        timeout=seconds,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    return _read(ended.stdout)


def _read(output: bytes) -> list[Layout]:
    """One layout a line; a line without its end is not whole."""
    return [_decoder.decode(line) for line in output.split(b"\n")[:-1]]
