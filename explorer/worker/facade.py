"""What typed code sees of Python and torch: immutable views that show the names of `explorer.worker.offered` and nothing else.

Views are built once, before the fork; each look-up goes to the real module, so that whoever records a run may put his own
``torch.autograd.backward`` there. Classes and functions are the real ones: ``isinstance`` and subclassing work as in any torch.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, ModuleType
from typing import Any, NoReturn

import torch.utils.data

from explorer.ir import Sentence
from explorer.words import tell
from explorer.worker.hub import calls
from explorer.worker.names import BUILTINS, PRESETS, hidden
from explorer.worker.offered import OFFERED, SETTABLE


class NotAvailableError(AttributeError):
    """A name that a module has, but does not show here; `sentence` is the same text for translation."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(tell(sentence))
        self.sentence = sentence


class Look:
    """What one view shows, and what it says of the rest."""

    def __init__(self, path: str, module: object, own: Mapping[str, object]) -> None:
        self.path = path
        self.module = module
        self.own = own
        self.shown = frozenset(name for name in OFFERED[path].split() if hasattr(module, name)) | own.keys()
        self.settable = frozenset(SETTABLE.get(path, "").split())

    def get(self, name: str) -> object:
        if name in self.own:
            return self.own[name]
        if name in self.shown:
            return getattr(self.module, name)
        raise self.missing(name)

    def put(self, name: str, value: object) -> None:
        if name not in self.settable or not isinstance(value, bool):
            raise NotAvailableError(Sentence(key="gate.change", values={"name": f"{self.path}.{name}"}))
        setattr(self.module, name, value)

    def missing(self, name: str) -> AttributeError:
        """Hidden: our sentence. Not there at all: Python's own words."""
        if self.hides(name):
            path = f"{self.path}.{name}"
            return NotAvailableError(Sentence(key=hidden(path), values={"name": path}))
        return AttributeError(f"module '{self.path}' has no attribute '{name}'")

    def hides(self, name: str) -> bool:
        """Whether the real module has a public name that this view does not show."""
        if name.startswith("_") or name in self.shown:
            return False
        try:
            return hasattr(self.module, name)
        except ImportError:  # one that numpy would import now (numpy.testing), which a jailed run cannot
            return True


class Facade:
    """A module as typed code sees it: no attribute but those it shows, none that can be set but a few switches.

    It has no ``__name__`` on purpose: for ``from m import n`` Python would look for ``sys.modules[m.__name__ + ".n"]`` when
    ``m`` has no ``n``, and find the real module.
    """

    __slots__ = ("_look",)
    _look: Look

    def __init__(self, look: Look) -> None:
        object.__setattr__(self, "_look", look)

    def __getattribute__(self, name: str) -> object:
        return look_of(self).get(name)

    def __setattr__(self, name: str, value: object) -> None:
        look_of(self).put(name, value)

    def __delattr__(self, name: str) -> NoReturn:
        raise NotAvailableError(Sentence(key="gate.change", values={"name": f"{look_of(self).path}.{name}"}))

    def __dir__(self) -> list[str]:
        return sorted(look_of(self).shown)  # for who looks for the name that was meant

    def __repr__(self) -> str:
        return f"<module '{look_of(self).path}'>"


def look_of(view: Facade) -> Look:
    """What stands behind a view; typed code cannot name it."""
    look: Look = object.__getattribute__(view, "_look")
    return look


class _OneProcessLoader(torch.utils.data.DataLoader[Any]):
    """torch's DataLoader without worker processes, which a run cannot start."""

    def __init__(self, dataset: Any, *args: Any, **options: Any) -> None:
        super().__init__(dataset, *args, **options)
        if self.num_workers or self.pin_memory:
            raise NotAvailableError(Sentence(key="gate.loader"))


_OneProcessLoader.__name__ = _OneProcessLoader.__qualname__ = "DataLoader"
_OneProcessLoader.__module__ = torch.utils.data.DataLoader.__module__


def _wraps(wrapped: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """functools.wraps without its options, which read and write attributes by text."""
    return functools.wraps(wrapped)


_OWN: Mapping[str, Mapping[str, object]] = {
    "torch": {"__version__": str(torch.__version__)},
    "numpy": {"__version__": str(importlib.import_module("numpy").__version__)},
    "torch.utils.data": {"DataLoader": _OneProcessLoader},
    "torch.hub": {"load": calls.load, "list": calls.names, "help": calls.about, **calls.DOWNLOADS},
    "functools": {"wraps": _wraps},
}
"""Members that differ from the real module's."""


def _build() -> Mapping[str, Facade]:
    views: dict[str, Facade] = {}
    for path in sorted(OFFERED, key=len, reverse=True):  # inner modules first
        inner = {name[len(path) + 1 :]: view for name, view in views.items() if name.rpartition(".")[0] == path}
        views[path] = Facade(Look(path, _real(path), {**_OWN.get(path, {}), **inner}))
    return MappingProxyType(views)


def _real(path: str) -> object:
    """The module of that path; ``torch.backends.cuda.matmul`` is an object in a module instead."""
    outer, _, name = path.rpartition(".")
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        return getattr(_real(outer), name)


MODULES = _build()
"""The modules that typed code may import, by the name it writes."""


class _TypeOfTypes(type):
    """Makes ``isinstance(torch.Tensor, type)`` true for the `type` of typed code."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, type)

    def __repr__(cls) -> str:
        return "<class 'type'>"


class _Type(metaclass=_TypeOfTypes):
    """``type(x)`` with one argument; it never hands out a metaclass, since calling one builds a class past the gate."""

    def __new__(cls, value: object) -> Any:
        kind = type(value)
        return _Type if issubclass(kind, type) else kind


def _import(
    name: str,
    within: Mapping[str, object] | None = None,
    local: Mapping[str, object] | None = None,
    names: Sequence[str] | None = None,
    level: int = 0,
) -> Facade | None:
    """``import`` of typed code: it gets views.

    C code of torch and numpy imports through here as well when typed code called it (``PyImport_Import`` takes the builtins
    of the innermost Python frame). It asks with a list for `names`, which no ``import`` line does, and ignores the answer.
    """
    if isinstance(names, list):
        if name not in sys.modules:
            importlib.import_module(name)
        return None
    if level or name not in MODULES:
        raise ImportError(tell(Sentence(key="gate.import", values={"name": name or "."})))
    return MODULES[name if names else name.partition(".")[0]]


def _builtins() -> dict[str, object]:
    shown = {name: getattr(builtins, name) for name in BUILTINS}
    real = {"__build_class__": builtins.__build_class__, "__import__": _import, "__name__": "builtins"}
    return shown | real | {"type": _Type}


_BUILTINS = _builtins()


def fresh_builtins() -> dict[str, Any]:
    """What typed code finds as ``__builtins__``."""
    return dict(_BUILTINS)


def namespace() -> dict[str, object]:
    """Fresh globals for one run: the allowed builtins, ``__name__ == "__main__"``, and views as `torch nn F optim math np random`."""
    presets = {name: MODULES[path] for name, path in PRESETS.items()}
    return {"__builtins__": fresh_builtins(), "__name__": "__main__", **presets}


def is_module(value: object) -> bool:
    """Whether a value found in a namespace is a view (or a module), so no variable of the run."""
    return isinstance(value, Facade | ModuleType)
