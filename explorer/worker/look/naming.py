"""Names of dimensions, carried along a real run: a mode of torch sees each call, `explorer.names` says what it does to names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from msgspec.structs import replace
from torch.overrides import TorchFunctionMode

from explorer.capture.forward import tensors_among
from explorer.capture.functions import name_of
from explorer.capture.metas import is_tensor
from explorer.capture.numbers import read_values
from explorer.capture.private import quiet
from explorer.capture.source import Source
from explorer.ir import Given, NamedDims, NamedStep, Sentence
from explorer.names import Dims, NamesError, align, carry, pairs

MOST_STEPS = 80
_POINTWISE = "names.rule.broadcast"


@dataclass
class _Known:
    """A tensor that was seen, kept so that its id stays its own."""

    tensor: torch.Tensor
    names: tuple[str | None, ...]
    root: bool
    variable: str | None = None


@dataclass
class _Draft:
    """One call while the variables of its tensors may still come."""

    step: NamedStep
    inputs: Sequence[torch.Tensor]
    output: torch.Tensor | None


@dataclass
class Naming(TorchFunctionMode):
    """Watches calls while it is entered; `look` after each statement gives variables their names."""

    source: Source
    given: Sequence[Given]
    known: dict[int, _Known] = field(default_factory=dict)
    drafts: list[_Draft] = field(default_factory=list)
    _given_to: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        inputs = tensors_among((*args, *kwargs.values()))
        try:
            returned = func(*args, **kwargs)
        except (RuntimeError, IndexError) as problem:
            with quiet():
                self._refused(name_of(func), inputs, problem)
            raise
        with quiet():
            for output in tensors_among((returned,)):
                self._note(name_of(func), args, kwargs, inputs, output)
        return returned

    def look(self, variables: Mapping[str, Any]) -> None:
        """Give names to the variables that a person named; raises `NamesError` where they do not fit."""
        with quiet():
            for name, value in variables.items():
                if is_tensor(value):
                    one = self.known.setdefault(id(value), _Known(value, (None,) * value.ndim, root=True))
                    one.variable = one.variable or name
                    self._give(name, value, one)

    def told(self) -> tuple[NamedStep, ...]:
        """The calls with a name in them."""
        with quiet():
            steps = [
                replace(
                    draft.step,
                    inputs=tuple(
                        replace(told, variable=self._variable(tensor))
                        for told, tensor in zip(draft.step.inputs, draft.inputs, strict=True)
                    ),
                    output=self._output(draft),
                )
                for draft in self.drafts
            ]
        return tuple(steps)

    def roots(self) -> tuple[NamedDims, ...]:
        """Variables with dimensions that no tensor went into."""
        with quiet():
            return tuple(
                NamedDims(shape=tuple(one.tensor.shape), names=one.names, variable=one.variable)
                for one in self.known.values()
                if one.root and one.variable is not None and one.tensor.ndim
            )

    def _give(self, name: str, value: torch.Tensor, known: _Known) -> None:
        for given in self.given:
            if given.variable == name and given.names and self._given_to.get(name) != id(value):
                if len(given.names) != value.ndim:
                    values = {"name": name, "dims": value.ndim, "shape": tuple(value.shape), "given": len(given.names)}
                    raise NamesError("names.count", **values)
                if name not in self._given_to or known.root:
                    known.names = given.names
                self._given_to[name] = id(value)

    def _note(
        self,
        function: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        inputs: Sequence[torch.Tensor],
        output: torch.Tensor,
    ) -> None:
        carried = carry(
            function,
            [self._dims(value) for value in args],
            {name: self._dims(value) for name, value in kwargs.items()},
            tuple(output.shape),
        )
        known = self.known.get(id(output))
        if known is None or not known.names:
            self.known[id(output)] = _Known(output, carried.names, root=not inputs)
        named = any(name for tensor in inputs for name in self._names(tensor))
        if named and len(self.drafts) < MOST_STEPS:
            hint = self._hint(inputs) if carried.mismatch and carried.rule.key == _POINTWISE else None
            step = self._step(function, inputs, carried.rule, carried.mismatch, hint)
            self.drafts.append(_Draft(step, inputs, output))

    def _refused(self, function: str, inputs: Sequence[torch.Tensor], problem: Exception) -> None:
        """A call that torch refused, where its tensors have names."""
        if any(name for tensor in inputs for name in self._names(tensor)):
            said = Sentence(key="names.mismatch.sizes", values={"said": str(problem).split("\n")[0][:200]})
            step = self._step(function, inputs, Sentence(key=_POINTWISE), said, self._hint(inputs))
            self.drafts.append(_Draft(step, inputs, None))

    def _step(
        self,
        function: str,
        inputs: Sequence[torch.Tensor],
        rule: Sentence,
        mismatch: Sentence | None,
        hint: Sentence | None,
    ) -> NamedStep:
        place = self.source.here(next(self.source.frames(), None))
        told = tuple(NamedDims(shape=tuple(one.shape), names=self._names(one)) for one in inputs)
        return NamedStep(
            line=place.line, text=place.text, function=function, inputs=told, rule=rule, mismatch=mismatch, hint=hint
        )

    def _hint(self, inputs: Sequence[torch.Tensor]) -> Sentence | None:
        """How one of two tensors is brought beside the other by name."""
        if len(inputs) != 2:
            return None
        for one, other in (inputs, inputs[::-1]):
            own, beside = (Dims(tuple(tensor.shape), self._names(tensor)) for tensor in (one, other))
            found = align(own, beside)
            variable = self._variable(one)
            if found is not None and found.code and variable and not all(pair.names_fit for pair in pairs(own, beside)):
                return Sentence(key="names.hint.align", values={"name": variable, "code": variable + found.code})
        return None

    def _output(self, draft: _Draft) -> NamedDims | None:
        if draft.output is None:
            return None
        return NamedDims(
            shape=tuple(draft.output.shape),
            names=self.known[id(draft.output)].names,
            variable=self._variable(draft.output),
            value=read_values(draft.output),
        )

    def _names(self, tensor: torch.Tensor) -> tuple[str | None, ...]:
        known = self.known.get(id(tensor))
        return known.names if known is not None else (None,) * tensor.ndim

    def _variable(self, tensor: torch.Tensor) -> str | None:
        known = self.known.get(id(tensor))
        return known.variable if known is not None else None

    def _dims(self, value: Any) -> Any:
        """An argument with `Dims` in the place of tensors."""
        if is_tensor(value):
            return Dims(tuple(value.shape), self._names(value))
        if type(value) in (list, tuple):
            return type(value)(self._dims(item) for item in value)
        return value
