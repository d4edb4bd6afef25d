"""The module that the code trains."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from explorer.training.error import TrainingError


def find_model(namespace: Mapping[str, object]) -> nn.Module:
    """The module that the code called ``model``.

    Raises:
        TrainingError: there is none, or it is a class, or something else.
    """
    model = namespace.get("model")
    if isinstance(model, nn.Module):
        return model
    if isinstance(model, type):
        raise TrainingError("training.model_is_class", name=model.__name__)
    if model is not None:
        raise TrainingError("training.model_is_other", type=type(model).__name__)
    other = next((name for name, value in namespace.items() if isinstance(value, nn.Module)), None)
    if other is not None:
        raise TrainingError("training.model_has_other_name", name=other)
    raise TrainingError("training.no_model")


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """Parameters that learn, by name.

    Raises:
        TrainingError: there are none.
    """
    everything = dict(model.named_parameters())
    if not everything:
        raise TrainingError("training.no_parameters")
    found = {name: parameter for name, parameter in everything.items() if parameter.requires_grad}
    if not found:
        raise TrainingError("training.all_frozen", count=len(everything))
    return found
