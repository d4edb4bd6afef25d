"""What an operator decides, read once from the environment. `docs/security.md` lists every setting; a test keeps that true."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from explorer.models.hub import is_name
from explorer.words import say

Mode = Literal["local", "hosted"]

_MIB = 2**20
_TYPED_MIB: Mapping[Mode, int] = {"local": 2048, "hosted": 1024}
_ANSWER_MIB: Mapping[Mode, int] = {"local": 128, "hosted": 32}
_WEIGHTS_MIB: Mapping[Mode, int] = {"local": 256, "hosted": 64}
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


class EngineError(Exception):
    """The engine itself cannot work. Its text is one sentence for the operator: what is wrong and what to try."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Limits and capacity of one server."""

    mode: Mode = "local"
    """``hosted`` serves strangers: it refuses to start where the wall does not hold fully, and offers no CUDA device."""
    seconds: float = 10.0
    """Wall seconds of a run."""
    catalogue_seconds: float = 30.0
    """Wall seconds of a run of a model from the catalogue, whose code is the project's own."""
    training_seconds: float = 60.0
    """Wall seconds of a training run."""
    memory_mib: int = 2048
    """MiB for typed code, beyond what a fresh worker has."""
    catalogue_memory_mib: int = 6144
    """MiB for a model from the catalogue."""
    answer_mib: int = 128
    """MiB of one answer: of the JSON in which everything captured comes back."""
    weights_mib: int = 256
    """MiB of a checkpoint that a person uploads; Streamlit's own limit is in ``.streamlit/config.toml``."""
    slots: int = 4
    """Runs at once."""
    queue: int = 64
    """Runs that may wait for a slot."""
    database: str = ""
    """Where training runs are kept, as SQLAlchemy writes it; empty keeps them for the session only."""
    hub: tuple[str, ...] = ()
    """Torch Hub repositories of GitHub that may be fetched and are then offered to all, as ``owner/repo`` or ``owner/repo:ref``."""
    hub_folder: str = ""
    """Where fetched ones lie."""
    hub_site: str = "https://codeload.github.com"
    """Where they are fetched from: what stands before ``/owner/repo/zip/ref``."""


_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read ``EXPLORER_*``.

    Raises:
        EngineError: a value is not what its setting takes.
    """
    mode = environment.get("EXPLORER_MODE", "local")
    if mode not in _TYPED_MIB:
        raise EngineError(say("runner.settings.mode", value=mode))
    chosen = cast(Mode, mode)

    def number(name: str, default: float) -> float:
        return _positive(name, environment.get(name), default)

    def count(name: str, default: int) -> int:
        return max(1, int(number(name, default)))

    return Settings(
        mode=chosen,
        seconds=number("EXPLORER_SECONDS", 10),
        catalogue_seconds=number("EXPLORER_CATALOGUE_SECONDS", 30),
        training_seconds=number("EXPLORER_TRAINING_SECONDS", 60),
        memory_mib=count("EXPLORER_MEMORY_MIB", _TYPED_MIB[chosen]),
        catalogue_memory_mib=count("EXPLORER_CATALOGUE_MEMORY_MIB", 6144),
        answer_mib=count("EXPLORER_ANSWER_MIB", _ANSWER_MIB[chosen]),
        weights_mib=count("EXPLORER_WEIGHTS_MIB", _WEIGHTS_MIB[chosen]),
        slots=count("EXPLORER_SLOTS", default_slots()),
        queue=count("EXPLORER_QUEUE", 64),
        database=environment.get("EXPLORER_DATABASE", "" if chosen == "hosted" else _own_database()),
        hub=_repositories(environment.get("EXPLORER_HUB", "")),
        hub_folder=environment.get("EXPLORER_HUB_FOLDER") or str(_own_data() / "hub"),
        hub_site=_site(environment.get("EXPLORER_HUB_SITE") or Settings.hub_site),
    )


def _own_database() -> str:
    """A file in the folder of this user's own data."""
    return f"sqlite:///{_own_data() / 'runs.sqlite'}"


def _own_data() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return Path(base, "autograd-explorer")


def _repositories(text: str) -> tuple[str, ...]:
    """Names with commas or white space between."""
    names = tuple(text.replace(",", " ").split())
    for name in names:
        if not is_name(name):
            raise EngineError(say("runner.settings.hub", value=name))
    return names


def _site(address: str) -> str:
    """An https address, or one of this very machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        raise EngineError(say("runner.settings.hub_site", value=address)) from None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)):
        raise EngineError(say("runner.settings.hub_site", value=address))
    return address


def default_slots() -> int:
    """``min(2 x cores, memory / 1 GiB)``, at least 1; memory as the machine or its control group allows, whichever is less."""
    return max(1, min(2 * _cores(), _memory() // (1024 * _MIB)))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> int:
    """Bytes; where the system does not tell, as much as eight cores' slots would need."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return 16 * 1024 * _MIB
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(machine, int(_CGROUP_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no control group here, or "max"
        return machine


def _positive(name: str, text: str | None, default: float) -> float:
    if text is None or not text.strip():
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise EngineError(say("runner.settings.number", name=name, value=text))
    return value
