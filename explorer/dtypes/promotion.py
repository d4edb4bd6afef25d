"""Which dtype comes out where two meet: ``torch.promote_types`` and ``torch.result_type``, with the reason.

The rule (PyTorch's "Tensor Attributes"): categories are ordered bool < integer < floating < complex. Among tensors with
dimensions the category decides first and the width second; a 0-dim tensor, and behind it a Python number, only counts
where its category is higher.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from explorer.dtypes.table import DType, find

Reason = Literal["same", "category", "wider", "signed", "halves", "complex_halves", "zero_dim", "number", "weak"]
"""Why: ``same`` dtype; a higher ``category``; the ``wider`` one; ``signed`` and unsigned meet in a wider signed one; the two ``halves``
float16 and bfloat16 meet in float32 (``complex_halves``: in complex64); a ``zero_dim`` tensor or a ``number`` changes nothing, or
(``weak``) lifts the category only."""

_ORDER = {"bool": 0, "integer": 1, "float": 2, "complex": 3}
_UNSIGNED = ("uint16", "uint32", "uint64")


class PromotionError(ValueError):
    """Two dtypes that torch does not promote: `reason` is ``float8`` or ``unsigned``."""

    def __init__(self, reason: Literal["float8", "unsigned", "other"]) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Operand:
    """One side of an operation."""

    dtype: str
    """A Python number has the dtype that torch gives it: bool, int64, float32 or complex64."""
    role: Literal["tensor", "zero_dim", "number"] = "tensor"


@dataclass(frozen=True)
class Result:
    """What comes out, and why."""

    dtype: str
    reason: Reason


def promote(first: str, second: str) -> Result:
    """As ``torch.promote_types``; raises `PromotionError`."""
    one, other = find(first), find(second)
    if one == other:
        return Result(one.name, "same")
    _check(one, other)
    low, high = sorted((one, other), key=lambda dtype: (_ORDER[dtype.kind], dtype.itemsize))
    if low.kind == high.kind:
        return _within(low, high)
    if low.kind == "float":  # a float beside a complex number: each half must hold it
        parts = (
            _within(*sorted((low, find(_half_of(high))), key=lambda dtype: dtype.itemsize))
            if low.name != _half_of(high)
            else None
        )
        if parts is None or parts.dtype == _half_of(high):
            return Result(high.name, "category")
        return Result(_complex_of(parts.dtype), "complex_halves" if parts.reason == "halves" else "wider")
    return Result(high.name, "category")


def result_type(first: Operand, second: Operand) -> Result:
    """As ``torch.result_type`` of two tensors, or of a tensor and a number; raises `PromotionError`."""
    rank = {"tensor": 0, "zero_dim": 1, "number": 2}
    strong, weak = sorted((first, second), key=lambda operand: rank[operand.role])
    if strong.role == weak.role:
        return promote(strong.dtype, weak.dtype)
    return _combined(strong.dtype, weak)


def _combined(strong: str, weak: Operand) -> Result:
    """A 0-dim tensor or a number beside a tensor: it lifts the category, never the width within one."""
    kind, other = find(strong).kind, find(weak.dtype).kind
    if _ORDER[other] <= _ORDER[kind]:
        same = find(strong) == find(weak.dtype)
        return Result(find(strong).name, "same" if same else "number" if weak.role == "number" else "zero_dim")
    if kind == "float":
        return Result(_complex_of(find(strong).name), "weak")
    if other in ("float", "complex"):
        return Result(weak.dtype, "weak")
    return Result(promote(strong, weak.dtype).dtype, "weak")


def _check(one: DType, other: DType) -> None:
    """Raise for the pairs that torch leaves out."""
    if any(dtype.name.startswith("float8") for dtype in (one, other)):
        raise PromotionError("float8")
    if any(dtype.kind not in _ORDER or not dtype.usual for dtype in (one, other)):
        raise PromotionError("other")
    unsigned = [dtype for dtype in (one, other) if dtype.name in _UNSIGNED]
    if unsigned and not any(dtype.kind == "float" for dtype in (one, other)):
        raise PromotionError("unsigned")


def _within(low: DType, high: DType) -> Result:
    """Two dtypes of one category, the narrower first."""
    names = {low.name, high.name}
    if names == {"float16", "bfloat16"}:
        return Result("float32", "halves")
    if "uint8" in names and "int8" in names:
        return Result("int16", "signed")
    return Result(high.name, "wider")


_HALVES = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}


def _half_of(dtype: DType) -> str:
    return _HALVES[dtype.name]


def _complex_of(name: str) -> str:
    """The complex dtype whose halves hold numbers of a floating one."""
    return {"float16": "complex32", "bfloat16": "complex64", "float32": "complex64", "float64": "complex128"}[name]
