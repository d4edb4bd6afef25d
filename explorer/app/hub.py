"""Torch Hub repositories that the operator has fetched. Their bytes are handed on as they are: only a jailed child opens them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from explorer.ir import Repository
from explorer.models.hub import place
from explorer.runner.settings import Settings


def fetched(settings: Settings) -> tuple[str, ...]:
    """Names of those that are allowed and there."""
    return tuple(name for name in settings.hub if place(Path(settings.hub_folder), name).is_file())


def repository(settings: Settings, name: str) -> Repository:
    """One of `fetched`; raises OSError where it is gone."""
    file = place(Path(settings.hub_folder), name)
    return _read(name, file, file.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read(name: str, file: Path, _changed: int) -> Repository:
    """One object for all sessions."""
    return Repository(name=name, archive=file.read_bytes())
