"""Which overload of an operator was asked for, where the profiler tells its name and its arguments' shapes alone.

The number of arguments and which of them are tensors with dimensions leave one overload in four of five cases. The rest
is decided by torch's own matching of the call's arguments, by what the kernel asked in turn, and at last by preferring numbers
to 0-dim tensors, which kernels seldom hand on. What then is still open stays open: no overload rather than a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explorer.capture import dispatcher
from explorer.capture.dispatcher import Asked

_TENSOR = ("Tensor", "Optional[Tensor]")
_ASKS = {
    "aten::fill_.Tensor": "aten::copy_",
    "aten::rsub.Scalar": "aten::sub",
    "aten::split.sizes": "aten::split_with_sizes",
}
"""What the kernel of an overload asks for, and that of no other overload does."""


class Overloads:
    """Schemas by name; answers are kept, since kernels ask the same again and again."""

    def __init__(self) -> None:
        self._fitting: dict[tuple[str, tuple[bool, ...]], list[Any]] = {}
        self._answers: dict[Any, Any] = {}

    def of(self, asked: Asked, parent: Any, choose: Callable[[], str | None]) -> Any:
        """The schema of what was asked; None where several would do.

        Args:
            asked: the question to the dispatcher.
            parent: the schema of the operator whose kernel asked it; None for what Python asked.
            choose: finds the overload that fits Python's arguments, where that can be known; it is asked where one is still open.
        """
        name, given = asked.name, tuple([bool(shape) for shape in asked.shapes])
        fitting = (_OF_TORCH if name.startswith("aten::") else self._fitting).get((name, given))
        if fitting is None:
            fitting = [schema for schema in dispatcher.overloads(name) if _fits(schema, given)]
            (_OF_TORCH if name.startswith("aten::") else self._fitting)[name, given] = fitting
        if len(fitting) == 1:
            return fitting[0]
        inner, chosen = frozenset(one.name for one in asked.inner), choose()
        key = (name, given, inner, None if parent is None else dispatcher.full_name(parent), chosen)
        if key not in self._answers:
            self._answers[key] = _find(fitting, name, inner, parent, chosen)
        return self._answers[key]


_OF_TORCH: dict[tuple[str, tuple[bool, ...]], list[Any]] = {}
"""As `Overloads._fitting`, of torch's own operators, which do not change from run to run."""


def _find(fitting: list[Any], name: str, inner: frozenset[str], parent: Any, chosen: str | None) -> Any:
    left = fitting
    for holds in (
        lambda schema: schema.overload_name == chosen,
        lambda schema: not _writes_out(schema),
        lambda schema: parent is None or dispatcher.full_name(schema) != dispatcher.full_name(parent),
        lambda schema: _ASKS.get(dispatcher.full_name(schema)) in inner,
        lambda schema: dispatcher.full_name(schema) not in _ASKS,
        lambda schema: _is_composite(schema) == (name in inner),
        lambda schema: not schema.overload_name,
    ):
        left = _those(left, holds)
    fewest = min((_tensors(schema) for schema in left), default=0)
    left = _those(left, lambda schema: _tensors(schema) == fewest)
    return left[0] if len(left) == 1 else None


def _those(schemas: list[Any], holds: Callable[[Any], bool]) -> list[Any]:
    """The schemas for which it holds, or all where it holds for none."""
    return [schema for schema in schemas if holds(schema)] or schemas


def _fits(schema: Any, given: tuple[bool, ...]) -> bool:
    arguments = schema.arguments
    return len(arguments) == len(given) and all(
        not has_dimensions or str(one.type) in _TENSOR for one, has_dimensions in zip(arguments, given, strict=True)
    )


def _tensors(schema: Any) -> int:
    return sum(str(one.type) in _TENSOR for one in schema.arguments)


def _writes_out(schema: Any) -> bool:
    return any(one.is_out for one in schema.arguments)


def _is_composite(schema: Any) -> bool:
    """Whether its kernel calls operators. Beside an overload with kernels of backends it is there to prepare arguments for that one."""
    name = dispatcher.full_name(schema)
    return any(dispatcher.has_kernel(name, key) for key in ("CompositeImplicitAutograd", "CompositeExplicitAutograd"))
