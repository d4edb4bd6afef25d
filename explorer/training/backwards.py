"""The calls of backward while a training runs, each told before it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from explorer.training.scaled import unscaled


@contextmanager
def told_of_backward(look: Callable[[Tensor], None]) -> Iterator[None]:
    """Within the block `look` is given the loss that a backward is about to begin at, where that is one number; never a scaled one."""
    backward = torch.autograd.backward

    def told(*args: Any, **kwargs: Any) -> Any:
        root = args[0] if args else kwargs.get("tensors")
        if isinstance(root, tuple | list) and root:
            root = root[0]
        if isinstance(root, Tensor) and root.numel() == 1:
            look(loss_of(root))
        return backward(*args, **kwargs)

    with unscaled() as loss_of:
        torch.autograd.backward = told
        try:
            yield
        finally:
            torch.autograd.backward = backward
