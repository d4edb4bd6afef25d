"""``hub fetch`` from a server of this machine that answers as GitHub's does, and as a bad one may."""

from __future__ import annotations

import io
import struct
import zipfile
from http.server import BaseHTTPRequestHandler

import pytest

from explorer.app.hub import fetched, repository
from explorer.commands import hub
from explorer.commands.hub import act, fetch
from explorer.commands.status import RAN, UsageError
from explorer.models.sources import MOST_TEXT, python_files
from explorer.runner import read_settings
from tests.commands.hub_site import Site, bare, chunked, moved, sent, status
from tests.worker.hub_repository import FILES, zipped

NAME = "someone/nets:v1.0"


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    made = Site()
    yield made
    made.close()


def packed(top: str) -> bytes:
    """As GitHub packs a repository: all of it in one folder."""
    return zipped({**FILES, "weights.pt": "x" * 300_000}, f"{top}/")


@pytest.mark.parametrize("send", [sent, chunked, bare])
@pytest.mark.parametrize(
    ("name", "path", "top"),
    [
        ("someone/nets", "/someone/nets/zip/HEAD", "nets-main"),
        ("someone/nets:v1.0", "/someone/nets/zip/v1.0", "nets-1.0"),
        ("someone/nets:feature/wide", "/someone/nets/zip/feature/wide", "nets-feature-wide"),
        (f"someone/nets:{'0af3' * 10}", f"/someone/nets/zip/{'0af3' * 10}", f"nets-{'0af3' * 10}"),
    ],
    ids=["default", "tag", "branch", "sha"],
)
def test_the_python_files_are_kept_and_offered(site, tmp_path, monkeypatch, capsys, send, name, path, top):
    site.answers[path] = send(packed(top))
    given = {
        "EXPLORER_HUB": f"{name}, a/b",
        "EXPLORER_HUB_FOLDER": str(tmp_path / "hub"),
        "EXPLORER_HUB_SITE": site.address,
    }
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    settings = read_settings(given)
    assert fetched(settings) == ()
    assert act(type("Options", (), {"repository": name})) == RAN
    assert site.asked == [path]
    assert str(tmp_path / "hub") in capsys.readouterr().out
    assert fetched(settings) == (name,)
    kept = repository(settings, name)
    assert (kept.name, python_files(kept.archive)) == (name, FILES)
    assert repository(settings, name) is kept


def test_it_is_followed_where_the_server_sends_it_on(site, tmp_path):
    site.answers["/someone/nets/zip/v1.0"] = moved("/elsewhere")
    site.answers["/elsewhere"] = moved(f"{site.address}/at/last")
    site.answers["/at/last"] = chunked(packed("nets-1.0"))
    assert fetch(NAME, tmp_path, f"{site.address}/").is_file()
    assert site.asked[-1] == "/at/last"


def bomb() -> bytes:
    """A .zip that says less of a file than is in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("nets/hubconf.py", " " * (MOST_TEXT + 10))
    content = bytearray(made.getvalue())
    for signature, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<I", content, content.index(signature) + at, 7)
    return bytes(content)


WHOLE = packed("nets-1.0")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(404), r"no such repository, or no such branch, tag or commit, or it is private.*HTTP 404"),
        (status(503), "answered with HTTP 503"),
        (sent(WHOLE[:1000], len(WHOLE)), "cut off"),
        (chunked(WHOLE[:1000], whole=False), "cut off"),
        (bare(WHOLE[:1000]), "cannot be read as a .zip"),
        (sent(b"<html>"), "cannot be read as a .zip"),
        (sent(bomb()), "cannot be read as a .zip|larger than 4 MiB together"),
        (sent(zipped({"hubconf.py": " " * (MOST_TEXT + 1)})), "larger than 4 MiB together"),
        (sent(zipped({"a.py": "x = 1"})), "There is no hubconf.py"),
        (sent(zipped({"hubconf.py": "x = 1"}, "../")), "leads out of its folder"),
        (moved("ftp://127.0.0.1/nets"), "sent on to ftp://127.0.0.1/nets, which is not followed"),
        (moved("file:///etc/passwd"), "answered with HTTP 302"),
        (moved("/someone/nets/zip/v1.0"), "answered with HTTP 302"),
    ],
    ids=["404", "503", "short", "chunks", "bare", "html", "bomb", "text", "hubconf", "path", "ftp", "file", "circle"],
)
def test_what_cannot_be_fetched_is_one_sentence_and_leaves_nothing(site, tmp_path, answer, said):
    site.answers["/someone/nets/zip/v1.0"] = answer
    with pytest.raises(UsageError, match=f"(?s)^{NAME} was not fetched.*({said})"):
        fetch(NAME, tmp_path, site.address)
    assert not list(tmp_path.iterdir())


def test_more_than_may_be_read_is_not_read(site, tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "MOST_DOWNLOAD", 2**20)
    site.answers["/someone/nets/zip/v1.0"] = sent(b"x", 2**40)
    with pytest.raises(UsageError, match="larger than 1 MiB, and no more"):
        fetch(NAME, tmp_path, site.address)
    site.answers["/someone/nets/zip/v1.0"] = chunked(b"x" * 2**21, 2**18)
    with pytest.raises(UsageError, match="larger than 1 MiB, and no more"):
        fetch(NAME, tmp_path, site.address)


def test_a_slow_server_is_left(site, tmp_path):
    """One that does not answer, and one that says a byte now and then."""

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while not site.over.wait(0.01):
                handler.wfile.write(b"x")
        except OSError:
            return

    for answer in (lambda _handler: site.over.wait() and None, trickle):
        site.answers["/someone/nets/zip/v1.0"] = answer
        with pytest.raises(UsageError, match=r"took longer than 0\.2 s"):
            fetch(NAME, tmp_path, site.address, seconds=0.2)


def test_a_server_that_is_not_there(site, tmp_path):
    site.close()
    with pytest.raises(UsageError, match=r"cannot be reached: .*refused"):
        fetch(NAME, tmp_path, site.address)


def test_only_what_the_operator_names_is_fetched(monkeypatch):
    monkeypatch.setenv("EXPLORER_HUB", "a/b")
    for name, said in ((NAME, "is not allowed here. EXPLORER_HUB names: a/b"), ("../x", "is no repository")):
        with pytest.raises(UsageError, match=said):
            act(type("Options", (), {"repository": name}))
