"""One step of a training, recorded as a run is: the code runs unwatched until the step begins, and ends after it.

Between two steps of an optimizer lies everything that leads to the second: forward, loss, backward. So the recording begins where
step n - 1 has ended and ends where step n has. The numbers are those of the training that was watched: the same code, data and seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from explorer.ir import Number, ParameterUpdate, StepUpdate, number
from explorer.training.error import TrainingError
from explorer.training.scaled import left_out

MOST_ELEMENTS = 4
"""Elements of a parameter that are told."""

MOST_PARAMETERS = 64


class _ReachedError(BaseException):
    """The step has been taken. A BaseException, so that ``except Exception`` in typed code does not go on with the training."""


class SingleStep:
    """Records step `wanted`, from 1; `recording` makes the context that records. `update` is what the optimizer did."""

    def __init__(self, wanted: int, recording: Callable[[], AbstractContextManager[None]]) -> None:
        self.update: StepUpdate | None = None
        self._wanted, self._recording = wanted, recording
        self._taken = 0
        self._before: _Seen | None = None
        self._stack = ExitStack()

    @contextmanager
    def watching(self, names: dict[str, Any]) -> Iterator[None]:
        """Within the block the code runs; `names` are its variables.

        Raises:
            TrainingError: the code ends before that step.
        """
        if self._wanted < 1:
            raise TrainingError("training.step.none", step=self._wanted)
        before = register_optimizer_step_pre_hook(lambda optimizer, *_: self._look(optimizer, names))
        after = register_optimizer_step_post_hook(lambda optimizer, *_: self._count(optimizer, names))
        try:
            if self._wanted == 1:
                self._stack.enter_context(self._recording())
            yield
        except _ReachedError:
            return
        finally:
            self._stack.close()
            before.remove()
            after.remove()
        raise TrainingError("training.step.beyond", step=self._wanted, steps=self._taken)

    def _look(self, optimizer: torch.optim.Optimizer, names: dict[str, Any]) -> None:
        if self._taken == self._wanted - 1:
            self._before = _Seen(optimizer, names)

    def _count(self, optimizer: torch.optim.Optimizer, names: dict[str, Any]) -> None:
        if left_out(optimizer):
            return
        self._taken += 1
        if self._taken == self._wanted - 1:
            self._stack.enter_context(self._recording())
        if self._taken == self._wanted:
            self._stack.close()
            if self._before is not None:
                self.update = self._before.compared(_Seen(optimizer, names))
            raise _ReachedError


class _Seen:
    """The first elements of every parameter, of its gradient and of what the optimizer keeps of it, at one moment."""

    def __init__(self, optimizer: torch.optim.Optimizer, names: dict[str, Any]) -> None:
        known = _parameter_names(names)
        group = optimizer.param_groups[0]
        self.optimizer = type(optimizer).__name__
        self.settings = _settings(group)
        self.parameters: dict[str, ParameterUpdate] = {}
        listed = [parameter for each in optimizer.param_groups for parameter in each["params"]]
        for at, parameter in enumerate(listed[:MOST_PARAMETERS]):
            name = known.get(id(parameter), f"parameter {at}")
            self.parameters[name] = ParameterUpdate(
                name=name,
                shape=tuple(parameter.shape),
                before=_first(parameter),
                gradient=() if parameter.grad is None else _first(parameter.grad),
                after=(),
                state={
                    key: _first(value) for key, value in optimizer.state.get(parameter, {}).items() if _tells(value)
                },
            )

    def compared(self, later: _Seen) -> StepUpdate:
        """What became of each parameter."""
        updates = []
        for name, seen in self.parameters.items():
            then = later.parameters.get(name)
            if then is not None:
                updates.append(
                    ParameterUpdate(
                        name=name,
                        shape=seen.shape,
                        before=seen.before,
                        gradient=seen.gradient,
                        after=then.before,
                        state=then.state,
                        state_before=seen.state,
                    )
                )
        return StepUpdate(optimizer=self.optimizer, settings=self.settings, parameters=tuple(updates))


def _parameter_names(names: dict[str, Any]) -> dict[int, str]:
    model = names.get("model")
    return {id(one): name for name, one in model.named_parameters()} if isinstance(model, torch.nn.Module) else {}


def _settings(group: dict[str, Any]) -> dict[str, Number]:
    found = {key: number(float(value)) for key, value in group.items() if isinstance(value, int | float)}
    for at, beta in enumerate(group.get("betas", ()), start=1):
        found[f"beta{at}"] = number(float(beta))
    return found


def _tells(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, Tensor) and value.layout is torch.strided)


def _first(value: Any) -> tuple[Number, ...]:
    """The first elements of a tensor, or the number itself."""
    if isinstance(value, Tensor):
        return tuple([number(float(one)) for one in value.detach().reshape(-1)[:MOST_ELEMENTS].tolist()])
    return (number(float(value)),)
