"""The tensors of a run as grids of numbers, and a reduction with the dimension that collapsed."""

from __future__ import annotations

from math import prod
from typing import Any

from explorer.ir import Op, Run, Tensor
from explorer.viewer.component import browser_module
from explorer.viewer.storages import flat, view_words
from explorer.words import Language, say

MOST_TENSORS = 12

REDUCTIONS = frozenset(
    [
        "sum",
        "prod",
        "mean",
        "var",
        "std",
        "min",
        "max",
        "amax",
        "amin",
        "argmax",
        "argmin",
        "median",
        "all",
        "any",
        "logsumexp",
        "nansum",
        "nanmean",
    ]
)

_PLACES = ("argmax", "argmin")
"""Reductions whose result is where an element stands."""

_mount = browser_module("explorer_heat", "heat.mjs", "sheet.css")


def heat_view(run: Run, *, key: str, language: Language) -> None:
    """Draw every named tensor of a run."""
    words = view_words("heat.", language)
    _mount(key=key, data={**drawn(run, language), "words": words})


def drawn(run: Run, language: Language) -> dict[str, Any]:
    """The tensors as the browser reads them, and the last reduction of a matrix, if there was one."""
    tensors = run.tensors[:MOST_TENSORS]
    collapse = _collapse(run, tensors)
    hits = _hits(tensors, collapse) if collapse and collapse["places"] else {}
    return {
        "tensors": [_told(tensor, hits.get(tensor.name, []), language) for tensor in tensors],
        "collapse": collapse,
    }


def _told(tensor: Tensor, hits: list[int], language: Language) -> dict[str, Any]:
    values = None if tensor.value is None else list(flat(tensor.value))
    said, stats = None, tensor.value_stats
    if values is None and stats is not None and stats.min is not None:
        keys = {"min": stats.min, "max": stats.max, "mean": stats.mean, "std": stats.std}
        said = say(
            "heat.stats", language, numel=f"{stats.numel:,}", **{k: f"{float(v or 0):.4g}" for k, v in keys.items()}
        )
    return {
        "name": tensor.name,
        "shape": tensor.shape,
        "values": values,
        "dtype": tensor.dtype,
        "hits": hits,
        "said": said,
    }


def _collapse(run: Run, tensors: tuple[Tensor, ...]) -> dict[str, Any] | None:
    """The last reduction of a 2-D variable with few numbers, by the shapes that went in and came out."""
    for op in reversed(run.ops):
        if op.name in REDUCTIONS and op.outputs and len(op.inputs) == 1 and len(op.inputs[0].shape) == 2:
            source = next((one for one in tensors if one.name == op.input_names[0]), None)
            result = _result(op, tensors)
            dim = _dim(op)
            known = source is not None and result is not None and source.value is not None and result.value is not None
            if known and dim is not False:
                return {"source": source.name, "result": result.name, "dim": dim, "places": op.name in _PLACES}  # type: ignore[union-attr]
    return None


def _result(op: Op, tensors: tuple[Tensor, ...]) -> Tensor | None:
    """The variable that holds what came out."""
    out = op.outputs[0]
    return next((one for one in tensors if (one.storage_id, one.shape) == (out.storage_id, out.shape)), None)


def _dim(op: Op) -> int | bool | None:
    """Which dimension went: None for all of them, False where the shapes do not tell (square matrices)."""
    (rows, columns), out = op.inputs[0].shape, op.outputs[0].shape
    if out == ():
        return None
    if rows == columns or len(out) != 1:
        return _said_dim(op.text) if len(out) == 1 else False
    return 0 if out == (columns,) else 1


def _said_dim(text: str) -> int | bool:
    """The dimension of a square matrix, where the call's own text says it."""
    for dim in (0, 1):
        if f"dim={dim}" in text.replace(" ", "") or text.rstrip(")").endswith(f", {dim}"):
            return dim
    return False


def _hits(tensors: tuple[Tensor, ...], collapse: dict[str, Any]) -> dict[str, list[int]]:
    """The elements that ``argmax`` and ``argmin`` point at, by their place in the flattened order."""
    by_name = {tensor.name: tensor for tensor in tensors}
    source, found = by_name[collapse["source"]], list(flat(by_name[collapse["result"]].value))
    columns = source.shape[1]
    places = {
        None: found,
        0: [at * columns + column for column, at in enumerate(found)],
        1: [row * columns + at for row, at in enumerate(found)],
    }[collapse["dim"]]
    return {source.name: [place for place in places if 0 <= place < prod(source.shape)]}
