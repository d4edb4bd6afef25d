"""Does a model fit a dataset? Asked only after the first step failed, and answered by trying, not by reading the model."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.models import Dataset, datasets
from explorer.training.error import TrainingError

_TRIED_WIDTHS = 16
_BATCH = 2


def check_output(output: object, batch: int, dataset: Dataset, model: nn.Module) -> Tensor:
    """The output itself, where it is a tensor of shape (batch, outputs).

    Raises:
        TrainingError: it is something else; the text names both shapes and the datasets that fit.
    """
    if not isinstance(output, Tensor):
        raise TrainingError("training.not_a_tensor", type=type(output).__name__)
    expected = (batch, dataset.outputs)
    if tuple(output.shape) != expected:
        raise TrainingError(
            "training.wrong_output",
            shape=tuple(output.shape),
            expected=expected,
            dataset=dataset.name,
            fitting=_fitting(model),
        )
    return output


def explain_input(model: nn.Module, dataset: Dataset) -> TrainingError | None:
    """Why the model refused a batch of this dataset, where the reason is its width; None where it is something else."""
    if _output_shape(model, dataset.inputs) is not None:
        return None
    width = next((width for width in _widths(model) if _output_shape(model, width) is not None), None)
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
    """Names of the datasets whose points the model takes and whose targets it matches, or a dash."""
    names = [each.name for each in datasets() if _output_shape(model, each.inputs) == (_BATCH, each.outputs)]
    return ", ".join(names) or "-"


def _output_shape(model: nn.Module, width: int) -> tuple[int, ...] | None:
    """Shape of the output for a batch of two points with `width` numbers each; None if the model refuses it.

    The model is left in evaluation mode, where no layer keeps statistics: training is over for it.
    """
    parameter = next(model.parameters())
    points = torch.zeros(_BATCH, width, device=parameter.device)
    with torch.no_grad():
        try:
            output = model.eval()(points)
        except Exception:  # whatever the model's code raises, it does not take this width
            return None
    return tuple(output.shape) if isinstance(output, Tensor) else None
