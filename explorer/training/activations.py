"""What activation functions put out in one batch, and how many units are dead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

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

    def __init__(self, model: nn.Module) -> None:
        self.found: list[Activation] = []
        self._paths = {module: path for path, module in model.named_modules()}

    def hear(self, call: Call) -> Callable[[Any], None] | None:
        name = call.function.rstrip("_")
        if len(self.found) >= MOST or (name not in _OF_RELU and name not in _OTHERS):
            return None
        return lambda output: self._add(name, call, output) if isinstance(output, Tensor) else None

    def _add(self, name: str, call: Call, output: Tensor) -> None:
        shown = self._own(call) or f"{name}, line {call.line}"
        same = sum(one.name == shown or one.name.startswith(f"{shown} #") for one in self.found)
        self.found.append(
            Activation(
                name=f"{shown} #{same + 1}" if same else shown,
                spread=spread(output),
                dead=dead_share(output) if name in _OF_RELU else None,
            )
        )

    def _own(self, call: Call) -> str:
        """The path of the innermost module where it is one of PyTorch's own; empty elsewhere."""
        module = call.module.module if call.module is not None else None
        return (
            self._paths.get(module, "") if module is not None and type(module).__module__.startswith("torch.nn") else ""
        )


def dead_share(output: Tensor) -> float | None:
    """Share of units (of dimension 1) that are 0 in every row and place of the batch; None for an output without units."""
    if output.ndim < 2 or not output.numel():
        return None
    others = [dim for dim in range(output.ndim) if dim != 1]
    return (output.detach().amax(dim=others) == 0).float().mean().item()
