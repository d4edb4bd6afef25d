"""The calls of torch while a training runs, told to whoever listens just now: the function, what it was given, where it was made.

Most steps nobody listens, and then nothing stands between the code and torch. Cannot see: calls that C++ makes inside one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch.overrides import TorchFunctionMode

from explorer.capture.modules import ModuleCall, ModuleCalls
from explorer.capture.private import lowest_mode
from explorer.capture.source import Source


class Call(NamedTuple):
    """One call of torch that is about to be made."""

    function: str
    inputs: Sequence[Any]
    """Positional arguments, then those by keyword."""
    module: ModuleCall | None
    """The innermost call of a module that runs."""
    line: int | None


Hear = Callable[[Call], Callable[[Any], None] | None]
"""Is told of a call before it is made; what it returns is told the output, where it wants to know."""


class Calls(TorchFunctionMode):
    """Is in force only while `heard`, which may begin and end anywhere in the code. What a listener itself calls is not told."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._hear: Hear = _nobody
        self._modules = ModuleCalls()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        place = self._source.here(self._source.frame())
        call = Call(getattr(func, "__name__", ""), (*args, *given.values()), self._modules.current, place.line)
        told = self._hear(call)
        output = func(*args, **given)
        if told is not None:
            told(output)
        return output

    @contextmanager
    def heard(self, hear: Hear) -> Iterator[None]:
        """Tell `hear` of every call until the block ends."""
        self._hear = hear
        with lowest_mode(self), self._modules.watching():
            yield


def _nobody(_call: Call) -> None:
    """Does not want to know."""


def tensors_in(value: Any) -> list[torch.Tensor]:
    """The tensors of an output or of arguments: itself, or those in tuples and lists."""
    if isinstance(value, tuple | list):
        return [tensor for one in value for tensor in tensors_in(one)]
    return [value] if isinstance(value, torch.Tensor) else []
