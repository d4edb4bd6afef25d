"""A training run as bytes: its points by columns, each number whole, compressed."""

from __future__ import annotations

import zlib

import msgspec
from msgspec.structs import replace

from explorer.ir import IrError, Points, TrainingRun

_VERSION = 1
_LEVEL = 1
"""Of zlib: floats shrink little, so no time is spent on them."""


class _Packed(msgspec.Struct):
    """The run without its points, and they as columns of float64."""

    version: int
    run: TrainingRun
    columns: dict[str, bytes]
    layers: int
    values: int


def pack(run: TrainingRun) -> bytes:
    """Bytes from which `unpack` makes an equal run, apart from what `Points` does to those that differ from the first."""
    points = Points.of(run.points)
    widths = points.widths
    packed = _Packed(_VERSION, replace(run, points=()), points.columns(), widths["layer_norms"], widths["values"])
    return zlib.compress(msgspec.msgpack.encode(packed), _LEVEL)


def unpack(content: bytes) -> TrainingRun:
    """The run, its points by columns; raises `IrError` where the bytes are something else."""
    try:
        packed = msgspec.msgpack.decode(zlib.decompress(content), type=_Packed)
        widths = {"layer_norms": packed.layers, "values": packed.values}
        points = Points.from_columns(packed.columns, widths)
    except (zlib.error, msgspec.MsgspecError, ValueError, KeyError) as problem:
        raise IrError(f"a kept run cannot be read: {problem}") from problem
    return replace(packed.run, points=points)
