"""Repositories for Torch Hub: their names, where a fetched one lies, and the code that loads a model from one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

_NAME = re.compile(
    r"(?P<owner>[A-Za-z0-9][\w-]*)/(?P<repo>[A-Za-z0-9_][\w.-]*)(?::(?P<ref>[A-Za-z0-9_][\w./-]*))?", re.ASCII
)

MOST_ARGUMENTS = 300
"""Characters of the arguments of an entrypoint."""


def is_name(name: str) -> bool:
    """Whether it is ``owner/repo`` or ``owner/repo:ref``, as ``torch.hub.load`` takes it."""
    return _NAME.fullmatch(name) is not None and ".." not in name


def address(name: str, site: str) -> str:
    """Where a `site` such as https://codeload.github.com gives the repository as a .zip; without a ref at its default branch."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(name)
    return f"{site.rstrip('/')}/{found['owner']}/{found['repo']}/zip/{found['ref'] or 'HEAD'}"


def commit_asked(name: str) -> str:
    """The commit that a name gives in full as its ref; empty where it names a branch, a tag or part of an id."""
    ref = name.partition(":")[2]
    return ref if re.fullmatch(r"[0-9a-f]{40}", ref) else ""


def place(folder: Path, name: str) -> Path:
    """The file that a fetched repository is kept in."""
    return folder / f"{quote(name, safe='')}.zip"


def local_name(file: str) -> str:
    """What an uploaded .zip is called in code: its name without the ending, of plain letters only."""
    return re.sub(r"[^\w.-]", "_", file.removesuffix(".zip"), flags=re.ASCII)[:60] or "repository"


def hub_code(repository: str, entry: str, arguments: str, shape: Sequence[int]) -> str:
    """The lines that load a model and call it once; outside this app they do the same."""
    source = [] if is_name(repository) else ['source="local"']
    given = [f'"{repository}"', f'"{entry}"', *source, *([arguments.strip()] if arguments.strip() else [])]
    return f"""\
BATCH = 1
SHAPE = {tuple(shape)}

model = torch.hub.load({", ".join(given)})
x = torch.randn(BATCH, *SHAPE)
output = model(x)
loss = output.square().mean()
"""
