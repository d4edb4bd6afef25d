"""A training run as bytes: what it is without its points, and these some thousand at a time, by columns, each number whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from explorer.ir import IrError, Points, TrainingRun

_VERSION = 2
_LEVEL = 1
"""Of zlib: floats shrink little, so no time is spent on them."""


_Kind = TypeVar("_Kind", bound=msgspec.Struct)


class _Packed(msgspec.Struct):
    """The run without its points; those of version 1 have them here, as columns of float64."""

    version: int
    run: TrainingRun
    count: int = 0
    """Points."""
    columns: dict[str, bytes] = {}
    layers: int = 0
    values: int = 0


class _Piece(msgspec.Struct):
    """Some points as columns of float64."""

    columns: dict[str, bytes]
    widths: dict[str, int]


def pack(run: TrainingRun) -> bytes:
    """The run without its points, as `unpack` reads it."""
    return _packed(_Packed(_VERSION, replace(run, points=()), count=len(run.points)))


def pieces(run: TrainingRun) -> Iterator[bytes]:
    """Its points, as `unpack_piece` reads them; equal ones, apart from what `Points` does to those that differ from the first."""
    for piece in Points.of(run.points).pieces():
        yield _packed(_Piece(piece.columns(), piece.widths))


def unpack(content: bytes) -> tuple[TrainingRun, int]:
    """The run, and how many points there are apart from it; raises `IrError` where the bytes are something else."""
    packed = _unpacked(content, _Packed)
    if not packed.columns:
        return packed.run, packed.count
    points = _points(packed.columns, {"layer_norms": packed.layers, "values": packed.values})
    return replace(packed.run, points=points), 0


def unpack_piece(content: bytes) -> Points:
    """Points of one piece; raises `IrError` where the bytes are something else."""
    piece = _unpacked(content, _Piece)
    return _points(piece.columns, piece.widths)


def _packed(record: msgspec.Struct) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(record), _LEVEL)


def _unpacked(content: bytes, kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.msgpack.decode(zlib.decompress(content), type=kind)
    except (zlib.error, msgspec.MsgspecError) as problem:
        raise IrError(f"a kept run cannot be read: {problem}") from problem


def _points(columns: dict[str, Any], widths: dict[str, int]) -> Points:
    try:
        return Points.from_columns(columns, widths)
    except (ValueError, KeyError) as problem:
        raise IrError(f"a kept run cannot be read: {problem}") from problem
