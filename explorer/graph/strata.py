"""From sheets to strata: a row for each item, and dummies where a link passes a row. Many sheets at once, each in rows of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

ITEM, LEAF, ENTRY, EXIT, DUMMY = range(5)
"""Roles. A leaf weighs little. An entry is a point on the upper border of a sheet, an exit one on the lower border."""

DUMMY_WIDTH = 6.0

DUMMIES_PER_ITEM = 0.5
SPARE_DUMMIES = 2500
"""How many dummies a sheet may have. Links over budget, the longest ones, run straight."""


@dataclass(frozen=True)
class Sheet:
    """What is to be placed: items (px) and links downwards between them, without a cycle."""

    width: Floats
    height: Floats
    role: Whole
    source: Whole
    target: Whole
    """By link: items."""
    leaves_at: Floats
    arrives_at: Floats
    """By link: px right of the centre of its source and of its target."""
    main: Flags
    """By link: whether it belongs to the main line of the drawing, which should run straight."""

    @property
    def key(self) -> bytes:
        """Equal for equal sheets."""
        digest = hashlib.blake2b(digest_size=16)
        for column in (self.width, self.height, self.role, self.source, self.target, self.leaves_at, self.arrives_at):
            digest.update(len(column).to_bytes(8, "little"))
            digest.update(np.ascontiguousarray(column).data)
        digest.update(np.ascontiguousarray(self.main).data)
        return digest.digest()


@dataclass
class Segments:
    """Pieces of links between two vertices of neighbouring rows (of any rows if `long`)."""

    source: Whole
    target: Whole
    leaves_at: Floats
    arrives_at: Floats
    main: Flags
    long: Flags


@dataclass
class Strata:
    """Vertices are the items of all sheets, and after them the dummies. Row 0 is the uppermost of the first sheet."""

    row: Whole
    width: Floats
    height: Floats
    role: Whole
    segments: Segments
    first_item: Whole
    first_link: Whole
    first_row: Whole
    """By sheet, and one more: where it begins."""
    source: Whole
    target: Whole
    leaves_at: Floats
    arrives_at: Floats
    """By link, as in `Sheet`, with vertices."""
    passed: Whole
    first_dummy: Whole
    """By link: how many dummies it goes through, and the uppermost of them; they are numbered downwards."""


def stratify(sheets: Sequence[Sheet]) -> Strata:
    """Give each item a row and lead each link through a dummy in every row that it passes.

    Raises:
        ValueError: the links of a sheet make a cycle.
    """
    first_item = _starts([len(sheet.width) for sheet in sheets])
    first_link = _starts([len(sheet.source) for sheet in sheets])
    sheet_of = np.repeat(np.arange(len(sheets)), np.diff(first_item))
    of_link = np.repeat(np.arange(len(sheets)), np.diff(first_link))
    role = np.concatenate([sheet.role for sheet in sheets])
    source = np.concatenate([sheet.source for sheet in sheets]) + first_item[of_link]
    target = np.concatenate([sheet.target for sheet in sheets]) + first_item[of_link]
    leaves_at = np.concatenate([sheet.leaves_at for sheet in sheets])
    arrives_at = np.concatenate([sheet.arrives_at for sheet in sheets])
    main = np.concatenate([sheet.main for sheet in sheets])
    row, first_row = _rows(role, source, target, sheet_of, len(sheets))

    spans = row[target] - row[source] - 1
    trunk, leader = _trunks(source, leaves_at)
    budget = (DUMMIES_PER_ITEM * np.diff(first_item)).astype(np.int64) + SPARE_DUMMIES
    afforded = _afforded(spans, trunk, of_link, first_link, budget)
    passed = np.where(afforded, spans, 0)
    length = np.zeros(len(leader), np.int64)
    np.maximum.at(length, trunk, passed)
    begin = len(role) + _starts(length)
    within = np.arange(length.sum()) - np.repeat(begin[:-1] - len(role), length)
    dummies = len(role) + np.arange(length.sum())
    upper = np.where(within == 0, np.repeat(source[leader], length), dummies - 1)
    begins_main = np.zeros(len(leader), np.bool_)
    np.logical_or.at(begins_main, trunk, main & (passed > 0))
    lowest = np.where(passed > 0, begin[trunk] + passed - 1, source)
    segments = Segments(
        source=np.concatenate([lowest[afforded], upper, source[~afforded]]),
        target=np.concatenate([target[afforded], dummies, target[~afforded]]),
        leaves_at=np.concatenate(
            [
                np.where(passed > 0, 0.0, leaves_at)[afforded],
                np.where(within == 0, np.repeat(leaves_at[leader], length), 0.0),
                leaves_at[~afforded],
            ]
        ),
        arrives_at=np.concatenate([arrives_at[afforded], np.zeros(len(dummies)), arrives_at[~afforded]]),
        main=np.concatenate(
            [main[afforded], (within == 0) & np.repeat(begins_main, length), np.zeros((~afforded).sum(), np.bool_)]
        ),
        long=np.concatenate([np.zeros(afforded.sum() + len(dummies), np.bool_), np.ones((~afforded).sum(), np.bool_)]),
    )
    return Strata(
        row=np.concatenate([row, np.repeat(row[source[leader]], length) + within + 1]),
        width=np.concatenate([*(sheet.width for sheet in sheets), np.full(len(dummies), DUMMY_WIDTH)]),
        height=np.concatenate([*(sheet.height for sheet in sheets), np.zeros(len(dummies))]),
        role=np.concatenate([role, np.full(len(dummies), DUMMY)]),
        segments=segments,
        first_item=first_item,
        first_link=first_link,
        first_row=first_row,
        source=source,
        target=target,
        leaves_at=leaves_at,
        arrives_at=arrives_at,
        passed=passed,
        first_dummy=begin[trunk],
    )


def _starts(counts: Sequence[int] | Whole) -> Whole:
    """Where each of several stretches of these lengths begins, and where the last ends."""
    starts: Whole = np.concatenate([[0], np.cumsum(np.asarray(counts, np.int64))])
    return starts


def _rows(role: Whole, source: Whole, target: Whole, sheet_of: Whole, sheets: int) -> tuple[Whole, Whole]:
    """Rows are counted from the consumers, by the longest way to a sink; entries have the top row and exits the bottom row for themselves."""
    has_exit = np.zeros(sheets, np.bool_)
    has_exit[sheet_of[role == EXIT]] = True
    has_entry = np.zeros(sheets, np.bool_)
    has_entry[sheet_of[role == ENTRY]] = True
    height = np.array(_heights((has_exit[sheet_of] & (role != EXIT)).astype(np.int64), source, target), np.int64)
    top = np.full(sheets, -1)
    np.maximum.at(top, sheet_of[role != ENTRY], height[role != ENTRY])
    top += has_entry
    first_row = _starts(top + 1)
    return np.where(role == ENTRY, 0, top[sheet_of] - height) + first_row[sheet_of], first_row


def _heights(least: Whole, source: Whole, target: Whole) -> list[int]:
    height: list[int] = least.tolist()
    above: list[list[int]] = [[] for _ in height]
    for start, end in zip(source.tolist(), target.tolist(), strict=True):
        above[end].append(start)
    waiting: list[int] = np.bincount(source, minlength=len(height)).tolist()
    ready = [item for item, count in enumerate(waiting) if not count]
    for item in ready:
        higher = height[item] + 1
        for start in above[item]:
            height[start] = max(height[start], higher)
            waiting[start] -= 1
            if not waiting[start]:
                ready.append(start)
    if len(ready) < len(height):
        raise ValueError("the links make a cycle")
    return height


def _trunks(source: Whole, leaves_at: Floats) -> tuple[Whole, Whole]:
    """By link: its trunk, shared by all that leave one item at one place. By trunk: one of its links."""
    order = np.lexsort((leaves_at, source))
    new = np.ones(len(order), np.bool_)
    new[1:] = (np.diff(source[order]) != 0) | (np.diff(leaves_at[order]) != 0)
    trunk = np.empty(len(order), np.int64)
    trunk[order] = np.cumsum(new) - 1
    return trunk, order[new]


def _afforded(spans: Whole, trunk: Whole, of_link: Whole, first_link: Whole, budget: Whole) -> Flags:
    """Which links get dummies: all if the budget of their sheet allows, else the shortest first."""
    order = np.lexsort((spans, of_link))
    by_trunk = order[np.argsort(trunk[order], kind="stable")]
    cost = spans[by_trunk].copy()
    same = trunk[by_trunk][1:] == trunk[by_trunk][:-1]
    cost[1:] -= np.where(same, spans[by_trunk][:-1], 0)
    more = np.empty(len(spans), np.int64)
    more[by_trunk] = cost
    spent = np.cumsum(more[order])
    before = np.concatenate([[0], spent])[first_link[:-1]]
    afforded = np.empty(len(spans), np.bool_)
    afforded[order] = spent - before[of_link[order]] <= budget[of_link[order]]
    return afforded
