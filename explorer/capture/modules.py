"""Which module a call is inside: by ``nn.Module.__call__``, which is ours while it is watched, and calls torch's.

Torch's global hooks would tell the same, but lead every call another way, which costs four times as much.
Cannot see: a module's ``forward`` called directly.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import msgspec
from torch import nn


class ModuleCall(msgspec.Struct, eq=False, gc=False):
    """One call of a module: `call` counts the calls of this module from 0."""

    module: nn.Module
    call: int
    outer: ModuleCall | None


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
        own = nn.Module.__call__
        count = self._count

        def called(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            outer, number = self.current, count[module]
            self.current = ModuleCall(module, number, outer)
            count[module] = number + 1
            try:
                return own(module, *args, **kwargs)
            finally:
                self.current = outer

        nn.Module.__call__ = called  # type: ignore[method-assign]  # meant: put back below
        try:
            yield
        finally:
            nn.Module.__call__ = own  # type: ignore[method-assign]  # as it was
            self.current = None


class ModulePaths:
    """Names for modules: those of the variables that hold them, else that of the class of the outermost that was called: ``Linear``, ``Linear (2)``."""

    def __init__(self, held: Iterable[tuple[str, nn.Module]]) -> None:
        """`held` are modules by name; of several names of one the first counts."""
        self._paths: dict[nn.Module, str] = {}
        self._alike: Counter[str] = Counter()
        for name, module in held:
            self._add(module, name)

    def path(self, call: ModuleCall | None) -> str | None:
        if call is None:
            return None
        known = self._paths.get(call.module)
        if known is None:
            outermost = call
            while outermost.outer is not None:
                outermost = outermost.outer
            for module in (outermost.module, call.module):
                if module not in self._paths:
                    self._add(module, self._class_name(module))
            known = self._paths[call.module]
        return known

    def classes(self, paths: Iterable[str]) -> dict[str, str]:
        """Class names by path, of the modules at `paths` and of those around them."""
        wanted = {
            path[:end] for path in set(paths) for end in (*(at for at, sign in enumerate(path) if sign == "."), None)
        }
        return {path: type(module).__name__ for module, path in self._paths.items() if path in wanted}

    def _class_name(self, module: nn.Module) -> str:
        """Of a module without a name; those of one class are counted."""
        name = type(module).__name__
        self._alike[name] += 1
        return name if self._alike[name] == 1 else f"{name} ({self._alike[name]})"

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
