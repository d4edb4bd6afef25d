"""The calls of torch while a training runs, told to whoever listens just now: the function, its output, where it was made.

Most steps nobody listens, and a call costs a microsecond more. Cannot see: calls that C++ makes inside one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from explorer.capture.source import Source


class Call(NamedTuple):
    """One call of torch."""

    function: str
    output: Any
    inputs: Sequence[Any]
    module: str
    """Path of the innermost module that runs, of those of the model; empty outside of it."""
    own: bool
    """Whether that module is one of PyTorch's own classes."""
    line: int | None


class Calls(TorchFunctionMode):
    """Enter it once around the code; `heard` listens for a while."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._hear: Callable[[Call], None] | None = None
        self._running: list[tuple[str, bool]] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        hear = self._hear
        if hear is not None:
            self._hear = None  # what the listener itself calls is not told
            try:
                module, own = self._running[-1] if self._running else ("", False)
                frame = next(self._source.frames(), None)
                place = self._source.here(frame)
                hear(Call(getattr(func, "__name__", ""), result, args, module, own, place.line))
            finally:
                self._hear = hear
        return result

    @contextmanager
    def heard(self, model: nn.Module, hear: Callable[[Call], None]) -> Iterator[None]:
        """Tell `hear` of every call until the block ends; the model's modules are known by hooks, taken off again."""
        with ExitStack() as stack:
            for path, module in model.named_modules():
                own = type(module).__module__.startswith("torch.nn")
                before = module.register_forward_pre_hook(self._enter(path, own))
                after = module.register_forward_hook(self._leave, always_call=True)
                stack.callback(before.remove)
                stack.callback(after.remove)
            self._hear = hear
            try:
                yield
            finally:
                self._hear = None
                self._running = []

    def _enter(self, path: str, own: bool) -> Callable[[nn.Module, Any], None]:
        def enter(_module: nn.Module, _inputs: Any) -> None:
            self._running.append((path, own))

        return enter

    def _leave(self, _module: nn.Module, _inputs: Any, _output: Any) -> None:
        if self._running:
            self._running.pop()


def tensors_in(value: Any) -> list[torch.Tensor]:
    """The tensors of an output: itself, or those of a tuple."""
    found = value if isinstance(value, tuple | list) else (value,)
    return [one for one in found if isinstance(one, torch.Tensor)]
