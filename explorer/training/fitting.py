"""Does a model fit the data? Asked only after the first step failed, and answered by trying, not by reading the model."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.models import Dataset, datasets
from explorer.training.error import TrainingError
from explorer.training.undisturbed import undisturbed

_TRIED_WIDTHS = 16
_BATCH = 2


def misfit(model: nn.Module, dataset: Dataset) -> TrainingError | None:
    """Why the model and this data do not go together; None where the reason is something else."""
    if dataset.source == "text" or not any(True for _ in model.parameters()):
        return None
    output = _output(model, dataset.inputs)
    if output is None:
        return _narrow(model, dataset)
    if not isinstance(output, Tensor):
        return TrainingError("training.not_a_tensor", type=type(output).__name__)
    expected = (_BATCH, dataset.outputs)
    if tuple(output.shape) != expected:
        facts = {"shape": tuple(output.shape), "expected": expected, "dataset": dataset.name}
        return TrainingError("training.wrong_output", **facts, fitting=_fitting(model))
    return None


def _narrow(model: nn.Module, dataset: Dataset) -> TrainingError | None:
    """Where the reason is the width of a row, which width it would take."""
    width = next((width for width in _widths(model) if _output(model, width) is not None), None)
    if width is None:
        return None
    return TrainingError(
        "training.wrong_input", width=width, inputs=dataset.inputs, dataset=dataset.name, fitting=_fitting(model)
    )


def _widths(model: nn.Module) -> list[int]:
    """Sizes worth trying: what linear layers take, in order of their making, then small numbers."""
    linear = [module.in_features for module in model.modules() if isinstance(module, nn.Linear)]
    return linear[:_TRIED_WIDTHS] + list(range(1, _TRIED_WIDTHS + 1))


def _fitting(model: nn.Module) -> str:
    """Names of the datasets whose rows the model takes and whose targets it matches, or a dash."""
    names = [each.name for each in datasets() if each.source != "text" and _matches(model, each)]
    return ", ".join(names) or "-"


def _matches(model: nn.Module, dataset: Dataset) -> bool:
    output = _output(model, dataset.inputs)
    return isinstance(output, Tensor) and tuple(output.shape) == (_BATCH, dataset.outputs)


def _output(model: nn.Module, width: int) -> object | None:
    """The output for a batch of two rows with `width` numbers each; None if the model refuses it."""
    rows = torch.zeros(_BATCH, width, device=next(model.parameters()).device)
    with undisturbed(model):
        try:
            return model(rows)  # type: ignore[no-any-return]
        except Exception:  # whatever the model's code raises, it does not take this width
            return None
