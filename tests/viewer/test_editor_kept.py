"""What Python keeps of the editor between reruns, whatever a browser sends."""

import pytest

from explorer.viewer import editor
from explorer.viewer.kept import KEPT


@pytest.fixture
def session(monkeypatch):
    """A session with an editor ``e`` at revision 2, and what the browser last said under its key."""
    state = {KEPT: {"e.kept": editor._Kept(revision="2", draft="old", runs=4)}, "e": {}}
    monkeypatch.setattr(editor.st, "session_state", state)
    return state


def held(session):
    return session[KEPT]["e.kept"]


def test_a_draft_is_kept_and_told(session):
    told = []
    session["e"] = {"draft": {"revision": "2", "code": "new", "number": 1}}
    editor._take_draft("e", "e.kept", told.append)
    assert held(session) == editor._Kept(revision="2", draft="new", runs=4)
    assert told == ["new"]


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
    told = []
    session["e"] = {"draft": draft}
    editor._take_draft("e", "e.kept", told.append)
    assert held(session).draft == "old"
    assert told == []


def test_a_run_is_counted_kept_as_the_draft_and_handed_on(session):
    ran = []
    session["e"] = {"run": {"revision": "2", "code": "y = 1", "number": 5}}
    editor._take_run("e", "e.kept", lambda *run: ran.append(run))
    assert held(session) == editor._Kept(revision="2", draft="y = 1", runs=5)
    assert ran == [("y = 1", "2")]


def test_a_run_of_an_older_text_is_counted_and_told_as_such(session):
    ran = []
    session["e"] = {"run": {"revision": "1", "code": "of the text before", "number": 5}}
    editor._take_run("e", "e.kept", lambda *run: ran.append(run))
    assert held(session) == editor._Kept(revision="2", draft="old", runs=5)
    assert ran == [("of the text before", "1")]


@pytest.mark.parametrize("run", [None, 7, ["y"], "y", {}, {"revision": 2, "code": "y"}, {"revision": "2"}])
def test_a_run_of_nonsense_runs_nothing(session, run):
    session["e"] = {"run": run}
    editor._take_run("e", "e.kept", lambda *_run: pytest.fail("it ran"))
    assert held(session).draft == "old"
