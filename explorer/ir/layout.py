"""A drawing before it has colours: boxes, wires and frames in px. x grows to the right, y downwards, in forward direction."""

from __future__ import annotations

from typing import Literal

from explorer.ir.record import Record

BoxKind = Literal["operation", "custom", "leaf", "input", "saved", "result", "module"]
"""``input`` is a tensor that an operation took and that needs no gradient: data, a target, a frozen parameter."""


Unit = Literal["module", "group", "step"]
"""What can be folded: a module call, a group of equal parts, one step of a loop (see `explorer.graph.repeats`)."""


class Box(Record, frozen=True, kw_only=True):
    """A rectangle; x and y are its centre."""

    id: str
    """Unique in the layout: ``n12``; ``n12@40`` the copy of a leaf near node 40; ``s12.0`` a saved tensor; ``i12.0`` an input; ``r0`` a result; ``m:MODULE#CALL``, as in `Frame`."""
    kind: BoxKind
    title: str
    subtitle: str = ""
    node: int | None = None
    """The graph node it shows (also for a copy, and the node that saved a tensor or took an input)."""
    saved: int | None = None
    """Index into that node's `saved`, for a saved tensor's box."""
    input: int | None = None
    """Index into the inputs of that node's forward call, for an input's box."""
    module: str | None = None
    """Path of the folded module it stands for; of a group and of a step a name that no module has."""
    unit: Unit = "module"
    """What a box of kind ``module`` stands for."""
    fold: str | None = None
    """What to add to the open set so that it opens: see `explorer.graph.folding`."""
    repeats: int = 0
    """How many equal parts it holds: a folded group, or a module that holds nothing else; 0 for anything else."""
    class_name: str | None = None
    """Class of the folded module, as in ``Bottleneck``; of a group that of its parts."""
    nodes: tuple[int, ...] = ()
    """Ids of the nodes inside a folded module."""
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


class Wire(Record, frozen=True, kw_only=True):
    """A line from a producer (upper box) to its consumer (lower box); indices into `Layout.boxes`."""

    source: int
    target: int
    edges: tuple[int, ...] = ()
    """Indices into `Graph.edges` that it stands for; none for a wire of a saved tensor or a result."""
    points: tuple[tuple[float, float], ...] = ()
    """At least two points, from the source's lower side to the target's upper side."""


class Frame(Record, frozen=True, kw_only=True):
    """The outline of an open module, of a group of repeats, or of one step of a loop; x and y are its centre."""

    module: str
    """As in `Box`."""
    call: int
    title: str
    depth: int
    unit: Unit = "module"
    fold: str = ""
    """What to take out of the open set so that it folds."""
    repeats: int = 0
    """As in `Box`."""
    class_name: str | None = None
    nodes: tuple[int, ...] = ()
    """Ids of the nodes drawn inside it, ascending, those in folded modules too."""
    x: float
    y: float
    width: float
    height: float


class Layout(Record, frozen=True, kw_only=True):
    boxes: tuple[Box, ...] = ()
    wires: tuple[Wire, ...] = ()
    frames: tuple[Frame, ...] = ()
    width: float = 0.0
    height: float = 0.0
    engine: str = "layered"
    wrapped: bool = False
    """Whether what is long is cut into columns, between which wires run upwards."""
    open_modules: tuple[str, ...] = ()
    """The open set that this drawing shows, in order."""
    depth: int = 0
    """How many frames lie in one another where everything is open."""
