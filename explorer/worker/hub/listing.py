"""One `HubRequest`, in the child: what a hubconf.py offers."""

from __future__ import annotations

import inspect
from typing import Any

from explorer.ir import MOST_ENTRIES_OF_HUB, EntryPoint, HubAnswer, HubRequest
from explorer.models.sources import commit
from explorer.words import tell
from explorer.worker.hub.repository import LocalHub
from explorer.worker.output import captured
from explorer.worker.seeding import seed_everything
from explorer.worker.verdicts import judge

_LONGEST = 2_000
"""Characters of a signature or a docstring."""


def entrypoints(request: HubRequest) -> HubAnswer:
    """Run hubconf.py and describe its callables. It never raises for what the repository holds."""
    with captured() as printed:
        try:
            seed_everything(request.seed)
            found = LocalHub(request.repository).entrypoints()
            entries = tuple(_described(name, one) for name, one in list(found.items())[:MOST_ENTRIES_OF_HUB])
            answer = HubAnswer(
                status="ok", entries=entries, commit=commit(request.repository.archive), stdout=printed.text()
            )
        except BaseException as problem:  # typed code can raise whatever it likes
            verdict = judge(problem, ())
            answer = HubAnswer(
                status=verdict.status,
                sentence=verdict.sentence,
                message=tell(verdict.sentence),
                stdout=printed.text(),
            )
    return answer


def _described(name: str, one: Any) -> EntryPoint:
    try:
        signature = str(inspect.signature(one))
    except Exception:  # a default value may have a __repr__ of its own
        signature = ""
    text = getattr(one, "__doc__", None)
    return EntryPoint(
        name=name[:_LONGEST],
        signature=signature[:_LONGEST],
        text=inspect.cleandoc(text)[:_LONGEST] if isinstance(text, str) else "",
    )
