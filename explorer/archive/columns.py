"""A training run as bytes: its points by columns, each number whole, compressed."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from explorer.ir import IrError, TrainingPoint, TrainingRun, number

_VERSION = 1
_LEVEL = 1
"""Of zlib: floats shrink little, so no time is spent on them."""

_SINGLE: dict[str, Callable[[TrainingPoint], float]] = {
    "step": lambda point: point.step,
    "loss": lambda point: float(point.loss),
    "gradient_norm": lambda point: float(point.gradient_norm),
    "learning_rate": lambda point: float(point.learning_rate),
    "seconds": lambda point: point.seconds,
}


class _Packed(msgspec.Struct):
    """The run without its points, and they as columns of float64."""

    version: int
    run: TrainingRun
    columns: dict[str, bytes]
    layers: int
    values: int


def pack(run: TrainingRun) -> bytes:
    """Bytes from which `unpack` makes an equal run. Points that tell fewer layers than the first are filled with NaN."""
    points = run.points
    layers, values = (len(points[0].layer_norms), len(points[0].values)) if points else (0, 0)
    columns = {name: array("d", map(read, points)).tobytes() for name, read in _SINGLE.items()}
    columns["layer_norms"] = _flat([point.layer_norms for point in points], layers)
    columns["values"] = _flat([point.values for point in points], values)
    packed = _Packed(_VERSION, replace(run, points=()), columns, layers, values)
    return zlib.compress(msgspec.msgpack.encode(packed), _LEVEL)


def _flat(rows: list[Sequence[float | str]], width: int) -> bytes:
    nothing = [float("nan")] * width
    return array("d", [float(value) for row in rows for value in [*row, *nothing][:width]]).tobytes()


def unpack(content: bytes) -> TrainingRun:
    """The run; raises `IrError` where the bytes are something else."""
    try:
        packed = msgspec.msgpack.decode(zlib.decompress(content), type=_Packed)
        columns = {name: array("d", column) for name, column in packed.columns.items()}
        single = zip(*(columns[name] for name in _SINGLE), strict=True)
        layers, values = (columns[name] for name in ("layer_norms", "values"))
    except (zlib.error, msgspec.MsgspecError, ValueError, KeyError) as problem:
        raise IrError(f"a kept run cannot be read: {problem}") from problem
    points = tuple(
        TrainingPoint(
            step=int(step),
            loss=number(loss),
            gradient_norm=number(norm),
            layer_norms=tuple(map(number, layers[at * packed.layers : (at + 1) * packed.layers])),
            learning_rate=number(rate),
            seconds=seconds,
            values=tuple(map(number, values[at * packed.values : (at + 1) * packed.values])),
        )
        for at, (step, loss, norm, rate, seconds) in enumerate(single)
    )
    return replace(packed.run, points=points)
