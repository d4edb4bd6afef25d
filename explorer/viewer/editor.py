"""Streamlit's side of the code editor: what a page calls, and how a draft gets back without ever being lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from explorer.ir import Record
from explorer.viewer.component import browser_module
from explorer.viewer.kept import kept
from explorer.words import Language, say

NO_MARKS: Mapping[int, str] = {}

_WORDS = ("label", "run", "running", "line", "plain", "help")

_mount = browser_module("explorer_editor", "editor.mjs", "editor.css")


class _Kept(Record, frozen=True, kw_only=True):
    """What Python knows of one editor between reruns; it outlives a visit to another page, as widget state does not."""

    revision: str
    draft: str
    runs: int = 0


def _ignore(_code: str, _revision: str) -> None:
    """For an editor that nothing is run from."""


def _no_draft(_code: str) -> None:
    """For a page that reads the draft when it is drawn."""


def code_editor(
    code: str,
    *,
    key: str,
    revision: int | str,
    language: Language,
    marks: Mapping[int, str] = NO_MARKS,
    min_lines: int = 6,
    max_lines: int = 24,
    running: bool = False,
    on_run: Callable[[str, str], None] = _ignore,
    on_draft: Callable[[str], None] = _no_draft,
) -> str:
    """Show the editor; returns the draft, the text as it was when the person last left the editor or ran it.

    Args:
        code: the text to put into it, once for every `revision`; from then on the text is the person's.
        key: unique in the app.
        revision: name of this text; change it to replace what was typed (an example was chosen, a file loaded).
        language: of its button and hints.
        marks: message by line number, from 1, of lines that something is wrong with.
        min_lines: height when there is little text, in lines.
        max_lines: height from which on it scrolls, in lines.
        running: shows that a run is under way, and takes no other one until it is over.
        on_run: called with the code and the revision that it was typed in, when Run is pressed, before the page is drawn again (as
            a button's ``on_click``), so that what stands above the editor and its marks can already be those of the new run.
            A page that has put another text into the editor since then will not want to run this one.
        on_draft: called with a new draft before the page is drawn again, so that what was pressed meanwhile is done with it.
    """
    slot = f"{key}.kept"
    known: _Kept | None = kept().get(slot)
    if known is None or known.revision != str(revision):
        known = kept()[slot] = _Kept(revision=str(revision), draft=code, runs=known.runs if known else 0)
    _mount(
        key=key,
        data={
            "name": key,
            "code": code,
            "revision": str(revision),
            "marks": {str(line): message for line, message in marks.items()},
            "minLines": min_lines,
            "maxLines": max_lines,
            "running": running,
            "runs": known.runs,
            "words": {word: say(f"editor.{word}", language) for word in _WORDS},
        },
        on_run_change=partial(_take_run, key, slot, on_run),
        on_draft_change=partial(_take_draft, key, slot, on_draft),
    )
    return known.draft


def _take_run(key: str, slot: str, on_run: Callable[[str, str], None]) -> None:
    """Count a run, so that the browser sees the new count and stops waiting; keep its text unless that has been replaced since."""
    known: _Kept = kept()[slot]
    match st.session_state[key].get("run"):
        case {"revision": str(revision), "code": str(code)}:
            draft = code if revision == known.revision else known.draft
            kept()[slot] = _Kept(revision=known.revision, draft=draft, runs=known.runs + 1)
            on_run(code, revision)


def _take_draft(key: str, slot: str, on_draft: Callable[[str], None]) -> None:
    """Keep a draft, unless the text has been replaced since it was sent."""
    known: _Kept = kept()[slot]
    match st.session_state[key].get("draft"):
        case {"revision": known.revision, "code": str(code)}:
            kept()[slot] = _Kept(revision=known.revision, draft=code, runs=known.runs)
            on_draft(code)
