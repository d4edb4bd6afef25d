"""``hub fetch`` over TLS, from a server whose authority is the test's own."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
import trustme

from explorer.commands import hub
from explorer.commands.hub import fetch
from explorer.commands.status import UsageError
from explorer.models.hub import place
from explorer.models.sources import commit, python_files
from tests.commands.hub_site import Site, chunked, moved, sent
from tests.worker.hub_repository import FILES, zipped

NAME = "someone/nets:v1.0"
PATH = "/someone/nets/zip/v1.0"
COMMIT = "0af3" * 10


def packed(made_of=COMMIT):
    """As GitHub packs a repository: ``git archive`` writes the commit as the comment."""
    made = io.BytesIO(zipped(FILES, "nets-1.0/"))
    with zipfile.ZipFile(made, "a") as archive:
        archive.comment = made_of.encode("ascii")
    return made.getvalue()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """The environment of an operator who trusts the authority; `fetch` in this process has it too."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


@pytest.fixture
def serve(authority):
    """Start servers; the arguments are those of the certificate."""
    made = []

    def started(*names, signed_by=authority, **told):
        context = SSLContext(PROTOCOL_TLS_SERVER)
        signed_by.issue_cert(*(names or ["127.0.0.1"]), **told).configure_cert(context)
        made.append(Site(context))
        return made[-1]

    yield started
    for site in made:
        site.close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "hub"


def refused(site, folder, said, name=NAME):
    with pytest.raises(UsageError, match=f"^{name} was not .*{said}"):
        fetch(name, folder, site.address)
    assert not folder.exists()


def test_the_command_fetches_over_tls_and_records_the_commit(serve, trusted, folder, monkeypatch):
    site = serve()
    site.answers[PATH] = moved("/elsewhere")
    site.answers["/elsewhere"] = chunked(packed())
    monkeypatch.setenv("EXPLORER_HUB", NAME)
    monkeypatch.setenv("EXPLORER_HUB_FOLDER", str(folder))
    monkeypatch.setenv("EXPLORER_HUB_SITE", site.address)
    command = [sys.executable, "-m", "explorer", "hub", "fetch", NAME]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    file = place(folder, NAME)
    assert ran.stdout == f"{NAME} is kept in {file}: commit {COMMIT}.\n"
    assert commit(file.read_bytes()) == COMMIT
    assert python_files(file.read_bytes()) == FILES
    assert site.asked == [PATH, "/elsewhere"]


def test_a_certificate_that_nobody_trusts_is_refused(serve, trusted, folder):
    for site, said in (
        (
            serve(signed_by=trustme.CA()),
            "certificate is not to be trusted: .*unable to get local issuer.*SSL_CERT_FILE",
        ),
        (serve("example.org"), "certificate is not to be trusted: IP address mismatch"),
        (
            serve(not_after=datetime(2020, 1, 1, tzinfo=UTC)),
            "certificate is not to be trusted: certificate has expired",
        ),
    ):
        site.answers[PATH] = sent(packed())
        refused(site, folder, said)
        assert site.asked == []


def test_no_redirect_leads_to_another_server_or_away_from_https(serve, trusted, folder):
    site, other, plain = serve(), serve(), Site()
    try:
        for elsewhere in (other, plain):
            elsewhere.answers[PATH] = sent(packed())
            site.answers[PATH] = moved(f"{elsewhere.address}{PATH}")
            refused(site, folder, f"sent on to {elsewhere.address}{PATH}, which is not followed")
            assert elsewhere.asked == []
    finally:
        plain.close()


def test_an_answer_that_is_too_large_or_cut_off_leaves_nothing(serve, trusted, folder, monkeypatch):
    site = serve()
    site.answers[PATH] = sent(packed()[:1000], len(packed()))
    refused(site, folder, "The answer was cut off")
    monkeypatch.setattr(hub, "MOST_DOWNLOAD", 2**20)
    site.answers[PATH] = chunked(b"x" * 2**21, 2**18)
    refused(site, folder, "larger than 1 MiB, and no more")


def test_a_server_that_speaks_no_tls(trusted, folder):
    site = Site()
    try:
        site.address = site.address.replace("http:", "https:")
        refused(site, folder, "The server cannot be reached")
    finally:
        site.close()


def test_a_commit_that_is_named_in_full_is_the_one_that_is_kept(serve, trusted, folder):
    site, name, other = serve(), f"someone/nets:{COMMIT}", "1" * 40
    site.answers[f"/someone/nets/zip/{COMMIT}"] = sent(packed(other))
    refused(site, folder, f"kept: the server sent commit {other}", name)
    site.answers[f"/someone/nets/zip/{COMMIT}"] = sent(packed())
    assert commit(fetch(name, folder, site.address).read_bytes()) == COMMIT
    site.answers[f"/someone/nets/zip/{COMMIT}"] = sent(packed("by hand"))
    assert commit(fetch(name, folder, site.address).read_bytes()) == ""
