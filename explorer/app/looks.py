"""What the Tensors page decides about memory, files and names without drawing."""

from __future__ import annotations

import re

from msgspec.structs import replace

from explorer.dtypes import find
from explorer.ir import File, FileAnswer, Look, Moment, Record, Run, Tensor

_ROW = r"\s*([+-]?\d{1,9})?\s*"
_ROWS = re.compile(rf"\[?{_ROW}:{_ROW}\]?")
_MOST_CHANGES = 8


def as_run(answer: Look | FileAnswer, code: str = "") -> Run:
    """An answer as a run, for all that says of a run why it failed and what it printed."""
    return Run(
        status=answer.status,
        sentence=answer.sentence,
        message=answer.message,
        line=answer.line,
        stdout=answer.stdout,
        code=code,
    )


def run_of(moment: Moment) -> Run:
    """One moment as a run, for the views of storages; an array's name says that it is one."""
    tensors = tuple(
        replace(one, name=f"{one.name} (ndarray)") if one.origin == "ndarray" else one for one in moment.tensors
    )
    return Run(status="ok", tensors=tensors, storages=moment.storages)


class Change(Record, frozen=True, kw_only=True):
    """A cell that a statement wrote to."""

    storage: int
    cell: int
    before: object
    after: object


def changes(before: Moment | None, now: Moment) -> tuple[Change, ...]:
    """The cells that differ from the moment before, of storages that were there already."""
    old = {storage.id: storage.cells or [] for storage in (before.storages if before else ())}
    return tuple(
        Change(storage=storage.id, cell=at, before=was, after=value)
        for storage in now.storages
        for at, (was, value) in enumerate(zip(old.get(storage.id, []), storage.cells or [], strict=False))
        if was != value
    )


def told(found: tuple[Change, ...]) -> str:
    """As in ``[1] 1 → 7``."""
    shown = ", ".join(f"[{one.cell}] {_plain(one.before)} → {_plain(one.after)}" for one in found[:_MOST_CHANGES])
    return shown + (" …" if len(found) > _MOST_CHANGES else "")


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def sharing(moment: Moment, storage: int) -> tuple[Tensor, ...]:
    """Who lies over a storage."""
    return tuple(tensor for tensor in moment.tensors if tensor.storage_id == storage)


def shared_storage(moment: Moment) -> int | None:
    """The storage that most variables lie over, where more than one does."""
    counts = [(len(sharing(moment, storage.id)), -storage.id) for storage in moment.storages]
    most = max(counts, default=(0, 0))
    return -most[1] if most[0] > 1 else None


def byte_strides(tensor: Tensor) -> tuple[int, ...]:
    """Strides as numpy counts them."""
    return tuple(stride * find(tensor.dtype).itemsize for stride in tensor.stride)


def parse_rows(text: str) -> tuple[int | None, int | None] | None:
    """``-2:`` or ``[0:3]`` as two ends; raises ValueError for anything else, and None for an empty text: every row."""
    if not text.strip():
        return None
    found = _ROWS.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    start, stop = (int(part) if part else None for part in found.groups())
    return start, stop


def data_bytes(file: File) -> int:
    """Bytes of a file that are elements."""
    return sum(span.end - span.start for span in file.spans if span.kind in ("data", "chunk"))


def read_bytes(file: File, phase: str) -> int:
    """Different bytes that were read in a phase."""
    end = taken = 0
    for read in sorted((one for one in file.reads if one.phase == phase), key=lambda one: one.start):
        taken += max(0, read.end - max(read.start, end))
        end = max(end, read.end)
    return taken


HARMFUL_PICKLE = b"\x80\x02cposix\nsystem\nX\x0b\x00\x00\x00echo harmful\x85R."
"""A pickle that would start a program where it is loaded without care: to be sent to the jailed reader, which refuses it."""
