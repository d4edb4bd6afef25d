"""A layered drawing of nested groups: each open module is laid out on a sheet of its own, then placed as one box on its parent's.

A wire between two groups is cut where it meets a border. All wires of one producer cross a border at one point, so that a
frame has one entry for each value it takes and one exit for each it gives. Sheets are placed level by level, inner ones first,
and what was placed once is remembered: to fold a module costs the sheets on its way to the root.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

import msgspec
import numpy as np

from explorer.graph.layered import NOTHING, Placed, place
from explorer.graph.measure import width
from explorer.graph.picture import Group, Picture
from explorer.graph.spine import spine
from explorer.graph.strata import ENTRY, EXIT, ITEM, LEAF, Floats, Sheet, Whole
from explorer.graph.wrapping import wrapped
from explorer.ir import Box, Frame, Layout, Wire

TITLE_STRIP = 22.0
FRAME_PADDING = 14.0
MARGIN = 24.0
"""px: height of a frame's title, room inside a frame's sides, room around the whole drawing."""

MOST_REMEMBERED = 64 * 2**20
"""Bytes of placed sheets that are kept for the next drawing."""

_placed: dict[bytes, Placed] = {}


class _Piece(NamedTuple):
    """A piece of a wire that crosses borders."""

    sheet: int
    source: int
    target: int
    """Items of the sheet."""
    leaves: int | None
    arrives: int | None
    """Groups at whose borders it begins and ends."""


@dataclass
class _Draft:
    """A sheet in the making, and what became of it."""

    width: list[float] = field(default_factory=list)
    height: list[float] = field(default_factory=list)
    role: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    main: list[bool] = field(default_factory=list)
    outer: list[tuple[int, int, int, bool]] = field(default_factory=list)
    """Link ends at a group's border: link, group, producing box, and whether the link leaves there."""
    groups: dict[int, int] = field(default_factory=dict)
    ports: dict[tuple[int, int], int] = field(default_factory=dict)
    """Items: by group; by role (entry or exit) and the producing box that is carried."""
    links: dict[tuple[int, int, int], int] = field(default_factory=dict)
    """By source item, target item and producing box: links that touch a border."""
    placed: Placed = NOTHING
    frame_width: float = 0.0
    frame_height: float = 0.0
    left: float = 0.0
    top: float = 0.0
    """px: size with border, and where the inner drawing's corner lies in the whole drawing."""

    def add(self, width: float, height: float, role: int) -> int:
        self.width.append(width)
        self.height.append(height)
        self.role.append(role)
        return len(self.role) - 1

    def link(self, source: int, target: int, main: bool) -> int:
        self.source.append(source)
        self.target.append(target)
        self.main.append(main)
        return len(self.main) - 1

    def link_at_border(self, piece: _Piece, carried: int, main: bool) -> int:
        """A link that leaves or arrives at a group, or at a port; all pieces of one producer between the same two share it."""
        key = (piece.source, piece.target, carried)
        if key not in self.links:
            link = self.links[key] = self.link(piece.source, piece.target, main)
            if piece.leaves is not None:
                self.outer.append((link, piece.leaves, carried, True))
            if piece.arrives is not None:
                self.outer.append((link, piece.arrives, carried, False))
        link = self.links[key]
        self.main[link] = self.main[link] or main
        return link

    def port(self, role: int, carried: int) -> int:
        if (role, carried) not in self.ports:
            self.ports[role, carried] = self.add(0.0, 0.0, role)
        return self.ports[role, carried]

    def sheet(self, drafts: Sequence[_Draft]) -> Sheet:
        leaves_at, arrives_at = np.zeros(len(self.main)), np.zeros(len(self.main))
        for link, group, carried, leaves in self.outer:
            inner = drafts[group]
            at = inner.placed.x[inner.ports[EXIT if leaves else ENTRY, carried]] - inner.placed.width / 2
            (leaves_at if leaves else arrives_at)[link] = at
        return Sheet(
            np.array(self.width, np.float64),
            np.array(self.height, np.float64),
            np.array(self.role, np.int64),
            np.array(self.source, np.int64),
            np.array(self.target, np.int64),
            leaves_at,
            arrives_at,
            np.array(self.main, np.bool_),
        )


@dataclass
class _Pieces:
    """Each wire as the links that it is made of, one after the other."""

    draft: list[int] = field(default_factory=list)
    link: list[int] = field(default_factory=list)
    begin: list[int] = field(default_factory=lambda: [0])
    """By wire, and one more."""


def lay_out_layered(picture: Picture, *, wrap: bool = False) -> Layout:
    """Place a picture with the product's own engine; with `wrap` long sheets are cut into columns."""
    drafts = [_Draft() for _ in range(len(picture.groups) + 1)]
    homes = [len(picture.groups) if home is None else home for home in picture.homes]
    items = []
    for box, home in zip(picture.boxes, homes, strict=True):
        role = LEAF if box.kind in ("leaf", "input", "saved") else ITEM
        items.append(drafts[home].add(box.width, box.height, role))
    for index, group in enumerate(picture.groups):
        around = drafts[-1 if group.parent is None else group.parent]
        around.groups[index] = around.add(0.0, 0.0, ITEM)
    pieces = _cut(picture, drafts, homes, items)
    for level in _levels(picture.groups):
        _place([drafts[index] for index in level], drafts, wrap)
        for index in level:
            _frame(picture.groups[index], index, drafts)
    _place(drafts[-1:], drafts, wrap)
    layout = _assemble(picture, drafts, homes, np.array(items, np.int64), pieces)
    return msgspec.structs.replace(layout, wrapped=wrap)


def _cut(picture: Picture, drafts: list[_Draft], homes: list[int], items: list[int]) -> _Pieces:
    """Cut wires at the borders that they cross: out of the source's groups, across, into the target's."""
    pieces = _Pieces()
    for wire, main in zip(picture.wires, spine(picture), strict=True):
        home, target_home = homes[wire.source], homes[wire.target]
        if home == target_home:
            pieces.draft.append(home)
            pieces.link.append(drafts[home].link(items[wire.source], items[wire.target], main))
        else:
            way = _line(picture.groups, home), _line(picture.groups, target_home)
            for piece in _cut_at_borders(picture.groups, drafts, wire, items, way):
                pieces.draft.append(piece.sheet)
                pieces.link.append(drafts[piece.sheet].link_at_border(piece, wire.source, main))
        pieces.begin.append(len(pieces.link))
    return pieces


def _cut_at_borders(
    groups: Sequence[Group], drafts: list[_Draft], wire: Wire, items: list[int], way: tuple[list[int], list[int]]
) -> Iterator[_Piece]:
    out, into = way
    while out and into and out[-1] == into[-1]:
        out.pop()
        into.pop()
    carried, here, left = wire.source, items[wire.source], None
    for group in out:
        yield _Piece(group, here, drafts[group].port(EXIT, carried), left, None)
        left, here = group, drafts[_around(groups, group)].groups[group]
    around = _around(groups, (out or into)[-1])
    for group in reversed(into):
        yield _Piece(around, here, drafts[around].groups[group], left, group)
        around, left, here = group, None, drafts[group].port(ENTRY, carried)
    yield _Piece(around, here, items[wire.target], left, None)


def _around(groups: Sequence[Group], group: int) -> int:
    parent = groups[group].parent
    return len(groups) if parent is None else parent


def _line(groups: Sequence[Group], home: int) -> list[int]:
    """`home` and the groups around it, innermost first."""
    found = []
    while home < len(groups):
        found.append(home)
        home = _around(groups, home)
    return found


def _levels(groups: Sequence[Group]) -> list[list[int]]:
    """Groups by how many groups lie in them, those without any first."""
    height = [0] * (len(groups) + 1)
    for index in range(len(groups) - 1, -1, -1):
        around = _around(groups, index)
        height[around] = max(height[around], height[index] + 1)
    levels: list[list[int]] = [[] for _ in range(height[-1])]
    for index in range(len(groups)):
        levels[height[index]].append(index)
    return levels


def _place(drafts: Sequence[_Draft], everything: Sequence[_Draft], wrap: bool) -> None:
    """Place some sheets at once, each of those that are equal once, and none that was placed before."""
    sheets = [draft.sheet(everything) for draft in drafts]
    keys = [sheet.key for sheet in sheets]
    new = {key: sheet for key, sheet in zip(keys, sheets, strict=True) if key not in _placed}
    found = {key: _placed[key] for key in keys if key in _placed}
    found |= dict(zip(new, place(list(new.values())), strict=True))
    for key, sheet, draft in zip(keys, sheets, drafts, strict=True):
        draft.placed = wrapped(sheet, found[key]) if wrap else found[key]
    _remember(found)


def forget() -> None:
    """Let go of all that was placed; the next drawing is the same, and slower."""
    _placed.clear()


def _remember(found: dict[bytes, Placed]) -> None:
    """Keep what was used last, up to `MOST_REMEMBERED`."""
    for key, placed in found.items():
        _placed.pop(key, None)
        if placed.nbytes < MOST_REMEMBERED // 4:
            _placed[key] = placed
    total = sum(placed.nbytes for placed in _placed.values())
    for key in list(_placed):
        if total <= MOST_REMEMBERED:
            break
        total -= _placed.pop(key).nbytes


def _frame(group: Group, index: int, drafts: list[_Draft]) -> None:
    """The size of a placed group, for the sheet around it."""
    draft = drafts[index]
    draft.frame_width = ceil(max(draft.placed.width, width(group.title)) / 2) * 2 + 2 * FRAME_PADDING
    below = 0.0 if EXIT in draft.role else FRAME_PADDING
    draft.frame_height = TITLE_STRIP + draft.placed.height + below
    around = drafts[-1 if group.parent is None else group.parent]
    item = around.groups[index]
    around.width[item], around.height[item] = draft.frame_width, draft.frame_height


def _assemble(picture: Picture, drafts: list[_Draft], homes: list[int], items: Whole, pieces: _Pieces) -> Layout:
    """Move every sheet to its place in the whole drawing, and join the pieces of each wire."""
    drafts[-1].left = drafts[-1].top = MARGIN
    frames = []
    for index, group in enumerate(picture.groups):
        draft, around = drafts[index], drafts[-1 if group.parent is None else group.parent]
        item = around.groups[index]
        x, y = around.left + float(around.placed.x[item]), around.top + float(around.placed.y[item])
        draft.left, draft.top = x - draft.placed.width / 2, y - draft.frame_height / 2 + TITLE_STRIP
        frames.append(_framed(group, draft, x, y))
    left = np.array([draft.left for draft in drafts])
    top = np.array([draft.top for draft in drafts])
    home = np.array(homes, np.int64)
    first = np.cumsum([0, *(len(draft.placed.x) for draft in drafts)])
    at = first[home] + items
    x = np.concatenate([draft.placed.x for draft in drafts])[at] + left[home]
    y = np.concatenate([draft.placed.y for draft in drafts])[at] + top[home]
    root = drafts[-1].placed
    return Layout(
        boxes=tuple(map(_moved, picture.boxes, _rounded(x), _rounded(y))),
        wires=_wires(picture.wires, drafts, pieces, left, top),
        frames=tuple(frames),
        width=root.width + 2 * MARGIN,
        height=root.height + 2 * MARGIN,
        engine="layered",
        open_modules=picture.open_modules,
        depth=picture.depth,
    )


def _moved(box: Box, x: float, y: float) -> Box:
    return msgspec.structs.replace(box, x=x, y=y)


def _framed(group: Group, draft: _Draft, x: float, y: float) -> Frame:
    return Frame(
        module=group.module,
        call=group.call,
        title=group.title,
        depth=group.depth,
        unit=group.unit,
        fold=group.fold,
        repeats=group.repeats,
        class_name=group.class_name,
        nodes=group.nodes,
        x=round(x, 2),
        y=round(y, 2),
        width=round(draft.frame_width, 2),
        height=round(draft.frame_height, 2),
    )


def _wires(
    wires: Sequence[Wire], drafts: Sequence[_Draft], pieces: _Pieces, left: Floats, top: Floats
) -> tuple[Wire, ...]:
    """The points of all pieces in the whole drawing, without those on a straight line between others."""
    if not wires:
        return ()
    of, link = np.array(pieces.draft, np.int64), np.array(pieces.link, np.int64)
    first_link = np.cumsum([0, *(len(draft.placed.way) for draft in drafts)])
    first_point = np.cumsum([0, *(len(draft.placed.way_x) for draft in drafts)])
    way = np.concatenate([draft.placed.way for draft in drafts])
    at = first_link[of] + link
    count = way[at + 1] - way[at]
    begin = np.cumsum(count) - count
    point = np.repeat(first_point[of] + way[at] - begin, count) + np.arange(count.sum())
    x = np.concatenate([draft.placed.way_x for draft in drafts])[point] + np.repeat(left[of], count)
    y = np.concatenate([draft.placed.way_y for draft in drafts])[point] + np.repeat(top[of], count)
    x, y = np.round(x, 2), np.round(y, 2)
    wire_begin = np.append(begin, len(x))[np.array(pieces.begin)]
    kept = _needed(x, y, wire_begin)
    before = np.concatenate([[0], np.cumsum(kept)])[wire_begin].tolist()
    points = list(zip(x[kept].tolist(), y[kept].tolist(), strict=True))
    return tuple(
        Wire(source=wire.source, target=wire.target, edges=wire.edges, points=tuple(points[start:end]))
        for wire, start, end in zip(wires, before, before[1:], strict=False)
    )


def _needed(x: Floats, y: Floats, begin: Whole) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which points to keep: ends, and all that are not on the vertical between their neighbours nor where the one before is."""
    middle = np.ones(len(x), np.bool_)
    middle[begin[:-1]] = middle[begin[1:] - 1] = False
    inner = np.flatnonzero(middle)
    upright = (x[inner - 1] == x[inner]) & (x[inner] == x[inner + 1])
    again = (x[inner - 1] == x[inner]) & (y[inner - 1] == y[inner])
    kept = np.ones(len(x), np.bool_)
    kept[inner[upright | again]] = False
    return kept


def _rounded(values: Floats) -> list[float]:
    return np.round(values, 2).tolist()  # type: ignore[no-any-return]
