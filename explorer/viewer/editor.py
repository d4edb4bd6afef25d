"""Streamlit's side of the code editor: what a page calls, and how a draft gets back without ever being lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from explorer.ir import Record
from explorer.viewer.component import browser_module
from explorer.words import Language, say

NO_MARKS: Mapping[int, str] = {}

_WORDS = ("label", "run", "running", "line", "plain", "help")

_mount = browser_module("explorer_editor", "editor.mjs", "editor.css")


class EditorResult(Record, frozen=True, kw_only=True):
    """What a person did in the editor."""

    run: str | None
    """The code that Run (or Ctrl+Enter) was pressed on; None on every rerun that something else caused."""
    draft: str
    """The text as it was when the person last left the editor or ran it."""


class _Kept(Record, frozen=True, kw_only=True):
    """What Python knows of one editor between reruns; it outlives a visit to another page, as widget state does not."""

    revision: str
    draft: str
    runs: int = 0


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
    on_run: Callable[[str], None] | None = None,
) -> EditorResult:
    """Show the editor and say what was done in it.

    Args:
        code: the text to put into it, once for every `revision`; from then on the text is the person's.
        key: unique in the app.
        revision: name of this text; change it to replace what was typed (an example was chosen, a file loaded).
        language: of its button and hints.
        marks: message by line number, from 1, of lines that something is wrong with.
        min_lines: height when there is little text, in lines.
        max_lines: height from which on it scrolls, in lines.
        running: shows that a run is under way, and takes no other one until it is over.
        on_run: called with the code when Run is pressed, before the page is drawn again (as a button's ``on_click``), so that
            what stands above the editor and its marks can already be those of the new run.
    """
    slot = f"{key}.kept"
    kept: _Kept | None = st.session_state.get(slot)
    if kept is None or kept.revision != str(revision):
        kept = _Kept(revision=str(revision), draft=code, runs=kept.runs if kept else 0)
        st.session_state[slot] = kept
    sent = _mount(
        key=key,
        data={
            "name": key,
            "code": code,
            "revision": str(revision),
            "marks": {str(line): message for line, message in marks.items()},
            "minLines": min_lines,
            "maxLines": max_lines,
            "running": running,
            "runs": kept.runs,
            "words": {word: say(f"editor.{word}", language) for word in _WORDS},
        },
        on_run_change=partial(_take_run, key, slot, on_run),
        on_draft_change=partial(_take_draft, key, slot),
    )
    run = sent.get("run")
    return EditorResult(run=run if isinstance(run, str) else None, draft=kept.draft)


def _take_run(key: str, slot: str, on_run: Callable[[str], None] | None) -> None:
    """Keep what Run was pressed on, and count it: the browser sees the new count and stops waiting."""
    kept = st.session_state[slot]
    run = st.session_state[key].get("run")
    code = run if isinstance(run, str) else kept.draft
    st.session_state[slot] = _Kept(revision=kept.revision, draft=code, runs=kept.runs + 1)
    if on_run is not None:
        on_run(code)


def _take_draft(key: str, slot: str) -> None:
    """Keep a draft, unless the text has been replaced since it was sent."""
    kept = st.session_state[slot]
    match st.session_state[key].get("draft"):
        case {"revision": kept.revision, "code": str(code)}:
            st.session_state[slot] = _Kept(revision=kept.revision, draft=code, runs=kept.runs)
