"""What an order costs: the code that the Cost section runs with a stopwatch, and what its times and cache lines say."""

from __future__ import annotations

from explorer.ir import Op, Record, Run, RunRequest
from explorer.strides import Layout, Lines, lines

SIZES = (256, 512, 1024, 2048)
"""Rows and columns of the matrix."""

REPEATS = 11

ITEMSIZE = 4
"""Bytes of a float32, as `code` makes them."""


class Side(Record, frozen=True, kw_only=True):
    """One way to read: the expression, the elements it reads in its order, and what that took."""

    code: str
    layout: Layout
    seconds: float
    lines: Lines


class Cost(Record, frozen=True, kw_only=True):
    """Two ways to the same kind of sum."""

    name: str
    """``running``, ``whole`` or ``one``."""
    near: Side
    far: Side

    @property
    def ratio(self) -> float:
        return self.far.seconds / self.near.seconds


_PAIRS = {
    "running": ("m.cumsum(1)", "m_t.cumsum(1)"),
    "whole": ("m.sum()", "m_t.sum()"),
    "one": ("row.sum()", "column.sum()"),
}


def code(size: int) -> str:
    """The program for a matrix of `size` rows and columns."""
    made = [f"m = torch.rand({size}, {size})", "m_t = m.t()", "row = m[0]", "column = m[:, 0]"]
    sums = [expression for pair in _PAIRS.values() for expression in pair]
    return "\n".join([*made, *(f"s{at} = {expression}" for at, expression in enumerate(sums))])


def request(size: int) -> RunRequest:
    """The run that measures: each call's median over `REPEATS` further runs."""
    return RunRequest(code=code(size), verify="never", repeats=REPEATS)


def costs(run: Run) -> tuple[Cost, ...]:
    """What the run of `request` measured; empty where it has no times."""
    if run.times is None or len(run.times.forward) != len(run.ops):
        return ()
    sides = {op.text: _side(op, run.times.forward[op.index]) for op in run.ops if op.inputs}
    found = []
    for name, (near, far) in _PAIRS.items():
        if near in sides and far in sides:
            found.append(Cost(name=name, near=sides[near], far=sides[far]))
    return tuple(found)


def _side(op: Op, seconds: float) -> Side:
    meta = op.inputs[0]
    layout = Layout(shape=meta.shape, stride=meta.stride, offset=meta.storage_offset)
    return Side(code=op.text, layout=layout, seconds=seconds, lines=lines(layout, ITEMSIZE))
