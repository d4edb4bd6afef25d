"""Asking the model something while it learns, without a trace: same random numbers, same modes, same buffers afterwards."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def undisturbed(model: nn.Module, *, training: bool = False) -> Iterator[None]:
    """Within the block the model evaluates (or trains, as `training` says) without gradients; afterwards all is as it was.

    Buffers are put back only where the model may write them: in training mode.
    """
    modes = [(module, module.training) for module in model.modules()]
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    drawn_on_cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()] if training else []
    try:
        model.train(training)
        with torch.no_grad():
            yield
    finally:
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
        for module, mode in modes:
            module.training = mode
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])
        if drawn_on_cuda:
            torch.cuda.set_rng_state_all(drawn_on_cuda)
