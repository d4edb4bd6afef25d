"""The sentence on a number that is not finite: where it began, what the call was given, and what to try."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explorer.training.calls import Call, tensors_in
from explorer.training.diverged import Origin
from explorer.training.error import DivergedError, TrainingError, shown

_FORWARD = {
    "logarithm": {"log", "log2", "log10", "log1p", "logit", "xlogy"},
    "quotient": {"div", "divide", "true_divide", "__truediv__", "__rtruediv__", "__rdiv__", "reciprocal", "rsqrt"},
    "root": {"sqrt", "pow", "__pow__", "float_power"},
    "growth": {"exp", "exp2", "expm1", "sinh", "cosh", "prod", "cumprod"},
}
"""Functions of a kind, by what is to be tried; those that end in an underscore are the same."""

_BACKWARD = {
    "root": {"Sqrt", "Rsqrt", "Pow"},
    "quotient": {"Div", "Reciprocal", "Log", "Log2", "Log10", "Log1P", "Logit"},
}
"""What stands before ``Backward`` in the names of grad_fns whose derivative has no bound near 0."""

_LARGE = 1e15
"""A number whose square is near the end of float32."""


def told(noticed: DivergedError, origin: Origin) -> TrainingError:
    """What to tell of a number that was `noticed`, now that its origin is known."""
    kind = _kind(origin)
    values = {"place": origin.place, "node": origin.node, "given": origin.given, "parameter": noticed.parameter}
    low, high = _range(origin.ranges[-1:] if kind == "quotient" else origin.ranges)
    values |= {"loss": shown(noticed.loss), "value": shown(origin.value), "low": shown(low), "high": shown(high)}
    line = origin.call.line if origin.call is not None else None
    return TrainingError(f"training.not_finite.{kind}", step=noticed.step, **values).at(line)


def _kind(origin: Origin) -> str:
    if origin.node:
        return f"gradient.{_kind_of_node(origin)}"
    return "given" if origin.call is None or origin.given else _kind_of_call(origin.call, origin)


def _kind_of_call(call: Call, origin: Origin) -> str:
    function, inputs = call.function, call.inputs
    if any(isinstance(value, float) and not math.isfinite(value) for value in inputs):
        return "constant"
    if any(not tensor.numel() for tensor in tensors_in(inputs)):
        return "nothing"
    kinds = (kind for kind, functions in _FORWARD.items() if {function, function.removesuffix("_")} & functions)
    return next(kinds, "growth" if origin.value != "NaN" or _is_large(origin) else "domain")


def _kind_of_node(origin: Origin) -> str:
    kinds = (kind for kind, names in _BACKWARD.items() if origin.node.partition("Backward")[0] in names)
    return next(kinds, "growth" if _is_large(origin) else "domain")


def _is_large(origin: Origin) -> bool:
    return max(map(abs, _range(origin.ranges))) > _LARGE


def _range(ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Over all of them; NaN where there are none."""
    return min((low for low, _ in ranges), default=math.nan), max((high for _, high in ranges), default=math.nan)
