"""What every page shares within one browser session: the language, the engine's answer to a request, the last runs."""

from __future__ import annotations

import secrets

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.ir import Run, RunRequest
from explorer.runner import EngineError, shared_engine
from explorer.viewer.kept import kept
from explorer.words import Language, say

LANGUAGE = "lang"
"""Key of a chosen language among what is kept, and its name in the address bar."""


def language() -> Language:
    """The reader's language: as chosen, else Korean where the browser asks for it, else English."""
    if (chosen := kept().get(LANGUAGE)) is not None:
        return chosen
    return "ko" if (st.context.locale or "").lower().startswith("ko") else "en"


def words(key: str, **values: object) -> str:
    """The text of `key` in the reader's language."""
    return say(key, language(), **values)


def owner() -> str:
    """A name for this session, under which the engine keeps its runs apart from others'."""
    return str(kept().setdefault("owner", secrets.token_hex(8)))


def running_note() -> DeltaGenerator:
    """The place in the top bar where a page says that it works. Make it on every rerun: what stands below keeps its place only then."""
    with st.container(key="running"):
        return st.empty()


def attempt(request: RunRequest) -> Run:
    """Run `request` behind the wall; where the engine itself cannot, a stopped run that says why."""
    try:
        return shared_engine().run(request, owner=owner())
    except EngineError as problem:
        return Run(
            status="stopped",
            message=str(problem),
            code=request.code,
            seed=request.seed,
            device=request.device,
            inputs=request.inputs,
        )


def keep_run(run: Run) -> None:
    """Remember the answer to the last request; where it has a graph, it is the one to show."""
    kept()["run.last"] = run
    if run.graph.nodes:
        kept()["run.shown"] = run


def last_run() -> Run | None:
    """The answer to the last request, whatever became of it."""
    return kept().get("run.last")


def shown_run() -> Run | None:
    """The last run that has a graph: what stays on screen when a later one fails."""
    return kept().get("run.shown")


def devices() -> tuple[str, ...]:
    """Where code can run: ``cpu`` and each CUDA device there is."""
    try:
        return shared_engine().devices
    except EngineError:
        return ("cpu",)
