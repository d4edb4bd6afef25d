"""Freezing: modules ticked off, the code that says so, and what backward keeps and takes before and after."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from msgspec.structs import replace
from streamlit.delta_generator import DeltaGenerator

from explorer.app.models import REPEATS, Kept, can_freeze, count_text, from_model_on, is_frozen, kept_by
from explorer.app.numbers import show_seconds
from explorer.graph.anatomy import Part
from explorer.graph.measure import bytes_text
from explorer.ir import Run
from pages._models_state import choose_model, having, open_graph, parts_of, ran, said_about, state
from pages._said import show_title
from pages._session import language, running_note, words
from pages._state import show

_BEFORE, _AFTER = "models.freezing.before", "models.freezing.after"


def draw() -> None:
    note = running_note()
    left, right = st.columns([5, 12], gap="medium")
    with left:
        choose_model()
    before = _timed(note, state().code, _BEFORE)
    parts = parts_of(before, "models.freezing.parts")
    with left:
        _choose(parts)
    with right:
        if said_about(before):
            _compare(note, before, parts)


def _timed(note: DeltaGenerator, code: str, key: str) -> Run:
    """A run of which backward's time is the median of several."""
    return ran(note, replace(state().graph_of(code).request(), repeats=REPEATS), key)


def _choose(parts: tuple[Part, ...]) -> None:
    """A tree of checkboxes; what lies in a frozen module is frozen with it."""
    show_title(words("freezing.choose"), key="freezing")
    if state().model == "resnet18":
        st.toggle(
            words("freezing.classifier"),
            help=words("freezing.classifier.help"),
            key=show("models.classifier", state().classifier),
            on_change=lambda: having(classifier=st.session_state["models.classifier"]),
        )
    with st.container(key="models_freeze", gap=None):
        for part in can_freeze(parts, 2):
            _checkbox(part)
    st.caption(words("freezing.front"))


def _checkbox(part: Part) -> None:
    around = part.path.rpartition(".")[0]
    inherited = state().classifier or is_frozen(around, state().frozen)
    name = part.path.removeprefix("model.")
    key = show(f"models.freeze.{part.path}", inherited or part.path in state().frozen)
    depth = part.depth - 1
    with st.container(key=f"freeze_{depth}_{part.path.replace('.', '_')}"):
        st.checkbox(
            words("freezing.module", name=f"`{name}`", parameters=count_text(part.parameters)),
            key=key,
            disabled=inherited,
            on_change=_take,
            args=(part.path, key),
        )


def _take(path: str, key: str) -> None:
    others = tuple(one for one in state().frozen if one != path)
    having(frozen=(*others, path) if st.session_state[key] else others)


def _compare(note: DeltaGenerator, before: Run, parts: tuple[Part, ...]) -> None:
    if not state().frozen and not state().classifier:
        st.text(words("freezing.none"))
        _numbers(kept_by(before, parts), None)
        return
    code = state().frozen_code()
    after = _timed(note, code, _AFTER)
    if not said_about(after):
        return
    _numbers(kept_by(before, parts), kept_by(after, parts_of(after, "models.freezing.parts.after")))
    show_title(words("freezing.code"), key="freezing_code")
    st.code(from_model_on(code), language="python")
    if st.button(words("freezing.graph"), key="models.freezing.graph"):
        asked = state().graph_of(code)
        open_graph(ran(note, asked.request(), "models.freezing.graph"), asked)


def _numbers(before: Kept, after: Kept | None) -> None:
    """What freezing changes, with how much."""
    with st.container(horizontal=True, key="models_facts"):
        for name, one, other in (
            ("trained", *_texts(before.trained, after and after.trained, lambda n: f"{n:,.0f}")),
            ("nodes", *_texts(before.nodes, after and after.nodes, lambda n: f"{n:,.0f}")),
            ("saved", *_texts(before.nbytes, after and after.nbytes, bytes_text)),
            (
                "seconds",
                *_texts(before.seconds or 0.0, after and (after.seconds or 0.0), lambda s: show_seconds(s, language())),
            ),
        ):
            text = one if other is None else words("freezing.change", before=one, after=other)
            st.metric(words(f"freezing.{name}"), text, help=words(f"freezing.{name}.help"), width="content")


def _texts(before: float, after: float | None, written: Callable[[float], str]) -> tuple[str, str | None]:
    return written(before), None if after is None else written(after)
