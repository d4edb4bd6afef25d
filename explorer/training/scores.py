"""How good the model is, on rows that it learns from and on rows that were held back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from explorer.ir import Scores, number
from explorer.training.data import Data

MOST_ROWS = 2_048


def scores(model: nn.Module, loss_fn: Callable[[Tensor, Tensor], Any], rows: Tensor, targets: Tensor) -> Scores | None:
    """Loss and metric on the first `MOST_ROWS` rows; None where there are none. To be called where the model is `undisturbed`."""
    if not len(rows):
        return None
    targets = targets[:MOST_ROWS]
    output = model(rows[:MOST_ROWS])
    if not isinstance(output, Tensor):
        return Scores()
    return Scores(loss=_loss(loss_fn, output, targets), metric=_metric(output, targets))


def loss_of(names: dict[str, Any], data: Data) -> Callable[[Tensor, Tensor], Any]:
    """The code's own ``loss_fn`` where it has one, else the usual one."""
    own = names.get("loss_fn")
    if callable(own) and not isinstance(own, type):
        return own  # type: ignore[no-any-return]
    return nn.MSELoss() if data.dataset.kind == "regression" else nn.CrossEntropyLoss()


def _loss(loss_fn: Callable[[Tensor, Tensor], Any], output: Tensor, targets: Tensor) -> Any:
    try:
        return number(float(loss_fn(output, targets)))
    except Exception:  # a loss that the code gives other targets
        return None


def _metric(output: Tensor, targets: Tensor) -> Any:
    if targets.is_floating_point():
        if output.shape != targets.shape:
            return None
        whole = (targets - targets.mean(dim=0)).square().sum()
        return number((1 - (targets - output).square().sum() / whole).item()) if whole > 0 else None
    if output.ndim != 2 or len(output) != len(targets):
        return None
    return (output.argmax(dim=1) == targets).float().mean().item()


def plain_norm(tensor: Tensor | None) -> float:
    """Euclidean norm; 0 for a gradient that is not there."""
    return 0.0 if tensor is None else torch.linalg.vector_norm(tensor).item()
