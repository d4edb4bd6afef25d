"""What is written down of a forward call while the code runs; records are made of it afterwards."""

from __future__ import annotations

import msgspec

from explorer.capture.modules import ModuleCall
from explorer.capture.segments import Packing
from explorer.capture.source import Place
from explorer.capture.views import ViewDraft
from explorer.ir import TensorMeta


class Span(msgspec.Struct, eq=False, gc=False):
    """A piece of the run: the nodes numbered from `start` up to but not including `end` were made in it.

    The garbage collector does not track spans (``gc=False``): none is part of a cycle, and a run has 10^4 of them.
    """

    place: Place
    module: ModuleCall | None
    outer: Span | None
    start: int
    packing: Packing | None
    index: int | None = None
    """Which forward call it is; None for a backward call."""
    end: int | None = None


class OpDraft(Span, eq=False, gc=False, kw_only=True):
    """One forward call while it is written down; its node is known by sequence number until the graph is."""

    index: int
    name: str
    inputs: tuple[TensorMeta, ...] = ()
    outputs: tuple[TensorMeta, ...] = ()
    input_names: tuple[str | None, ...] = ()
    nodes: tuple[int | None, ...] = ()
    """By output."""
    operators: tuple[int, ...] = ()
    views: tuple[ViewDraft, ...] = ()
    versions_after: tuple[int, ...] = ()
    in_place: bool = False
    seconds: float = 0.0
