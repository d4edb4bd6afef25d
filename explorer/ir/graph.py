"""The autograd graph as torch holds it: nodes are backward functions, edges are entries of ``next_functions``."""

from __future__ import annotations

from typing import Literal

import msgspec

from explorer.ir.record import Nested, Record
from explorer.ir.tensors import Stats, TensorMeta

NodeKind = Literal["operation", "leaf", "custom"]
"""``leaf`` is an AccumulateGrad; ``custom`` the backward of a user's ``autograd.Function``."""


class Gradient(Record, frozen=True, kw_only=True):
    """A gradient that flowed, as it was when it arrived."""

    shape: tuple[int, ...] = ()
    dtype: str = "float32"
    stats: Stats
    value: Nested | None = None
    """Its numbers where there are 64 elements or fewer, else None."""


class Saved(Record, frozen=True, kw_only=True):
    """A tensor (or a plain value) that the forward call put aside for backward: one ``_saved_*`` attribute."""

    name: str
    """Without the ``_saved_`` prefix, as in ``self`` or ``exponent``."""
    tensor: TensorMeta | None = None
    """None for a plain value such as an exponent, and for a tensor that could not be read."""
    part: int | None = msgspec.field(default=None, name="nbytes")
    """Bytes that its elements take where they are not just those of the storage; None where they are: see `nbytes`."""
    value: Nested | None = None
    stats: Stats | None = None
    text: str | None = None
    """A plain value as text, as in ``2``."""
    alias: str | None = None
    """Name of a named tensor that lies in the same storage (leaf = saved = view is one memory)."""
    error: str | None = None
    """Why it could not be read, in torch's words (freed, changed in place)."""

    @property
    def nbytes(self) -> int:
        """Bytes that its elements take, ``numel * element_size``; 0 for a plain value."""
        if self.part is not None:
            return self.part
        return 0 if self.tensor is None else self.tensor.storage_nbytes


class Node(Record, frozen=True):
    """One backward function. The capture makes them by position, by the ten thousand."""

    id: int
    name: str
    """The class name without namespace, as in ``MulBackward0`` or ``AccumulateGrad``."""
    kind: NodeKind = "operation"
    sequence_nr: int | None = None
    """None for a leaf (torch gives those 2**64-1)."""
    slots: int = 0
    """``len(next_functions)``; a slot without an edge is an input that needs no gradient."""
    line: int | None = None
    module: str | None = None
    """Path of the innermost module whose call made it, as in ``model.layer1.0.conv1``."""
    call: int = 0
    """Which call of that module, from 0: a module used twice makes two groups."""
    op: int | None = None
    """Index into `Run.ops` of the forward call that made it."""
    variable: str | None = None
    """Name of the tensor it belongs to: the leaf's name, or the variable that its output was bound to."""
    output: TensorMeta | None = None
    """The tensor it is the grad_fn of, where that was seen; for a leaf the leaf tensor."""
    saved: tuple[Saved, ...] = ()
    incoming: tuple[Gradient | None, ...] = ()
    """The gradient that came in from the side of the loss, summed over its uses, one per output of the forward call."""
    unread: bool = False
    """Whether a gradient came in whose numbers cannot be read (inside vmap, on the meta device); in `incoming` it is None."""
    local: tuple[Nested | None, ...] = ()
    """Local derivative by slot, where small: what this node alone returns for an incoming gradient of ones."""
    order: int = 1
    """Which derivative this node belongs to: 1 for what forward made, 2 for what a backward with ``create_graph`` made of that, and so on."""
    hooks: tuple[str, ...] = ()
    """Hooks of the code on this node or on its tensor, as in ``tensor hook: clip`` or ``post hook: <lambda>``."""
    retains_grad: bool = False
    """Whether ``retain_grad()`` was called on the tensor that this node is the grad_fn of."""
    segment: int | None = None
    """Which checkpointed segment it is part of (its forward is computed again in backward), from 0."""
    gradient_x_input: Gradient | None = None
    """Gradient times value, element by element, of the tensor in `output`, where that was at hand when the gradient came."""


class Edge(Record, frozen=True, kw_only=True):
    """``source.next_functions[slot] == (target, output_nr)``; source lies nearer to the result than target."""

    source: int
    slot: int = 0
    target: int
    output_nr: int = 0
    gradient: Gradient | None = None
    """What source sent along this edge: its own contribution, before target sums."""


class Root(Record, frozen=True, kw_only=True, omit_defaults=False):
    """Where backward starts: one output of one node."""

    node: int
    output_nr: int
    name: str
    """Variable name or source text of the result."""
    tensor: TensorMeta | None = None
    value: Nested | None = None
    stats: Stats | None = None


class Graph(Record, frozen=True, kw_only=True, gc=True, weakref=True):
    """Nodes in traversal order from the roots (``nodes[i].id == i``), edges ordered by (source, slot).

    What is computed from a graph once may be forgotten with it (see `explorer.graph.once`), hence ``weakref``, which asks for ``gc``.
    """

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    roots: tuple[Root, ...] = ()
    cut: bool = False
    """Whether the graph goes on where the walk ended."""
    classes: dict[str, str] = msgspec.field(default_factory=dict)
    """Class name of each module that made a node, and of those around it, by path, as in ``Bottleneck``."""
