"""The loop itself: forward, loss, backward, step, as a learner would write it, with what is measured of each step.

The same seed gives the same numbers as the plain loop, bit for bit: measuring reads gradients and changes nothing, and data
and shuffling draw from generators of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from explorer.ir import TrainingRequest, TrainingStart, number
from explorer.models import Dataset, ModelError, find_dataset
from explorer.training.data import make
from explorer.training.error import TrainingError
from explorer.training.fitting import check_output, explain_input
from explorer.training.report import Emit, Reporter
from explorer.training.settings import check_settings


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


def train(model: nn.Module, request: TrainingRequest, emit: Emit) -> None:
    """Train `model` as asked; emit one start, then points. What was measured is emitted even when a step fails.

    Raises:
        TrainingError: a setting, the model or its loss does not allow to go on; the text says which and what to try.
        Exception: whatever the model's own code raises.
    """
    check_settings(request)
    dataset = _dataset(request.dataset)
    model.to(request.device)
    parameters = _trainable(model)
    emit(
        TrainingStart(
            parameters=tuple(parameters), parameter_count=sum(parameter.numel() for parameter in model.parameters())
        )
    )
    reporter = Reporter(emit)
    try:
        _loop(model, dataset, request, parameters, reporter)
    finally:
        reporter.flush()


def _dataset(name: str) -> Dataset:
    try:
        return find_dataset(name)
    except ModelError as problem:
        raise TrainingError(problem.sentence.key, **problem.sentence.values) from None


def _trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    everything = dict(model.named_parameters())
    if not everything:
        raise TrainingError("training.no_parameters")
    trainable = {name: parameter for name, parameter in everything.items() if parameter.requires_grad}
    if not trainable:
        raise TrainingError("training.all_frozen", count=len(everything))
    return trainable


def _loop(
    model: nn.Module,
    dataset: Dataset,
    request: TrainingRequest,
    parameters: Mapping[str, nn.Parameter],
    reporter: Reporter,
) -> None:
    optimizer = _optimizer(request, list(parameters.values()))
    loss_fn: nn.Module = nn.MSELoss() if dataset.kind == "regression" else nn.CrossEntropyLoss()
    for step, (x, y) in enumerate(_batches(dataset, request), start=1):
        output = _forward(model, x, dataset, first=step == 1)
        loss: Tensor = loss_fn(output, y)
        optimizer.zero_grad()
        if not loss.requires_grad:
            raise TrainingError("training.no_grad_fn")
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        reporter.add(step, loss, parameters.values(), _accuracy(output, y, dataset))
        if not math.isfinite(loss.item()):
            raise TrainingError(
                "training.not_finite", step=step, loss=number(loss.item()), lr=f"{request.learning_rate:g}"
            )
        optimizer.step()


def _forward(model: nn.Module, x: Tensor, dataset: Dataset, *, first: bool) -> Tensor:
    """The output for one batch; the first one that fails is looked into for a sentence on sizes."""
    try:
        output = model(x)
    except Exception:
        reason = explain_input(model, dataset) if first else None
        if reason is None:
            raise
        raise reason from None
    return check_output(output, len(x), dataset, model)


def _optimizer(request: TrainingRequest, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    rate = request.learning_rate
    match request.optimizer:
        case "SGD":
            return torch.optim.SGD(parameters, lr=rate, momentum=request.momentum)
        case "RMSprop":
            return torch.optim.RMSprop(parameters, lr=rate, momentum=request.momentum)
        case "Adam":
            return torch.optim.Adam(parameters, lr=rate)
        case "AdamW":
            return torch.optim.AdamW(parameters, lr=rate)
        case "Adagrad":
            return torch.optim.Adagrad(parameters, lr=rate)


def _batches(dataset: Dataset, request: TrainingRequest) -> Iterator[tuple[Tensor, Tensor]]:
    """One batch a step, `request.steps` of them: shuffled anew each epoch; all points in their order where they fit in one."""
    points, targets = (tensor.to(request.device) for tensor in make(dataset, request.seed))
    size, count = request.batch_size, len(points)
    shuffle = torch.Generator(device="cpu").manual_seed(request.seed)
    left = request.steps
    while left:
        if size >= count:
            yield points, targets
            left -= 1
            continue
        order = torch.randperm(count, generator=shuffle, device="cpu").to(request.device)
        starts = range(0, count, size)[:left]
        for start in starts:
            chosen = order[start : start + size]
            yield points[chosen], targets[chosen]
        left -= len(starts)


def _accuracy(output: Tensor, target: Tensor, dataset: Dataset) -> float | None:
    if dataset.kind == "regression":
        return None
    return (output.argmax(dim=1) == target).float().mean().item()
