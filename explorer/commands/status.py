"""Exit statuses, and how a person is told the reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from explorer.ir import Run, Status

RAN = 0
WRONG_USAGE = 2
REFUSED = 3
RAISED = 4
STOPPED = 5
OUR_FAULT = 6

SAME = 0
DIFFER = 1
"""Of ``compare``."""

_BY_STATUS: Mapping[Status, int] = MappingProxyType(
    {"ok": RAN, "refused": REFUSED, "error": RAISED, "stopped": STOPPED}
)
_FAULTS = frozenset({"runner.fault", "session.error.capture"})
"""Sentences that own up to a fault of the worker or of the capture."""


class UsageError(Exception):
    """The command line asks for something that cannot be; its text is the sentence shown."""


def exit_status(run: Run) -> int:
    """How the command ends for this run."""
    if run.sentence is not None and run.sentence.key in _FAULTS:
        return OUR_FAULT
    return _BY_STATUS[run.status]


def reason(run: Run) -> str | None:
    """One plain line for stderr: where and what; None where the run has nothing to say."""
    if run.message is None:
        return None
    text = " ".join(run.message.split())
    return text if run.line is None else f"line {run.line}: {text}"
