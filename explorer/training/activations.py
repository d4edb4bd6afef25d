"""What activation functions put out in one batch, and how many units are dead."""

from __future__ import annotations

from torch import Tensor

from explorer.ir import Activation
from explorer.training.calls import Call
from explorer.training.spread import spread

_OF_RELU = frozenset({"relu", "relu6"})
"""Those that put out 0 for a whole half line, and nothing below it: a unit that is 0 for all rows gets no gradient."""

_OTHERS = frozenset(
    {
        "celu",
        "elu",
        "gelu",
        "glu",
        "hardsigmoid",
        "hardswish",
        "leaky_relu",
        "logsigmoid",
        "mish",
        "prelu",
        "rrelu",
        "selu",
    }
    | {"sigmoid", "silu", "softplus", "softsign", "tanh"}
)
MOST = 32
"""Calls that are told of one batch."""


class Activations:
    """Listens to one step."""

    def __init__(self) -> None:
        self.found: list[Activation] = []

    def hear(self, call: Call) -> None:
        if len(self.found) >= MOST or not isinstance(call.output, Tensor):
            return
        name = call.function.rstrip("_")
        if name not in _OF_RELU and name not in _OTHERS:
            return
        place = f"line {call.line}"
        shown = call.module if call.own and call.module else f"{name}, {place}"
        same = sum(one.name == shown or one.name.startswith(f"{shown} #") for one in self.found)
        self.found.append(
            Activation(
                name=f"{shown} #{same + 1}" if same else shown,
                spread=spread(call.output),
                dead=dead_share(call.output) if name in _OF_RELU else None,
            )
        )


def dead_share(output: Tensor) -> float | None:
    """Share of units (of dimension 1) that are 0 in every row and place of the batch; None for an output without units."""
    if output.ndim < 2 or not output.numel():
        return None
    others = [dim for dim in range(output.ndim) if dim != 1]
    return (output.detach().amax(dim=others) == 0).float().mean().item()
