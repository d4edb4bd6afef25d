"""The Python files of a repository that comes as a .zip: read in memory, never written anywhere, and no more of them than is told here."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator

from explorer.models.snippet import ModelError

ENTRY = "hubconf"
"""The module that offers models."""

MOST_ARCHIVE = 2 * 2**20
"""Bytes of a .zip."""

MOST_TEXT = 4 * 2**20
"""Characters of all Python files together."""

MOST_FILES = 500
MOST_MEMBERS = 20_000
"""Files of any kind in the .zip."""


class BadArchiveError(ModelError):
    """A file that is no repository."""


def python_files(archive: bytes) -> dict[str, str]:
    """Text by path from the folder that holds hubconf.py, which is the top of the .zip or its one folder.

    Raises:
        BadArchiveError: it is no .zip, too much is in it, a path leads out of it, or there is no hubconf.py.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            files = dict(_read(opened))
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
    ) as problem:
        if isinstance(problem, BadArchiveError):
            raise
        raise BadArchiveError("hub.no_zip") from None  # broken, encrypted, of a kind that nobody reads
    top = "" if f"{ENTRY}.py" in files else _only_folder(files)
    if f"{top}{ENTRY}.py" not in files:
        raise BadArchiveError("hub.no_hubconf")
    return {path.removeprefix(top): text for path, text in files.items() if path.startswith(top)}


def commit(archive: bytes) -> str:
    """The id of the commit that a .zip was made of, which ``git archive``, and so GitHub, writes as its comment; empty where it has none."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            comment = opened.comment.decode("ascii")
    except (zipfile.BadZipFile, ValueError):
        return ""
    return comment if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", comment) else ""


def packed(files: dict[str, str], commit: str = "") -> bytes:
    """A .zip of these files, with the commit that they are of."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        for path in sorted(files):
            written.writestr(zipfile.ZipInfo(path), files[path], zipfile.ZIP_DEFLATED)
        written.comment = commit.encode("ascii")
    return made.getvalue()


def _read(opened: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    members = opened.infolist()
    wanted = [member for member in members if member.filename.endswith(".py")]
    if len(members) > MOST_MEMBERS or len(wanted) > MOST_FILES:
        raise BadArchiveError("hub.too_many", most=MOST_FILES)
    left = MOST_TEXT
    for member in wanted:
        path = member.filename
        if path != posixpath.normpath(path) or path.startswith(("/", "..")) or "\\" in path or ":" in path:
            raise BadArchiveError("hub.path", path=path[:80])
        with opened.open(member) as file:
            data = file.read(left + 1)  # what it is told to unpack to may be a lie
        left -= len(data)
        if left < 0:
            raise BadArchiveError("hub.too_large", mib=MOST_TEXT // 2**20)
        yield path, data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")


def _only_folder(files: dict[str, str]) -> str:
    """``repository-main/``, as GitHub packs it; empty where there are several."""
    tops = {path.partition("/")[0] for path in files if "/" in path}
    return f"{tops.pop()}/" if len(tops) == 1 else ""
