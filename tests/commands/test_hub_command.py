"""``hub fetch`` without a network: what it asks for, what it keeps, and what it refuses."""

import io

import pytest

from explorer.app.hub import fetched, repository
from explorer.commands.hub import act, fetch
from explorer.commands.status import UsageError
from explorer.models.sources import python_files
from explorer.runner import read_settings
from tests.worker.hub_repository import FILES, zipped

NAME = "someone/nets:v1.0"


def test_the_python_files_are_kept_and_offered(tmp_path):
    asked = []

    def opened(address):
        asked.append(address)
        return io.BytesIO(zipped({**FILES, "weights.pt": "x" * 3000000}))

    settings = read_settings({"EXPLORER_HUB": f"{NAME}, a/b", "EXPLORER_HUB_FOLDER": str(tmp_path / "hub")})
    assert fetched(settings) == ()
    fetch(NAME, tmp_path / "hub", opened)
    assert asked == ["https://codeload.github.com/someone/nets/zip/v1.0"]
    assert fetched(settings) == (NAME,)
    kept = repository(settings, NAME)
    assert (kept.name, python_files(kept.archive)) == (NAME, FILES)
    assert repository(settings, NAME) is kept


def test_what_cannot_be_fetched_is_one_sentence(tmp_path, monkeypatch):
    def gone(_address):
        raise OSError("no route")

    with pytest.raises(UsageError, match="cannot be fetched: no route"):
        fetch(NAME, tmp_path, gone)
    with pytest.raises(UsageError, match="There is no hubconf"):
        fetch(NAME, tmp_path, lambda _: io.BytesIO(zipped({"a.py": "x = 1"})))
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv("EXPLORER_HUB", "a/b")
    for name, said in ((NAME, "is not allowed here. EXPLORER_HUB names: a/b"), ("../x", "is no repository")):
        with pytest.raises(UsageError, match=said):
            act(type("Options", (), {"repository": name}))
