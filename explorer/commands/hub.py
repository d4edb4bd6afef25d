"""``python -m explorer hub fetch OWNER/REPO:REF``: the one part of the product that goes to the network, when the operator says so."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from explorer.commands.download import DownloadError, download
from explorer.commands.status import RAN, UsageError
from explorer.models import ModelError
from explorer.models.hub import address, commit_asked, is_name, place
from explorer.models.sources import MOST_ARCHIVE, commit, packed, python_files
from explorer.runner import read_settings
from explorer.words import say, tell

MOST_DOWNLOAD = 256 * 2**20
"""Bytes of a repository as GitHub packs it; its Python files alone are kept."""

SECONDS = 60.0
"""For a download."""


def add_arguments(commands: Any) -> None:
    """Declare ``hub fetch``."""
    command = commands.add_parser("hub", help=say("cli.hub.help"))
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    fetching = actions.add_parser("fetch", help=say("cli.hub.fetch"))
    fetching.add_argument("repository", metavar="OWNER/REPO:REF", help=say("cli.hub.repository"))
    fetching.set_defaults(act=act)


def act(options: argparse.Namespace) -> int:
    """Fetch one repository that ``EXPLORER_HUB`` names into ``EXPLORER_HUB_FOLDER``."""
    settings = read_settings()
    name = options.repository
    if not is_name(name):
        raise UsageError(say("cli.hub.bad_name", name=name))
    if name not in settings.hub:
        raise UsageError(say("cli.hub.not_allowed", name=name, allowed=", ".join(settings.hub) or "–"))
    file = fetch(name, Path(settings.hub_folder), settings.hub_site)
    made_of = commit(file.read_bytes())
    print(say("cli.hub.fetched.commit" if made_of else "cli.hub.fetched", name=name, file=file, commit=made_of))
    return RAN


def fetch(name: str, folder: Path, site: str, seconds: float = SECONDS) -> Path:
    """Keep the Python files of a repository as a .zip in `folder`, with the commit that they are of; returns the file.

    Raises:
        UsageError: it cannot be fetched, is another commit than the name asks for, or is no repository for Torch Hub.
    """
    try:
        whole = download(address(name, site), MOST_DOWNLOAD, seconds)
        kept = packed(python_files(whole), commit(whole))
    except (DownloadError, ModelError) as problem:
        raise UsageError(say("cli.hub.not_fetched", name=name, said=tell(problem.sentence))) from None
    if (asked := commit_asked(name)) and commit(whole) not in ("", asked):
        raise UsageError(say("cli.hub.other_commit", name=name, commit=commit(whole)))
    if len(kept) > MOST_ARCHIVE:
        raise UsageError(say("hub.upload", mib=MOST_ARCHIVE // 2**20))
    folder.mkdir(parents=True, exist_ok=True)
    file = place(folder, name)
    unfinished = file.with_suffix(".part")
    unfinished.write_bytes(kept)
    os.replace(unfinished, file)
    return file
