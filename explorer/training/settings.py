"""Numbers that a training run can start with."""

from __future__ import annotations

import math

from explorer.ir import TrainingRequest
from explorer.training.error import TrainingError

MAX_STEPS = 100_000
MAX_BATCH = 4_096
MAX_LEARNING_RATE = 1_000.0
MAX_SEED = 2**63 - 1


def check_settings(request: TrainingRequest) -> None:
    """Raises `TrainingError` for a number that no optimizer takes."""
    if not (math.isfinite(request.learning_rate) and 0 < request.learning_rate <= MAX_LEARNING_RATE):
        raise TrainingError("training.bad_learning_rate", value=request.learning_rate)
    if not 0 <= request.momentum < 1:
        raise TrainingError("training.bad_momentum", value=request.momentum)
    if not 1 <= request.steps <= MAX_STEPS:
        raise TrainingError("training.bad_steps", value=request.steps, most=MAX_STEPS)
    if not 1 <= request.batch_size <= MAX_BATCH:
        raise TrainingError("training.bad_batch_size", value=request.batch_size, most=MAX_BATCH)
    if not 0 <= request.seed <= MAX_SEED:
        raise TrainingError("training.bad_seed", value=request.seed)
