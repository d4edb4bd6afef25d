"""A Torch Hub repository, and what its hubconf.py offers."""

from __future__ import annotations

from explorer.ir.record import Record
from explorer.ir.run import Repository, Sentence, Status

MOST_ENTRIES_OF_HUB = 200
"""Entrypoints that are told of."""


class HubRequest(Record, frozen=True, kw_only=True):
    """Run the hubconf.py of a repository and tell what it offers."""

    repository: Repository
    code: None = None
    seed: int = 0
    device: str = "cpu"


class EntryPoint(Record, frozen=True, kw_only=True):
    """A callable of hubconf.py."""

    name: str
    signature: str = ""
    """As Python writes it, as in ``(pretrained=False, **kwargs)``; empty where it has none."""
    text: str = ""
    """Its docstring."""


class HubAnswer(Record, frozen=True, kw_only=True, omit_defaults=False):
    """The answer to a `HubRequest`."""

    status: Status
    sentence: Sentence | None = None
    message: str | None = None
    entries: tuple[EntryPoint, ...] = ()
    commit: str = ""
    """Id of the commit that the .zip says it was made of."""
    stdout: str = ""
