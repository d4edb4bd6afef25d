"""Several trainings at once that differ in one thing: optimizers, learning rates or seeds."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from explorer.app.training import TrainingState
from explorer.models import OptimizerName

RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
MOST_RUNS = 16


class Variant(NamedTuple):
    """One training of a comparison."""

    group: str
    """What the runs of a group have in common; they differ in their seed. Empty where the loop is a person's own."""
    state: TrainingState


def variants(
    state: TrainingState, optimizers: tuple[OptimizerName, ...], rates: tuple[float, ...], seeds: int
) -> tuple[Variant, ...]:
    """Every optimizer with every rate, and each of them with `seeds` seeds from the state's on; at most `MOST_RUNS`.

    Empty choices take the state's own. Where a person has edited the loop, only seeds can vary.
    """
    if state.loop_edited:
        optimizers, rates = (), ()
    found = []
    for optimizer in optimizers or (state.recipe.optimizer,):
        for rate in rates or (state.recipe.learning_rate,):
            changed = state if state.loop_edited else state.with_recipe(optimizer=optimizer, learning_rate=rate)
            name = "" if state.loop_edited else f"{optimizer}, lr {rate:g}"
            found += [Variant(name, replace(changed, seed=state.seed + at)) for at in range(max(1, seeds))]
    return tuple(found[:MOST_RUNS])
