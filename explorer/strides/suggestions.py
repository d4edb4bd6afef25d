"""Steps worth trying on a tensor of a given layout, written out with numbers that fit it; some of them fail, which is worth trying, too."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

from explorer.ir import Record
from explorer.strides.layout import Layout
from explorer.strides.steps import Outcome, apply, read_step


class Suggestion(Record, frozen=True, kw_only=True):
    """A step as one would type it, and what comes of it."""

    group: str
    """``index``, ``order``, ``shape``, ``ones``, ``windows`` or ``copies``: a title for a row of buttons."""
    code: str
    outcome: Outcome


def suggestions(layout: Layout | tuple[Layout, ...]) -> tuple[Suggestion, ...]:
    """Steps for a tensor, by group, each once; for a tuple of tensors, its elements."""
    if isinstance(layout, tuple):
        steps: list[tuple[str, str]] = [("index", f"[{part}]") for part in range(min(len(layout), 8))]
    else:
        steps = [(group, code) for group, make in _GROUPS.items() for code in dict.fromkeys(make(layout))]
    return tuple(Suggestion(group=group, code=code, outcome=apply(read_step(code), layout)) for group, code in steps)


def _index(layout: Layout) -> Iterator[str]:
    shape = layout.shape
    if not shape or layout.numel == 0:
        return
    yield f"[{1 if shape[0] > 1 else 0}]"
    if shape[0] > 1:
        yield "[1:]"
        yield "[::2]"
    if len(shape) > 1:
        yield "[:, 0]"
        if shape[0] > 1 and shape[1] > 1:
            yield "[1:, 1:]"
    yield "[[0, 0]]"


def _order(layout: Layout) -> Iterator[str]:
    count = len(layout.shape)
    if count <= 2:
        yield ".t()"
    if count >= 2:
        yield ".transpose(0, 1)"
    if count > 2:
        yield f".transpose(0, {count - 1})"
    if count >= 2:
        yield f".permute({', '.join(str(dim) for dim in [*range(1, count), 0])})"


def _shape(layout: Layout) -> Iterator[str]:
    numel = layout.numel
    yield f".view({numel})"
    for rows in _factors(numel):
        yield f".view({rows}, {numel // rows})"
    yield ".reshape(-1)"
    if layout.shape:
        yield ".flatten()"


def _factors(numel: int) -> list[int]:
    """The size nearest to a square, and its partner."""
    for rows in range(isqrt(numel), 1, -1):
        if numel % rows == 0:
            return [rows, numel // rows]
    return []


def _ones(layout: Layout) -> Iterator[str]:
    shape = layout.shape
    yield "[None]"
    yield ".unsqueeze(-1)"
    yield ".squeeze()"
    yield f".expand({', '.join(str(size) for size in (3, *(-1 for _ in shape)))})"
    if 1 in shape:
        yield f".expand({', '.join('3' if size == 1 else '-1' for size in shape)})"


def _windows(layout: Layout) -> Iterator[str]:
    shape = layout.shape
    if shape and shape[-1] > 1:
        yield f".unfold({len(shape) - 1}, 2, 1)"
    if len(shape) > 1:
        yield ".diagonal()"
    if shape and shape[0] > 1:
        yield ".chunk(2)"


def _copies(layout: Layout) -> Iterator[str]:
    yield ".contiguous()"
    if len(layout.shape) == 4:
        yield ".contiguous(memory_format=torch.channels_last)"
    if len(layout.shape) == 5:
        yield ".contiguous(memory_format=torch.channels_last_3d)"
    yield ".clone()"
    yield f".repeat({', '.join(['2', *('1' for _ in layout.shape[1:])])})"
    yield ".detach()"


_GROUPS = {
    "index": _index,
    "order": _order,
    "shape": _shape,
    "ones": _ones,
    "windows": _windows,
    "copies": _copies,
}
