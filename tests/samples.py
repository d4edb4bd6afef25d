"""Real runs for tests: typed code executed in this process, as a child would execute it."""

from __future__ import annotations

from typing import Any

from explorer.ir import Run, RunRequest
from explorer.worker.session import execute


def run(code: str, **request: Any) -> Run:
    """Execute `code`; further fields of `RunRequest` by name."""
    return execute(RunRequest(code=code, **request))
