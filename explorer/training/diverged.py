"""Where a loss that is no longer finite began: the first call in forward whose output is not, asked by running it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from explorer.training.calls import Call, Calls, tensors_in
from explorer.training.undisturbed import undisturbed


class Beginning(NamedTuple):
    """The first call whose output is not finite."""

    function: str
    module: str
    line: int | None
    weights: str
    """Name of a parameter that is not finite itself, which an earlier step made so; empty where all are."""


def beginning(model: nn.Module, inputs: Sequence[Any], calls: Calls) -> Beginning | None:
    """Run the model once more on the `inputs` that it had; None where everything is finite, so that the loss function began it."""
    found: list[Beginning] = []
    weights = next((name for name, one in model.named_parameters() if not one.isfinite().all()), "")

    def hear(call: Call) -> None:
        if not found and any(_bad(output) for output in tensors_in(call.output)):
            found.append(Beginning(call.function, call.module, call.line, weights))

    # Inside of Tensor.backward, which is a call of torch itself, the mode is switched off: it is entered once more.
    with undisturbed(model, training=model.training), calls, calls.heard(model, hear):
        try:
            model(*inputs)
        except Exception:  # it ran before; whatever it does now, what was heard counts
            return found[0] if found else None
    return found[0] if found else None


def _bad(output: Tensor) -> bool:
    return (output.is_floating_point() or output.is_complex()) and not bool(torch.isfinite(output).all())
