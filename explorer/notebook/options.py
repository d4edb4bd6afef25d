"""What can be asked of a trace, and what is raised where it is not possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from explorer.words import Language, say


@dataclass(frozen=True)
class TraceOptions:
    """How to trace. They travel in one object, so that no name of theirs can be one of the callable's own keywords."""

    gradient: torch.Tensor | float | Sequence[torch.Tensor | float | None] | None = None
    """The gradient that backward starts with, one for each output that requires grad (one alone for a single output), broadcast to
    its shape. None means ones."""
    gradients: bool = True
    """Whether backward is computed at all; without, the graph and its saved tensors come alone."""
    hooks: bool = False
    """Whether backward is left to torch's engine, which runs the hooks on tensors and nodes, with all that they do. Otherwise each node
    is called by hand, no hook runs, and gradients are what they are without hooks."""
    verify: bool = False
    """Whether torch's engine computes it, hooks and all, while each node is executed a second time by hand, and both are compared leaf by
    leaf (`Run.verification`)."""
    source: bool = True
    """Whether the text of the files and cells that ran is kept, with the lines of each call."""
    language: Language = "en"
    """Of messages, of errors and of the viewer."""

    @property
    def by_engine(self) -> bool:
        """Whether torch's engine runs backward, instead of each node by hand."""
        return self.hooks or self.verify


class TraceError(ValueError):
    """There is nothing to trace as asked; the text says in one sentence why and what to try."""


def trace_error(key: str, language: Language, **values: object) -> TraceError:
    """With the text of ``notebook.error.<key>``."""
    return TraceError(say(f"notebook.error.{key}", language, **values))
