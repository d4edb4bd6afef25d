"""Tracing in somebody else's process, a notebook or a script: nothing is patched, and everything is afterwards as it was."""

from explorer.notebook.options import TraceError, TraceOptions
from explorer.notebook.run import Run
from explorer.notebook.tracing import trace

__all__ = ["Run", "TraceError", "TraceOptions", "trace"]
