"""Torch Hub: a repository that was uploaded or that the operator fetched, what its hubconf.py offers, and the model that was chosen of it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.app.hub import fetched, repository
from explorer.app.models import read_sizes
from explorer.app.remarks import Remark
from explorer.ir import EntryPoint, HubAnswer, HubRequest, Repository
from explorer.models.hub import MOST_ARGUMENTS, local_name
from explorer.models.sources import MOST_ARCHIVE
from explorer.runner import EngineError, shared_engine
from explorer.viewer.kept import kept
from explorer.words import tell
from pages._answers import answered
from pages._models_catalogue import edit_code, show_tree
from pages._models_state import having, put, ran, said_about, state
from pages._said import show_printed, show_remarks, show_title
from pages._session import language, owner, running_note, words
from pages._state import show

_ANSWER, _CHOSEN = "models.hub", "models.hub.chosen"


def draw() -> None:
    note = running_note()
    left, right = st.columns([5, 12], gap="medium")
    with left:
        st.text(words("hub.lead"))
        chosen = _choose_repository()
        answer = None if chosen is None else _offered(note, chosen)
        if chosen is not None and answer is not None:
            _choose_entry(chosen, answer)
    with right:
        if answer is not None and answer.status != "ok":
            text = tell(answer.sentence, language()) if answer.sentence is not None else answer.message or ""
            show_remarks((Remark(kind=answer.status, title=words(f"remark.{answer.status}"), text=text),))
        elif chosen is None or state().repository != chosen:
            st.text(words("hub.none_chosen"))
        else:
            run = ran(note, state().request())
            if said_about(run):
                show_tree(run, state().graph_of(state().code))
            with left:
                edit_code(run)
        if answer is not None:
            show_printed(answer.stdout)


def _choose_repository() -> Repository | None:
    """One of the operator's, else the one that was uploaded; it stays over a visit to another section."""
    names = fetched(shared_engine().settings)
    known: Repository | None = kept().get(_CHOSEN)
    if names:
        st.selectbox(
            words("hub.repository"),
            names,
            index=None,
            placeholder=words("hub.repository.hint"),
            key=show("models.hub.name", known.name if known is not None and known.name in names else None),
            on_change=_take_fetched,
        )
    file = st.file_uploader(
        words("hub.upload_zip"), type="zip", max_upload_size=MOST_ARCHIVE // 2**20, key="models.hub.zip"
    )
    if file is not None and kept().get("models.hub.file") != file.file_id:
        kept()["models.hub.file"] = file.file_id
        kept()[_CHOSEN] = Repository(name=local_name(file.name), archive=file.getvalue())
    return kept().get(_CHOSEN)


def _take_fetched() -> None:
    name = st.session_state["models.hub.name"]
    try:
        kept()[_CHOSEN] = None if name is None else repository(shared_engine().settings, name)
    except OSError:  # gone since the list was drawn
        kept()[_CHOSEN] = None


def _offered(note: Any, chosen: Repository) -> HubAnswer:
    """What hubconf.py offers, as the jailed worker tells."""

    def ask() -> HubAnswer:
        try:
            return shared_engine().entrypoints(HubRequest(repository=chosen), owner=owner())
        except EngineError as problem:
            return HubAnswer(status="stopped", message=str(problem))

    return answered(note, _ANSWER, f"{chosen.name} {hash(chosen.archive)}", ask)


def _choose_entry(chosen: Repository, answer: HubAnswer) -> None:
    """Its entrypoints, and what the one that is looked at is called with."""
    if answer.status != "ok":
        return
    if answer.commit:
        st.caption(words("hub.commit", commit=answer.commit))
    if not answer.entries:
        st.text(words("hub.empty"))
        return
    entries = {entry.name: entry for entry in answer.entries}
    loaded = state().repository == chosen and state().entry in entries
    with st.form("models.hub.form", border=False):
        name = st.selectbox(
            words("hub.entry"),
            entries,
            index=list(entries).index(state().entry) if loaded else 0,
            key="models.hub.entry",
        )
        arguments = st.text_input(
            words("hub.arguments"),
            state().arguments,
            max_chars=MOST_ARGUMENTS,
            placeholder="width=8",
            key="models.hub.arguments",
        )
        sizes = st.text_input(words("hub.sizes"), state().sizes, max_chars=60, key="models.hub.sizes")
        asked = st.form_submit_button(words("hub.load"), type="primary")
    if asked and name is not None:
        if read_sizes(sizes) is None:
            st.text(words("hub.bad_sizes"))
        else:
            having(arguments=arguments, sizes=sizes)
            put(state().with_entry(chosen, name))
            st.rerun()
    _describe(tuple(entries.values()))


def _describe(entries: tuple[EntryPoint, ...]) -> None:
    """Each entrypoint's own words, as plain text."""
    show_title(words("hub.entries", count=len(entries)), key="hub_entries")
    with st.container(key="hub_entries", height=260 if len(entries) > 3 else "content"):
        for entry in entries:
            st.code(entry.name + entry.signature, language="python", wrap_lines=True)
            if entry.text:
                st.text(entry.text)
