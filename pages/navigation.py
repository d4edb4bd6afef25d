"""The frame around every page: top bar, language, look, and the line that says which wall stands."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import streamlit as st

from explorer.runner import EngineError, shared_engine
from explorer.viewer.kept import kept
from explorer.words import LANGUAGES
from pages._session import LANGUAGE, language, words
from pages._state import show

HERE = Path(__file__).parent


def choose_language() -> None:
    """The switch at the right end of the top bar; a language that was chosen also stands in the address bar, so that a link keeps it."""
    if LANGUAGE not in kept() and (asked := st.query_params.get(LANGUAGE)) in LANGUAGES:
        kept()[LANGUAGE] = asked
    with st.container(key="language"):
        st.segmented_control(
            "한국어 / English",
            LANGUAGES,
            required=True,
            format_func={"ko": "한국어", "en": "English"}.__getitem__,
            key=show("language.switch", language()),
            on_change=_take_language,
            label_visibility="collapsed",
        )
    if LANGUAGE in kept():
        st.query_params[LANGUAGE] = language()


def _take_language() -> None:
    kept()[LANGUAGE] = st.session_state["language.switch"]


def footer() -> None:
    """Which torch, and how far the kernel keeps typed code in."""
    try:
        wall = words(f"footer.wall.{shared_engine().wall.level}")
    except EngineError as problem:
        wall = words("footer.wall.unknown", why=problem)
    with st.container(key="footer"):
        st.text(f"{words('app.title')}  ·  torch {version('torch')}  ·  {wall}")


def main() -> None:
    st.html(HERE / "style.css")  # a file of ours: nothing that anyone typed is ever handed to st.html
    choose_language()
    st.set_page_config(page_title=words("app.title"), layout="wide")
    page = st.navigation(
        [
            st.Page(HERE / "graph.py", title=words("page.graph"), url_path="graph", default=True),
            st.Page(HERE / "tensors.py", title=words("page.tensors"), url_path="tensors"),
            st.Page(HERE / "models.py", title=words("page.models"), url_path="models"),
            st.Page(HERE / "training.py", title=words("page.training"), url_path="training"),
        ],
        position="top",
    )
    page.run()
    footer()


main()
