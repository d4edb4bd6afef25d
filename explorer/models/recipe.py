"""How a model is trained, as a choice of names and numbers, and as the loop that a learner would write.

The loop is shown, may be edited, and runs as it stands: nothing of the product is in it.
"""

from __future__ import annotations

import math
import re
from typing import Literal

import msgspec

from explorer.ir import DataKind, Record
from explorer.models.snippet import ModelError

OptimizerName = Literal["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "LBFGS"]
SchedulerName = Literal["", "StepLR", "ExponentialLR", "CosineAnnealingLR", "OneCycleLR", "ReduceLROnPlateau"]
LossName = Literal["MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "CrossEntropyLoss", "MultiMarginLoss"]

LOSSES: dict[DataKind, tuple[LossName, ...]] = {
    "regression": ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"),
    "classes": ("CrossEntropyLoss", "MultiMarginLoss"),
}
"""Those that fit the data; the first is the usual one."""

MOST_EPOCHS = 10_000
MOST_BATCH = 4_096
MOST_RATE = 1e9


class Recipe(Record, frozen=True, kw_only=True):
    """What a person chooses of the loop."""

    loss: LossName | Literal[""] = ""
    """Empty takes the usual one for the data."""
    optimizer: OptimizerName = "SGD"
    learning_rate: float = 0.1
    momentum: float = 0.0
    """Of SGD and RMSprop."""
    nesterov: bool = False
    """Of SGD, where it has momentum."""
    weight_decay: float = 0.0
    scheduler: SchedulerName = ""
    epochs: int = 40
    batch_size: int = 32
    clip: float = 0.0
    """Largest norm of all gradients together; 0 clips nothing."""
    autocast: bool = False
    """Forward in bfloat16 where torch thinks that it does no harm."""
    zero_grad: bool = True
    """Without it gradients pile up from step to step."""

    def loss_for(self, kind: DataKind) -> LossName:
        """The chosen loss where it fits the data, else the usual one."""
        return self.loss if self.loss in LOSSES[kind] else LOSSES[kind][0]


def loop(recipe: Recipe, kind: DataKind, device: str = "cpu") -> str:
    """The lines that follow ``model = ...``: loss, optimizer, scheduler and the two loops.

    Raises:
        ModelError: a number that cannot be; the text says what to give.
    """
    _check(recipe)
    lines = [
        f"EPOCHS = {recipe.epochs}",
        f"BATCH_SIZE = {recipe.batch_size}",
        "",
        f"loss_fn = nn.{recipe.loss_for(kind)}()",
        f"optimizer = torch.optim.{recipe.optimizer}({_arguments(recipe)})",
    ]
    if recipe.scheduler:
        lines.append(f"scheduler = torch.optim.lr_scheduler.{_scheduler(recipe)}")
    lines += [
        "",
        "for epoch in range(EPOCHS):",
        "    for rows in torch.randperm(len(x_train)).split(BATCH_SIZE):",
        "        x, y = x_train[rows], y_train[rows]",
        *(f"        {line}" if line else "" for line in _step(recipe, device)),
    ]
    if recipe.scheduler == "OneCycleLR":
        lines.append("        scheduler.step()")
    elif recipe.scheduler == "ReduceLROnPlateau":
        lines.append("    scheduler.step(loss.detach())")
    elif recipe.scheduler:
        lines.append("    scheduler.step()")
    return "\n".join(lines) + "\n"


def recipe_of(code: str, kind: DataKind, device: str = "cpu") -> Recipe | None:
    """The recipe whose loop `code` ends in, letter for letter; None where it is no such loop."""
    numbers = {field: _found(pattern, code) for field, pattern in _NUMBERS.items()}
    names = {field: _found(pattern, code) for field, pattern in _NAMES.items()}
    try:
        recipe = msgspec.convert(
            {field: float(value) for field, value in numbers.items() if value}
            | {field: value for field, value in names.items() if value}
            | {
                "nesterov": "nesterov=True" in code,
                "autocast": "torch.autocast(" in code,
                "zero_grad": "optimizer.zero_grad()" in code,
            },
            Recipe,
            strict=False,
        )
        return recipe if code.endswith(loop(recipe, kind, device)) else None
    except (msgspec.ValidationError, ModelError):
        return None


_NUMBERS = {
    "epochs": r"^EPOCHS = (\d+)$",
    "batch_size": r"^BATCH_SIZE = (\d+)$",
    "learning_rate": r"^optimizer = .*\blr=([^,)]+)",
    "momentum": r"^optimizer = .*\bmomentum=([^,)]+)",
    "weight_decay": r"^optimizer = .*\bweight_decay=([^,)]+)",
    "clip": r"clip_grad_norm_\(model\.parameters\(\), ([^)]+)\)",
}
_NAMES = {
    "loss": r"^loss_fn = nn\.(\w+)\(\)$",
    "optimizer": r"^optimizer = torch\.optim\.(\w+)\(",
    "scheduler": r"^scheduler = torch\.optim\.lr_scheduler\.(\w+)\(",
}


def _found(pattern: str, code: str) -> str | None:
    """The last match: a model before the loop may have lines that look alike."""
    found = re.findall(pattern, code, re.MULTILINE)
    return found[-1] if found else None


def _check(recipe: Recipe) -> None:
    if not (math.isfinite(recipe.learning_rate) and 0 < recipe.learning_rate <= MOST_RATE):
        raise ModelError("training.bad_learning_rate", value=recipe.learning_rate)
    if not 0 <= recipe.momentum < 1:
        raise ModelError("training.bad_momentum", value=recipe.momentum)
    if not (math.isfinite(recipe.weight_decay) and recipe.weight_decay >= 0):
        raise ModelError("training.bad_weight_decay", value=recipe.weight_decay)
    if not (math.isfinite(recipe.clip) and recipe.clip >= 0):
        raise ModelError("training.bad_clip", value=recipe.clip)
    if not 1 <= recipe.epochs <= MOST_EPOCHS:
        raise ModelError("training.bad_epochs", value=recipe.epochs, most=MOST_EPOCHS)
    if not 1 <= recipe.batch_size <= MOST_BATCH:
        raise ModelError("training.bad_batch_size", value=recipe.batch_size, most=MOST_BATCH)


def _arguments(recipe: Recipe) -> str:
    given = ["model.parameters()", f"lr={recipe.learning_rate!r}"]
    if recipe.optimizer in ("SGD", "RMSprop") and recipe.momentum:
        given.append(f"momentum={recipe.momentum!r}")
        if recipe.nesterov and recipe.optimizer == "SGD":
            given.append("nesterov=True")
    if recipe.weight_decay and recipe.optimizer != "LBFGS":
        given.append(f"weight_decay={recipe.weight_decay!r}")
    return ", ".join(given)


def _scheduler(recipe: Recipe) -> str:
    match recipe.scheduler:
        case "StepLR":
            return f"StepLR(optimizer, step_size={max(1, recipe.epochs // 3)}, gamma=0.1)"
        case "ExponentialLR":
            return "ExponentialLR(optimizer, gamma=0.95)"
        case "CosineAnnealingLR":
            return "CosineAnnealingLR(optimizer, T_max=EPOCHS)"
        case "OneCycleLR":
            steps = "EPOCHS * -(-len(x_train) // BATCH_SIZE)"
            return f"OneCycleLR(optimizer, max_lr={recipe.learning_rate!r}, total_steps={steps}, cycle_momentum=False)"
        case _:
            return "ReduceLROnPlateau(optimizer, patience=3)"


def _step(recipe: Recipe, device: str) -> list[str]:
    """One batch. L-BFGS asks for the loss several times a step, so it gets a function."""
    forward = ["loss = loss_fn(model(x), y)"]
    if recipe.autocast:
        kind = device.partition(":")[0]
        forward = [f'with torch.autocast("{kind}", dtype=torch.bfloat16):', f"    {forward[0]}"]
    body = [*(["optimizer.zero_grad()"] if recipe.zero_grad else []), *forward, "loss.backward()"]
    if recipe.clip:
        body.append(f"torch.nn.utils.clip_grad_norm_(model.parameters(), {recipe.clip!r})")
    if recipe.optimizer != "LBFGS":
        return [*body, "optimizer.step()"]
    return [
        "",
        "def closure():",
        *(f"    {line}" for line in body),
        "    return loss",
        "",
        "loss = optimizer.step(closure)",
    ]
