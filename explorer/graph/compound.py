"""A layered drawing of nested groups: each open module is laid out on its own, then placed as one box in its parent.

A wire between two groups is cut where it meets a border. All wires of one producer cross a border at one point, so that a
frame has one entry for each value it takes and one exit for each it gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import msgspec

from explorer.graph.layered import Item, Link, Placed, Role, place, simplify
from explorer.graph.measure import width
from explorer.graph.picture import Group, Picture
from explorer.graph.spine import spine
from explorer.ir import Frame, Layout, Wire

TITLE_STRIP = 22.0
FRAME_PADDING = 14.0
MARGIN = 24.0
"""px: height of a frame's title, room inside a frame's sides, room around the whole drawing."""

Thing = tuple[str, int]
"""Something placed in a group: ``("box", index)``, ``("group", index)``, or ``("entry" | "exit", box it carries)``."""


@dataclass
class Sheet:
    """One group's own drawing."""

    things: dict[Thing, int] = field(default_factory=dict)
    """By thing: its index among the items."""
    items: list[Item] = field(default_factory=list)
    links: dict[tuple[Thing, Thing, int], int] = field(default_factory=dict)
    """From thing, to thing, and the producing box that is carried: index of the link."""
    main: set[int] = field(default_factory=set)
    """Links on the main line."""
    placed: Placed | None = None
    width: float = 0.0
    height: float = 0.0
    left: float = 0.0
    top: float = 0.0
    """px: size with border, and where the border's corner lies in the whole drawing."""

    def add(self, thing: Thing, item: Item) -> None:
        self.things.setdefault(thing, len(self.items))
        if len(self.things) > len(self.items):
            self.items.append(item)


Step = tuple[int | None, Thing, Thing, int]
"""One piece of a wire: the group it runs in, from, to, and the producing box."""


def lay_out_layered(picture: Picture) -> Layout:
    """Place a picture with the product's own engine."""
    sheets: dict[int | None, Sheet] = {None: Sheet()} | {index: Sheet() for index in range(len(picture.groups))}
    for index, (box, home) in enumerate(zip(picture.boxes, picture.homes, strict=True)):
        role: Role = "leaf" if box.kind in ("leaf", "input", "saved") else "item"
        sheets[home].add(("box", index), Item(box.width, box.height, role))
    steps = [_steps(picture, wire) for wire in picture.wires]
    for wire_steps, main in zip(steps, spine(picture), strict=True):
        for group, start, end, carried in wire_steps:
            links = sheets[group].links
            link = links.setdefault((start, end, carried), len(links))
            if main:
                sheets[group].main.add(link)
    _place_all(picture, sheets, steps)
    return _assemble(picture, sheets, steps)


def _line(picture: Picture, home: int | None) -> list[int]:
    """`home` and the groups around it, innermost first."""
    found = []
    while home is not None:
        found.append(home)
        home = picture.groups[home].parent
    return found


def _steps(picture: Picture, wire: Wire) -> list[Step]:
    """Cut a wire at the borders that it crosses: out of the source's groups, across, into the target's."""
    out, into = _line(picture, picture.homes[wire.source]), _line(picture, picture.homes[wire.target])
    while out and into and out[-1] == into[-1]:
        out.pop()
        into.pop()
    common = picture.groups[(out or into)[-1]].parent if out or into else picture.homes[wire.source]
    carried = wire.source
    here: Thing = ("box", wire.source)
    steps: list[Step] = []
    for group in out:
        steps.append((group, here, ("exit", carried), carried))
        here = ("group", group)
    for index, group in enumerate(reversed(into)):
        around = common if not index else into[len(into) - index]
        steps.append((around, here, ("group", group), carried))
        here = ("entry", carried)
    steps.append((into[0] if into else common, here, ("box", wire.target), carried))
    return steps


def _place_all(picture: Picture, sheets: dict[int | None, Sheet], steps: list[list[Step]]) -> None:
    """Lay out every sheet, inner ones first, since a frame's size and its ports are needed around it."""
    for wire_steps in steps:
        for home, start, end, _ in wire_steps:
            for thing in (start, end):
                if thing[0] in ("entry", "exit"):
                    sheets[home].add(thing, Item(0.0, 0.0, "entry" if thing[0] == "entry" else "exit"))
    again = cache(place)
    for index, group in reversed(list(enumerate(picture.groups))):
        sheet = sheets[index]
        _place(sheet, sheets, again)
        placed = sheet.placed or Placed((), (), 0.0, 0.0)
        sheet.width = max(placed.width, width(group.title)) + 2 * FRAME_PADDING
        below = 0.0 if any(item.role == "exit" for item in sheet.items) else FRAME_PADDING
        sheet.height = TITLE_STRIP + placed.height + below
        sheets[group.parent].add(("group", index), Item(sheet.width, sheet.height))
    _place(sheets[None], sheets, again)


def _place(sheet: Sheet, sheets: dict[int | None, Sheet], again: Callable[..., Placed]) -> None:
    links = tuple(
        Link(
            sheet.things[start],
            sheet.things[end],
            _port(sheets, start, "exit", carried),
            _port(sheets, end, "entry", carried),
            main=index in sheet.main,
        )
        for (start, end, carried), index in sheet.links.items()
    )
    sheet.placed = again(tuple(sheet.items), links)


def _port(sheets: dict[int | None, Sheet], thing: Thing, kind: str, carried: int) -> float:
    """Where a link meets `thing`: px right of its centre; 0 for a box, the place of the port for a group."""
    if thing[0] != "group":
        return 0.0
    inner = sheets[thing[1]]
    assert inner.placed is not None
    return inner.placed.centres[inner.things[kind, carried]][0] - inner.placed.width / 2


def _assemble(picture: Picture, sheets: dict[int | None, Sheet], steps: list[list[Step]]) -> Layout:
    """Move every sheet to its place in the whole drawing, and join the pieces of each wire."""
    root = sheets[None]
    assert root.placed is not None
    root.left = root.top = MARGIN
    boxes = list(picture.boxes)
    frames = []
    for home, sheet in sheets.items():
        if home is not None:
            around = sheets[picture.groups[home].parent]
            x, y = _centre(around, ("group", home))
            sheet.left, sheet.top = x - sheet.width / 2, y - sheet.height / 2
            frames.append(_frame(picture.groups[home], sheet))
        for kind, index in sheet.things:
            if kind == "box":
                x, y = _centre(sheet, ("box", index))
                boxes[index] = msgspec.structs.replace(boxes[index], x=round(x, 2), y=round(y, 2))
    wires = [
        msgspec.structs.replace(wire, points=_join(sheets, wire_steps))
        for wire, wire_steps in zip(picture.wires, steps, strict=True)
    ]
    return Layout(
        boxes=tuple(boxes),
        wires=tuple(wires),
        frames=tuple(frames),
        width=root.placed.width + 2 * MARGIN,
        height=root.placed.height + 2 * MARGIN,
        engine="layered",
        open_modules=picture.open_modules,
        depth=picture.depth,
    )


def _origin(sheet: Sheet) -> tuple[float, float]:
    """Where the inner drawing's corner lies in the whole: below the title, in the middle of the frame."""
    assert sheet.placed is not None
    if not sheet.width:
        return sheet.left, sheet.top
    return sheet.left + (sheet.width - sheet.placed.width) / 2, sheet.top + TITLE_STRIP


def _centre(sheet: Sheet, thing: Thing) -> tuple[float, float]:
    assert sheet.placed is not None
    left, top = _origin(sheet)
    x, y = sheet.placed.centres[sheet.things[thing]]
    return left + x, top + y


def _frame(group: Group, sheet: Sheet) -> Frame:
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
        x=round(sheet.left + sheet.width / 2, 2),
        y=round(sheet.top + sheet.height / 2, 2),
        width=round(sheet.width, 2),
        height=round(sheet.height, 2),
    )


def _join(sheets: dict[int | None, Sheet], wire_steps: list[Step]) -> tuple[tuple[float, float], ...]:
    points = []
    for group, start, end, carried in wire_steps:
        sheet = sheets[group]
        assert sheet.placed is not None
        left, top = _origin(sheet)
        way = sheet.placed.ways[sheet.links[start, end, carried]]
        points += [(round(left + x, 2), round(top + y, 2)) for x, y in way]
    return simplify(points)
