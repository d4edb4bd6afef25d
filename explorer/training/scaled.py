"""What a GradScaler does to a training: it scales the loss, undoes that in the gradients, and leaves out steps whose gradients are not finite.

A fused optimizer does the last two by itself, within its step: its gradients are scaled ones until then, and the step may change nothing.
Source: torch/amp/grad_scaler.py, and "Automatic Mixed Precision" in PyTorch's documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.amp import GradScaler
from torch.optim import Optimizer


@contextmanager
def unscaled() -> Iterator[Callable[[Tensor], Tensor]]:
    """Within the block the function that is given finds the loss that a root of backward was scaled from: the root itself where it was not."""
    scale = GradScaler.scale
    last: list[tuple[Tensor, Tensor]] = []

    def noted(self: GradScaler, outputs: Any) -> Any:
        made = scale(self, outputs)
        if isinstance(made, Tensor) and made is not outputs:
            last[:] = [(made, outputs)]
        return made

    def loss_of(root: Tensor) -> Tensor:
        made, loss = last.pop() if last else (root, root)  # held no longer than it takes to call backward
        return loss if made is root else root

    GradScaler.scale = noted  # type: ignore[method-assign]
    try:
        yield loss_of
    finally:
        GradScaler.scale = scale  # type: ignore[method-assign]


@contextmanager
def told_of_skips(skipped: Callable[[], None]) -> Iterator[None]:
    """Within the block `skipped` is called after each step that a GradScaler has left out."""
    step = GradScaler.step

    def told(self: GradScaler, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        taken = []
        hook = optimizer.register_step_post_hook(lambda one, *_: taken.append(not left_out(one)))
        try:
            result = step(self, optimizer, *args, **kwargs)
        finally:
            hook.remove()
        if not any(taken):
            skipped()
        return result

    GradScaler.step = told  # type: ignore[method-assign]
    try:
        yield
    finally:
        GradScaler.step = step  # type: ignore[method-assign]


def left_out(optimizer: Optimizer) -> bool:
    """Within a step of a fused optimizer: whether it changes nothing."""
    found = getattr(optimizer, "found_inf", None)
    return isinstance(found, Tensor) and bool(found.item())


def scale_of(optimizer: Optimizer) -> float:
    """What a fused optimizer's gradients are still scaled by as its step begins; else 1."""
    scale = getattr(optimizer, "grad_scale", None)
    return scale.item() if isinstance(scale, Tensor) else 1.0
