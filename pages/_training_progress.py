"""How far the run on the Training page is, and what a person can do with it now. Nothing here moves while it learns."""

from __future__ import annotations

import streamlit as st

from explorer.app.changed import changed
from explorer.app.numbers import show_seconds
from explorer.app.trainings import Learning, Started
from explorer.runner import shared_engine
from pages._session import language, words
from pages._training_session import become, start, state

PACE_STEPS = 50
"""Steps over which the pace is taken."""

BUTTON = 86
"""px that a button is wide, whatever stands in it."""


def show_progress(run: Started) -> None:
    """A bar with the step and the seconds, the three buttons of a player, and room for a line about them."""
    training = run.training
    with st.container(horizontal=True, key="training_progress"):
        _bar(training)
        with st.container(horizontal=True, key="training_buttons", width="content"):
            _main_button(training)
            paused = training.paused
            key = "training.step"
            st.button(words(key), key=key, width=BUTTON, disabled=not paused, on_click=training.step)
            key, over = "training.stop", training.end is not None
            st.button(words(key), key=key, width=BUTTON, disabled=over, on_click=training.stop)
    with st.container(key="training_pace", gap=None):
        if pace := _pace(training):
            st.caption(pace)
        if training.points and (labels := changed(run.request, state().request)):
            _tell_changes(run, ", ".join(words(label) for label in labels))


def _bar(training: Learning) -> None:
    points, steps = training.points, training.start.steps if training.start else None
    step, seconds = (points[-1].step, f"{points[-1].seconds:.1f}") if points else (0, "0.0")
    waiting = not points and training.end is None
    key = "training.waiting" if waiting else "training.progress" if steps else "training.progress.open"
    share = min(step / steps, 1.0) if steps else 1.0 if points and training.end is not None else 0.0
    st.progress(share, text=words(key, step=f"{step:,}", steps=steps and f"{steps:,}", seconds=seconds))


def _main_button(training: Learning) -> None:
    """Start, then Pause and Go on in the same place: who presses twice in haste has paused, and lost nothing."""
    if training.end is not None:
        if st.button(words("training.start"), key="training.start", width=BUTTON):
            start()
            st.rerun()  # the whole page, so that it is drawn anew while the model learns
    elif training.paused:
        st.button(words("training.resume"), key="training.resume", width=BUTTON, on_click=training.resume)
    else:
        st.button(words("training.pause"), key="training.pause", width=BUTTON, on_click=training.pause)


def _pace(training: Learning) -> str:
    """Steps a second over the last ones, and how long the rest will take; empty while that cannot be said."""
    points, steps = training.points, training.start.steps if training.start else None
    if training.end is not None or training.paused or training.notice is not None or len(points) < 2 or steps is None:
        return ""
    first, last = points[max(0, len(points) - PACE_STEPS)], points[-1]
    seconds = last.seconds - first.seconds
    if seconds <= 0:
        return ""
    rate = (last.step - first.step) / seconds
    limit = shared_engine().settings.training_seconds
    if rate and last.seconds + (steps - last.step) / rate > limit:
        reached = last.step + max(0, round(rate * (limit - last.seconds)))
        return words("training.pace.limit", rate=_rate(rate), limit=f"{limit:g}", step=f"{reached:,}")
    left = show_seconds(max(0.1, round((steps - last.step) / rate, 1)), language()) if rate else "–"
    return words("training.pace", rate=_rate(rate), left=left)


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def _tell_changes(run: Started, fields: str) -> None:
    """The form has other settings than the run that is shown."""
    with st.container(horizontal=True, key="training_changed"):
        st.caption(words("training.changed", fields=fields), width="stretch")
        st.button(
            words("training.changed.take"),
            type="tertiary",
            key="training.changed.take",
            help=words("training.changed.take.help"),
            on_click=lambda: become(state().with_request(run.request)),
        )
