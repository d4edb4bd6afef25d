"""Which module a call is inside: by torch's global forward hooks, taken off again afterwards.

Cannot see: a module's ``forward`` called directly, which runs no hooks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook


class ModuleCall:
    """One call of a module: `call` counts the calls of this module from 0."""

    __slots__ = ("call", "module", "outer")

    def __init__(self, module: nn.Module, call: int, outer: ModuleCall | None) -> None:
        self.module, self.call, self.outer = module, call, outer


class RunningModule(Protocol):
    """Who knows the innermost module call that is running."""

    @property
    def current(self) -> ModuleCall | None: ...


class ModuleCalls:
    """Follows the calls of modules while `watching`; `current` is the innermost that is running."""

    def __init__(self) -> None:
        self.current: ModuleCall | None = None
        self._count: defaultdict[nn.Module, int] = defaultdict(int)

    @contextmanager
    def watching(self) -> Iterator[None]:
        before = register_module_forward_pre_hook(self._enter)
        after = register_module_forward_hook(self._leave, always_call=True)
        try:
            yield
        finally:
            before.remove()
            after.remove()
            self.current = None

    def _enter(self, module: nn.Module, _inputs: Any) -> None:
        self.current = ModuleCall(module, self._count[module], self.current)
        self._count[module] += 1

    def _leave(self, module: nn.Module, _inputs: Any, _output: Any) -> None:
        while self.current is not None:
            left, self.current = self.current, self.current.outer
            if left.module is module:
                return


class ModulePaths:
    """Names for modules: from the variables that hold them, else from the class of the outermost that was called."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._paths: dict[nn.Module, str] = {}
        for name, value in variables.items():
            if is_module(value):
                self._add(value, name)

    def path(self, call: ModuleCall | None) -> str | None:
        if call is None:
            return None
        if call.module not in self._paths:
            outermost = call
            while outermost.outer is not None:
                outermost = outermost.outer
            self._add(outermost.module, type(outermost.module).__name__)
        return self._paths.setdefault(call.module, type(call.module).__name__)

    def classes(self, paths: Iterable[str]) -> dict[str, str]:
        """Class names by path, of the modules at `paths` and of those around them."""
        wanted = {
            path[:end] for path in set(paths) for end in (*(at for at, sign in enumerate(path) if sign == "."), None)
        }
        return {path: type(module).__name__ for module, path in self._paths.items() if path in wanted}

    def _add(self, module: nn.Module, name: str) -> None:
        for inner, path in walk_modules(module, name):
            self._paths.setdefault(inner, path)


def is_module(value: object) -> bool:
    return issubclass(type(value), nn.Module)


def walk_modules(module: nn.Module, name: str) -> Iterator[tuple[nn.Module, str]]:
    """A module and those inside it with their paths, each once, by torch's own tables and no user's method."""
    seen, stack = set(), [(module, name)]
    while stack:
        at, path = stack.pop()
        if id(at) in seen:
            continue
        seen.add(id(at))
        yield at, path
        inner = getattr(at, "_modules", None) or {}
        stack.extend((child, f"{path}.{key}") for key, child in reversed(inner.items()) if is_module(child))
