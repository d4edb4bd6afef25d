"""What an optimizer does to a parameter in one step, as a formula: the papers' updates as torch computes them, with the run's own settings.

Sources: the algorithms in the documentation of ``torch.optim``. A test works each out element by element beside torch.
"""

from __future__ import annotations

from explorer.ir import Number, StepUpdate

Lines = tuple[str, ...]


def formulas(update: StepUpdate) -> Lines:
    """The update as lines of LaTeX with the settings put in; empty for an optimizer that is not known here."""
    settings = {name: _shown(value) for name, value in update.settings.items()}
    write = _WRITTEN.get(update.optimizer)
    return () if write is None else write(settings, update)


def _shown(value: Number) -> str:
    """Six digits, with a power of ten as LaTeX writes one."""
    digits, _, power = (value if isinstance(value, str) else f"{value:.6g}").partition("e")
    if not power:
        return digits
    factor = "" if digits == "1" else rf"{digits} \cdot "
    return f"{factor}10^{{{int(power)}}}"


def _on(settings: dict[str, str], name: str) -> bool:
    return settings.get(name, "0") not in ("0", "False")


def _decayed(settings: dict[str, str]) -> Lines:
    """The gradient, to which weight decay adds a part of the parameter."""
    return (
        (rf"g = \nabla L + {settings['weight_decay']} \, p",) if _on(settings, "weight_decay") else (r"g = \nabla L",)
    )


def _sgd(settings: dict[str, str], update: StepUpdate) -> Lines:
    lines = _decayed(settings)
    if not _on(settings, "momentum"):
        return (*lines, rf"p \leftarrow p - {settings['lr']} \, g")
    lines += (rf"m \leftarrow {settings['momentum']} \, m + g",)
    if _on(settings, "nesterov"):
        return (*lines, rf"p \leftarrow p - {settings['lr']} \, (g + {settings['momentum']} \, m)")
    return (*lines, rf"p \leftarrow p - {settings['lr']} \, m")


def _adam(settings: dict[str, str], update: StepUpdate) -> Lines:
    first, second = settings["beta1"], settings["beta2"]
    before: Lines = _decayed(settings)
    if update.optimizer == "AdamW":
        decay = rf"p \leftarrow p - {settings['lr']} \cdot {settings['weight_decay']} \, p"
        before = (r"g = \nabla L", decay) if _on(settings, "weight_decay") else (r"g = \nabla L",)
    return (
        *before,
        rf"m \leftarrow {first} \, m + (1 - {first}) \, g",
        rf"v \leftarrow {second} \, v + (1 - {second}) \, g^2",
        rf"p \leftarrow p - {settings['lr']} \, \frac{{m / (1 - {first}^t)}}{{\sqrt{{v / (1 - {second}^t)}} + {settings['eps']}}}",
    )


def _rmsprop(settings: dict[str, str], update: StepUpdate) -> Lines:
    alpha = settings["alpha"]
    lines = (*_decayed(settings), rf"v \leftarrow {alpha} \, v + (1 - {alpha}) \, g^2")
    moved = rf"\frac{{g}}{{\sqrt{{v}} + {settings['eps']}}}"
    if not _on(settings, "momentum"):
        return (*lines, rf"p \leftarrow p - {settings['lr']} \, {moved}")
    return (*lines, rf"m \leftarrow {settings['momentum']} \, m + {moved}", rf"p \leftarrow p - {settings['lr']} \, m")


def _adagrad(settings: dict[str, str], update: StepUpdate) -> Lines:
    moved = rf"\frac{{g}}{{\sqrt{{v}} + {settings['eps']}}}"
    return (*_decayed(settings), r"v \leftarrow v + g^2", rf"p \leftarrow p - {settings['lr']} \, {moved}")


_WRITTEN = {"SGD": _sgd, "Adam": _adam, "AdamW": _adam, "RMSprop": _rmsprop, "Adagrad": _adagrad}

LETTERS = {
    "momentum_buffer": "m",
    "exp_avg": "m",
    "exp_avg_sq": "v",
    "square_avg": "v",
    "sum": "v",
    "step": "t",
}
"""The formulas' letters for what torch calls the state."""
