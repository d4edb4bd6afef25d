"""Autograd Explorer: see what PyTorch does with an expression, its graph, its gradients and its memory.

In a notebook or a script: ``run = explorer.trace(loss)`` or ``explorer.trace(model, x)``, see `explorer.notebook`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.notebook import Run, TraceError, TraceOptions, trace

__all__ = ["Run", "TraceError", "TraceOptions", "trace"]


def __getattr__(name: str) -> Any:
    """Import torch only when the notebook's functions are asked for: the web process must not."""
    if name in __all__:
        return getattr(import_module("explorer.notebook"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
