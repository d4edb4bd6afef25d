"""What a drawing looks like, as far as the viewer decides it alone: nothing here is drawn anew by Python."""

from __future__ import annotations

from typing import Literal, get_args

from msgspec.structs import replace

from explorer.ir import Record

View = Literal["backward", "forward", "both"]
Overlay = Literal[
    "off",
    "recorded",
    "grad",
    "ratio",
    "zeros",
    "saved",
    "forward",
    "backward",
    "odd",
    "state",
    "dtype",
    "device",
    "module",
]


_SWITCHES = ("gradients", "shapes", "widths", "storages")


class Look(Record, frozen=True, kw_only=True):
    """The settings of `js/graph_view.mjs`, under its names."""

    view: View = "backward"
    """The side that operations are seen from: their call, their grad_fn, or both as two halves."""
    overlay: Overlay = "off"
    """What the colours of boxes say."""
    gradients: bool = True
    """Whether wires say what flowed back along them."""
    shapes: bool = False
    """Whether they say the shape of what they hand on."""
    widths: bool = False
    """Whether a wire is as wide as its gradient is large."""
    storages: bool = False
    """Whether every box is tagged with the storages that it shares."""
    step: int | None = None
    """How far backward has come, in nodes from the result; None shows all of it."""

    def commanded(self, command: str) -> Look:
        """The look after ``view:both``, ``overlay:grad``, ``gradients:off``, ``step:3`` and the like; one that is not known changes nothing."""
        name, _, value = command.partition(":")
        choices = {"view": get_args(View), "overlay": get_args(Overlay)}
        if name in choices:
            return replace(self, **{name: value}) if value in choices[name] else self
        if name == "step" and (value == "off" or (value.isdecimal() and len(value) < 10)):
            return replace(self, step=None if value == "off" else int(value))
        if name in _SWITCHES and value in ("on", "off"):
            return replace(self, **{name: value == "on"})
        return self
