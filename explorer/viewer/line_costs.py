"""The cost of an order of reading: what the browser draws of it, and Streamlit's side of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from explorer.strides.costs import ITEMSIZE, REPEATS, Cost, Side
from explorer.strides.lines import LINE_BYTES
from explorer.viewer.component import browser_module
from explorer.viewer.storages import view_words
from explorer.words import Language

_mount = browser_module("explorer_line_costs", "line_costs.mjs", "storage.css", "line_costs.css")


def line_costs_view(measured: Sequence[Cost], *, key: str, language: Language) -> None:
    """Show times and cache lines of each pair, and the walk over the first elements of the one that is chosen."""
    _mount(key=key, data={"costs": told(measured), "words": view_words("cost.", language)})


def told(measured: Sequence[Cost]) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "ratio": one.ratio, "repeats": REPEATS, "near": _side(one.near), "far": _side(one.far)}
        for one in measured
    ]


def _side(side: Side) -> dict[str, Any]:
    return {
        "code": side.code,
        "seconds": side.seconds,
        "width": ITEMSIZE,
        "perLine": LINE_BYTES // ITEMSIZE,
        **asdict(side.lines),
        **asdict(side.layout),
    }
