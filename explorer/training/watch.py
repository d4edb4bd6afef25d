"""Watching a loop that the person wrote: by torch's own hooks around every optimizer's step, and the call of backward before it.

The loop runs as it stands, and its numbers are those of plain PyTorch bit for bit: what is measured is read, and what the model is
asked leaves no trace (`undisturbed`). Memory does not grow with the steps: what is known of one is sent.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from explorer.capture.private import quiet
from explorer.capture.source import Source
from explorer.capture.structure import structure
from explorer.ir import (
    LayerState,
    Number,
    Predictions,
    Scores,
    TrainingFrame,
    TrainingPoint,
    TrainingPoints,
    TrainingSnapshot,
    TrainingStart,
    number,
)
from explorer.training.activations import Activations
from explorer.training.backwards import told_of_backward
from explorer.training.calls import Calls
from explorer.training.data import Data
from explorer.training.error import DivergedError, TrainingError, shown
from explorer.training.fitting import misfit
from explorer.training.model import find_model, trainable
from explorer.training.predictions import floats, predictions
from explorer.training.scaled import left_out, scale_of, told_of_skips
from explorer.training.schedule import Plan, Schedule, planned
from explorer.training.scores import loss_of, plain_norm, scores
from explorer.training.spread import spread
from explorer.training.steering import Steering
from explorer.training.surface import surface, two_numbers, values_of
from explorer.training.undisturbed import undisturbed

Emit = Callable[[TrainingFrame], None]

REPORT_SECONDS = 0.05
"""Points are sent together, this often: a fast loop is not slowed by its own report."""

MOST_DRAWN = 1_000
"""Rows that are sent to be drawn under predictions."""

MOST_PATH = 10_000
"""Places of a path of two numbers that are kept for the landscape's corners."""


class Watch:
    """One training run: the code runs inside of `watching`, then comes `finish`."""

    def __init__(self, code: str, names: dict[str, Any], data: Data, emit: Emit, steering: Steering) -> None:
        self._names, self._data, self._emit, self._steering = names, data, emit, steering
        self._source = Source(code)
        self._calls = Calls(self._source)
        self._schedule = Schedule(Plan())
        self._model: nn.Module | None = None
        self._parameters: dict[str, nn.Parameter] = {}
        self._step = 0
        self._loss: Number = "NaN"
        self._norms: list[float] = []
        self._skipped = 0
        """Steps that a GradScaler left out."""
        self._graphs: tuple[int, dict[str, None]] = (0, {})
        """A step, and names of the graphs that its backward has gone through."""
        self._points: list[TrainingPoint] = []
        self._path: list[tuple[float, ...]] = []
        self._listening: ExitStack | None = None
        self._activations: Activations | None = None
        self._weights: list[Tensor] = []
        self._began = self._sent = time.perf_counter()
        self._own_data = False
        """Whether the model does not take the data that it was given."""
        self._single = False
        """Pause again after the next step."""
        self._inside = False
        """Whether an optimizer's step is on, which may ask for the loss several times."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within the block every step of an optimizer is told."""
        before = register_optimizer_step_pre_hook(self._before_step)
        after = register_optimizer_step_post_hook(self._after_step)
        try:
            with told_of_backward(self._look_at), told_of_skips(self._skip):
                yield
        finally:
            before.remove()
            after.remove()
            self._stop_listening()
            self._flush()

    def finish(self) -> None:
        """Tell how the model is at the end; raises `TrainingError` where nothing was learned."""
        if self._model is None:
            find_model(self._names)
            raise TrainingError("training.no_steps")
        if self._skipped and not self._step:
            raise TrainingError("training.all_skipped", count=self._skipped)
        if self._step not in (self._schedule.last, 0):
            self._emit(self._snapshot(self._step, updates=None))
        if two_numbers(self._parameters):
            with undisturbed(self._model):
                loss_fn = loss_of(self._names, self._data)
                self._emit(surface(self._model, self._parameters, loss_fn, self._data, self._path))

    def reason_to_fail(self, problem: Exception) -> TrainingError | None:
        """Why the code failed, where it did so before its first step and model and data do not fit."""
        model = self._names.get("model")
        if self._step or isinstance(problem, TrainingError) or not isinstance(model, nn.Module):
            return None
        return misfit(model, self._data.dataset)

    # --- what the hooks do ---

    def _look_at(self, loss: Tensor) -> None:
        if self._model is None:
            self._begin()
        if not loss.requires_grad:
            raise TrainingError("training.no_grad_fn")
        value = loss.item()
        self._loss = number(value)
        self._note_graph(loss)
        if not math.isfinite(value):
            raise self._diverged()

    def _begin(self) -> None:
        self._model = model = find_model(self._names)
        self._parameters = trainable(model)
        elements = sum(parameter.numel() for parameter in self._parameters.values())
        self._schedule = Schedule(planned(self._names, len(self._data.x_train)), elements)
        drawn = self._data.dataset.inputs <= 2
        self._emit(
            TrainingStart(
                parameters=tuple(self._parameters),
                parameter_count=sum(parameter.numel() for parameter in model.parameters()),
                shapes=tuple(tuple(parameter.shape) for parameter in self._parameters.values()),
                steps=self._schedule.steps,
                kind=self._data.dataset.kind,
                outputs=self._data.dataset.outputs,
                train_rows=len(self._data.x_train),
                validation_rows=len(self._data.x_val),
                inputs=floats(self._data.x_train[:MOST_DRAWN]) if drawn else b"",
                targets=floats(self._data.y_train[:MOST_DRAWN]) if drawn else b"",
            )
        )
        self._remember_place()

    def _before_step(self, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        if self._model is None:
            self._begin()
        self._inside = True
        if _closure(args, kwargs) is None:
            self._stop_listening()  # what an optimizer calls is no activation
            self._read_gradients(scale_of(optimizer))
        if self._schedule.due(self._step + 1):
            with quiet():
                self._weights = [parameter.detach().clone() for parameter in self._parameters.values()]

    def _after_step(self, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        if _closure(args, kwargs) is not None:
            self._read_gradients()
        self._inside = False
        if left_out(optimizer):
            return
        self._step += 1
        self._add_point(optimizer)
        self._look_at_gradients()
        if self._schedule.due(self._step):
            self._stop_listening()
            self._flush()
            self._emit(self._snapshot(self._step, self._updates()))
            self._schedule.taken(self._step)
        if self._schedule.due(self._step + 1):
            self._listen()
        if time.perf_counter() - self._sent >= REPORT_SECONDS:
            self._flush()
        self._obey()

    # --- what is told ---

    def _read_gradients(self, scale: float = 1.0) -> None:
        with quiet():
            gradients = [parameter.grad for parameter in self._parameters.values()]
            if scale != 1:
                gradients = [None if gradient is None else gradient / scale for gradient in gradients]
            self._norms = [plain_norm(gradient) for gradient in gradients]

    def _add_point(self, optimizer: torch.optim.Optimizer) -> None:
        self._remember_place()
        self._points.append(
            TrainingPoint(
                step=self._step,
                loss=self._loss,
                gradient_norm=number(math.hypot(*self._norms)),
                layer_norms=tuple([number(norm) for norm in self._norms]),
                learning_rate=number(float(optimizer.param_groups[0].get("lr", 0.0))),
                seconds=time.perf_counter() - self._began,
                values=tuple([number(value) for value in self._path[-1]]) if self._path else (),
            )
        )

    def _remember_place(self) -> None:
        if two_numbers(self._parameters):
            if len(self._path) >= MOST_PATH:
                del self._path[1:-1:2]
            self._path.append(values_of(self._parameters))

    def _updates(self) -> list[Number | None] | None:
        """Norm of each parameter's change over its norm before."""
        if len(self._weights) != len(self._parameters):
            return None
        found: list[Number | None] = []
        with quiet():
            for parameter, before in zip(self._parameters.values(), self._weights, strict=True):
                norm = plain_norm(before)
                found.append(number(plain_norm(parameter.detach() - before) / norm) if norm else None)
        self._weights = []
        return found

    def _snapshot(self, step: int, updates: list[Number | None] | None) -> TrainingSnapshot:
        with quiet():
            layers = self._layers(updates)
        train, validation, said = self._asked()
        heard, self._activations = self._activations, None
        graph_step, graphs = self._graphs
        return TrainingSnapshot(
            step=step,
            train=train,
            validation=validation,
            layers=layers,
            activations=tuple(heard.found) if heard is not None else (),
            graph=" ".join(graphs) if graph_step == step and all(graphs) else "",
            skipped=self._skipped,
            predictions=said,
        )

    def _layers(self, updates: list[Number | None] | None) -> tuple[LayerState, ...]:
        return tuple(
            [
                LayerState(
                    weight=spread(parameter),
                    norm=number(plain_norm(parameter.detach())),
                    gradient=None if parameter.grad is None else spread(parameter.grad),
                    update=None if updates is None else updates[index],
                )
                for index, parameter in enumerate(self._parameters.values())
            ]
        )

    def _skip(self) -> None:
        self._skipped += 1

    def _note_graph(self, loss: Tensor) -> None:
        """Name the graph of a step that gets a snapshot, as far as that is known before it."""
        step = self._step + 1
        if not self._schedule.due(step) and step != self._schedule.steps:
            return
        if self._graphs[0] != step:
            self._graphs = step, {}
        self._graphs[1][structure(loss, {id(one): name for name, one in self._parameters.items()})] = None

    def _asked(self) -> tuple[Scores, Scores | None, Predictions | None]:
        """What the model says of the data; nothing once it turned out not to take it, as where the code trains on data of its own."""
        data, model = self._data, self._model
        assert model is not None
        if self._own_data:
            return Scores(), None, None
        loss_fn = loss_of(self._names, data)
        try:
            with undisturbed(model):
                train = scores(model, loss_fn, data.x_train, data.y_train)
                return train or Scores(), scores(model, loss_fn, data.x_val, data.y_val), predictions(model, data)
        except Exception:  # whatever the model's code raises, the training goes on
            self._own_data = True
            return Scores(), None, None

    def _listen(self) -> None:
        if self._listening is None and self._model is not None:
            self._activations = Activations(self._model)
            self._listening = ExitStack()
            self._listening.enter_context(self._calls.heard(self._activations.hear))

    def _stop_listening(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    def _flush(self) -> None:
        """Send what was not sent yet."""
        if self._points:
            self._emit(TrainingPoints(points=tuple(self._points)))
            self._points = []
        self._sent = time.perf_counter()

    # --- what it is told, and what goes wrong ---

    def _obey(self) -> None:
        """Do what a person has told; a pause lasts until the next word, and its time does not count."""
        told = self._steering.heard()
        command = told.command if told is not None else "pause" if self._single else "resume"
        if command == "pause":
            self._flush()
            paused = time.perf_counter()
            while (command := self._steering.wait().command) == "pause":
                pass
            self._began += time.perf_counter() - paused
        self._single = command == "step"

    def _diverged(self) -> TrainingError:
        """What is known of a loss that is not finite before the step is run again."""
        weights = _odd_one({name: one.detach() for name, one in self._parameters.items()})
        if not weights or self._inside:
            return DivergedError(self._step + 1, self._loss, weights)
        facts = {"step": self._step + 1, "loss": shown(self._loss), "weights": weights, "before": self._step}
        return TrainingError(f"training.not_finite.{'weights' if self._step else 'initial'}", **facts)

    def _look_at_gradients(self) -> None:
        """Raises a `DivergedError` where the step took gradients that are not finite, and the parameters are lost with them."""
        if math.isfinite(sum(self._norms)):
            return
        odd = _odd_one({name: one.grad for name, one in self._parameters.items() if one.grad is not None})
        if odd and _odd_one({name: one.detach() for name, one in self._parameters.items()}):
            raise DivergedError(self._step, self._loss, odd)


def _odd_one(tensors: Mapping[str, Tensor]) -> str:
    """Name of the first that holds a number that is not finite; empty where all are."""
    return next((name for name, one in tensors.items() if not one.isfinite().all()), "")


def _closure(args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What ``step`` was given to call, as L-BFGS wants it. A hook's arguments begin with the optimizer itself."""
    given = [one for one in args if not isinstance(one, torch.optim.Optimizer)]
    return kwargs.get("closure", given[0] if given else None)
