"""What Python keeps of the editor between reruns, whatever a browser sends."""

import pytest

from explorer.viewer import editor


@pytest.fixture
def session(monkeypatch):
    """A session with an editor ``e`` at revision 2, and what the browser last said under its key."""
    state = {"e.kept": editor._Kept(revision="2", draft="old", runs=4), "e": {}}
    monkeypatch.setattr(editor.st, "session_state", state)
    return state


def test_a_draft_is_kept(session):
    session["e"] = {"draft": {"revision": "2", "code": "new", "number": 1}}
    editor._take_draft("e", "e.kept")
    assert session["e.kept"] == editor._Kept(revision="2", draft="new", runs=4)


@pytest.mark.parametrize(
    "draft",
    [
        None,
        3,
        "text",
        {},
        {"revision": "2"},
        {"revision": "1", "code": "of the text before"},
        {"revision": "2", "code": 5},
    ],
)
def test_a_draft_of_an_older_text_and_nonsense_are_not(session, draft):
    session["e"] = {"draft": draft}
    editor._take_draft("e", "e.kept")
    assert session["e.kept"].draft == "old"


def test_a_run_is_counted_kept_as_the_draft_and_handed_on(session):
    ran = []
    session["e"] = {"run": "y = 1"}
    editor._take_run("e", "e.kept", ran.append)
    assert session["e.kept"] == editor._Kept(revision="2", draft="y = 1", runs=5)
    assert ran == ["y = 1"]


@pytest.mark.parametrize("run", [None, 7, ["y"]])
def test_a_run_of_nonsense_runs_what_was_typed_last(session, run):
    ran = []
    session["e"] = {"run": run}
    editor._take_run("e", "e.kept", ran.append)
    assert ran == ["old"]
