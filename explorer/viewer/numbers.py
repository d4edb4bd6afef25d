"""The views about dtypes and devices: the table of dtypes, one float taken apart, promotion of pairs, two memories. What they show is computed here once."""

from __future__ import annotations

from functools import cache
from typing import Any

from explorer.dtypes import DTYPES, DType, Float, Integer, Operand, PromotionError, find, result_type
from explorer.viewer.component import browser_module
from explorer.viewer.storages import view_words
from explorer.words import Language, say

FLOATS = ("float16", "bfloat16", "float32", "float64")
"""Formats whose bits can be flipped."""

NUMBERS = {"True": "bool", "1": "int64", "1.0": "float32", "1j": "complex64"}
"""Python numbers by the dtype that torch gives them."""

POINTS = (4, 1, 5, 3, 2, 1)
"""The notes' six numbers, float32: 24 bytes."""

_bits = browser_module("explorer_float_bits", "float_bits.mjs", "sheet.css")
_table = browser_module("explorer_dtypes", "dtype_table.mjs", "sheet.css")
_pairs = browser_module("explorer_promotion", "promotion_grid.mjs", "sheet.css")
_memories = browser_module("explorer_memories", "memories.mjs", "sheet.css")


def float_bits_view(*, key: str, language: Language) -> None:
    """One number in four formats, its bits as switches."""
    formats = []
    for name in FLOATS:
        found = find(name)
        assert isinstance(found.format, Float)
        one = found.format
        formats.append(
            {
                "name": name,
                "bits": 8 * found.itemsize,
                "exponent": one.exponent,
                "mantissa": one.mantissa,
                "bias": one.bias,
            }
        )
    presets = [(text, text) for text in ("0.1", "1", "1/3", "65504", "70000", "6e-8", "-0", "inf", "nan")]
    words = view_words("numbers.bits.", language)
    _bits(key=key, data={"formats": formats, "presets": presets, "start": "0.1", "words": words})


def dtype_table_view(*, key: str, language: Language) -> None:
    """Every dtype of torch."""
    _table(
        key=key,
        data={
            "columns": [
                say(f"numbers.column.{name}", language) for name in ("name", "bits", "range", "eps", "normal", "made")
            ],
            "usual": [_row(dtype, language) for dtype in DTYPES if dtype.usual],
            "unusual": [_row(dtype, language) for dtype in DTYPES if not dtype.usual],
            "words": {"caption": say("numbers.table", language), "more": say("numbers.more", language)},
        },
    )


def _row(dtype: DType, language: Language) -> list[str]:
    names = " = ".join((dtype.name, *dtype.aliases))
    kind = say(f"numbers.kind.{dtype.kind}", language)
    bits = dtype.format.bits if isinstance(dtype.format, Integer) else 8 * dtype.itemsize
    return [names, str(bits), *_precision(dtype, kind), dtype.made_by or "–"]


def _precision(dtype: DType, kind: str) -> tuple[str, str, str]:
    """Range, epsilon, smallest normal number; of a complex dtype those of each half."""
    if isinstance(dtype.format, Integer):
        return f"{dtype.format.min:,} … {dtype.format.max:,}", "1", "–"
    if isinstance(dtype.format, Float):
        one = dtype.format
        twice = "2 × " if dtype.kind == "complex" else ""
        return f"{twice}{one.min:.6g} … {one.max:.6g}", f"{one.eps:.6g}", f"{one.smallest_normal:.6g}"
    return ("False, True", "–", "–") if dtype.kind == "bool" else (kind, "–", "–")


@cache
def promotions() -> dict[str, list[list[tuple[str | None, str]]]]:
    """Result and reason for every usual dtype on the left beside every right operand, by the right one's role; (None, why not) where there is none."""
    names = [dtype.name for dtype in DTYPES if dtype.usual]
    right = {"tensor": names, "zero_dim": names, "number": list(NUMBERS.values())}
    return {
        role: [[_promotion(Operand(first), Operand(second, role)) for second in seconds] for first in names]  # type: ignore[arg-type]
        for role, seconds in right.items()
    }


def _promotion(first: Operand, second: Operand) -> tuple[str | None, str]:
    try:
        found = result_type(first, second)
    except PromotionError as problem:
        return None, problem.reason
    return found.dtype, found.reason


def promotion_view(*, key: str, language: Language) -> None:
    """Every pair of dtypes; it begins with the notes' ``points_64 * points_short``."""
    names = [dtype.name for dtype in DTYPES if dtype.usual]
    _pairs(
        key=key,
        data={
            "names": names,
            "numbers": list(NUMBERS),
            "results": promotions(),
            "reasons": view_words("numbers.reason.", language),
            "start": [names.index("float64"), names.index("int16")],
            "words": view_words("numbers.pairs.", language),
        },
    )


def memories_view(*, key: str, language: Language) -> None:
    """The notes' chapter 3.9, line by line: what is copied between the two memories, and what stays."""
    words = view_words("numbers.memory.", language)
    _memories(key=key, data={"steps": [_step(step, language) for step in memory_steps()], "words": words})


def memory_steps() -> list[dict[str, Any]]:
    """What both memories hold after each line: names with their cells; which are new; what was copied, with its bytes."""
    points = list(POINTS)
    doubled, twice, plus = [2 * one for one in points], [4 * one for one in points], [4 * one + 4 for one in points]
    lines: list[tuple[str, dict[str, list[int]], dict[str, list[int]], tuple[str, str] | None]] = [
        ("points = torch.tensor([[4., 1.], [5., 3.], [2., 1.]])", {"points": points}, {}, None),
        ('points_gpu = points.to(device="cuda")', {"points": points}, {"points_gpu": points}, ("host", "device")),
        ("points = 2 * points", {"points": doubled}, {"points_gpu": points}, None),
        ('points_gpu = 2 * points.to(device="cuda")', {"points": doubled}, {"points_gpu": twice}, ("host", "device")),
        ("points_gpu = points_gpu + 4", {"points": doubled}, {"points_gpu": plus}, None),
        (
            'points_cpu = points_gpu.to(device="cpu")',
            {"points": doubled, "points_cpu": plus},
            {"points_gpu": plus},
            ("device", "host"),
        ),
    ]
    steps = []
    before: dict[str, list[int]] = {}
    for at, (code, host, device, copy) in enumerate(lines):
        here = {f"host {name}": cells for name, cells in host.items()}
        here |= {f"device {name}": cells for name, cells in device.items()}
        fresh = {name for name, cells in here.items() if before.get(name) != cells}
        steps.append(
            {
                "code": code,
                "at": at,
                "host": [_held(name, cells, f"host {name}" in fresh) for name, cells in host.items()],
                "device": [_held(name, cells, f"device {name}" in fresh) for name, cells in device.items()],
                "copy": {"from": copy[0], "to": copy[1], "bytes": 4 * len(points)} if copy else None,
            }
        )
        before = here
    return steps


def _held(name: str, cells: list[int], fresh: bool) -> dict[str, Any]:
    return {"name": name, "cells": cells, "fresh": fresh}


def _step(step: dict[str, Any], language: Language) -> dict[str, Any]:
    return {**step, "note": say(f"numbers.memory.step.{step['at']}", language)}
