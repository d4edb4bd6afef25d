"""Where a run's randomness begins."""

from __future__ import annotations

import random

import numpy as np
import torch


def seed_everything(seed: int) -> None:
    """Seed every generator that typed code can draw from: torch's, numpy's global one, and Python's."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # typed code uses the global generator
    random.seed(seed)
