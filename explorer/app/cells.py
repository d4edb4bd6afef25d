"""The numbers of further cells: a run carries the first few hundred of a storage, and the same code run again reads others."""

from __future__ import annotations

from explorer.ir import Record, Run, RunRequest
from explorer.ir.codec import MAX_CELLS
from explorer.ir.tensors import PREVIEW_ELEMENTS

_NAME = "cells_in_sight_"
"""Of the tensors that the added lines make, before a number."""


class Window(Record, frozen=True, kw_only=True):
    """The numbers of neighbouring cells of one storage."""

    storage: int
    start: int
    values: list[object]


def window_request(run: Run, storage: int, start: int, cells: int) -> RunRequest | None:
    """The run's code, and lines that read up to `MAX_CELLS` cells through one of its tensors.

    Args:
        run: that the cells belong to.
        storage: id of theirs.
        start: the first cell.
        cells: how many the storage has.

    Returns:
        None where no variable reads the storage in the dtype of its cells, and where the code failed: it would end before it read.
    """
    kept = next((one for one in run.storages if one.id == storage), None)
    over = [one for one in run.tensors if one.storage_id == storage and one.origin != "result" and "(" not in one.name]
    through = next((one for one in over if kept is not None and one.dtype == kept.dtype), None)
    if through is None or run.status != "ok":
        return None
    firsts = range(start, min(start + MAX_CELLS, cells), PREVIEW_ELEMENTS)
    lines = [
        f"{_NAME}{at} = {through.name}.detach().as_strided(({min(PREVIEW_ELEMENTS, cells - first)},), (1,), {first})"
        for at, first in enumerate(firsts)
    ]
    return RunRequest(
        code="\n".join([run.code.rstrip("\n"), *lines]),
        inputs=run.inputs,
        inputs_may_miss=True,
        seed=run.seed,
        device=run.device,
        verify="never",
    )


def window_of(again: Run, storage: int, start: int) -> Window | None:
    """What the run of `window_request` read; None where it did not come so far."""
    pieces = {one.name: one.value for one in again.tensors if one.name.startswith(_NAME)}
    values = [value for at in range(len(pieces)) for value in pieces.get(f"{_NAME}{at}") or []]
    return Window(storage=storage, start=start, values=values) if values else None
