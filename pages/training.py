"""The Training page: data, a model and a loop, which runs as it is shown; watch it learn, behind the process wall."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages._training_choices import choose
from pages._training_compare import comparing
from pages._training_session import find_again, problem, running, start, started
from pages._training_watch import watch

TICK_SECONDS = 0.25


def draw() -> None:
    st.html(Path(__file__).with_name("training.css"))  # a file of ours, and nothing else
    find_again()
    if started() is None and problem() is None:
        start()  # the first visit shows a finished example
    # Asked once: it may end while the page is drawn.
    learning = st.session_state["training.ticking"] = running() or comparing()
    left, right = st.columns([5, 7], gap="large")
    with left:
        choose()
    with right:
        st.fragment(watch, run_every=TICK_SECONDS if learning else None)()


draw()
