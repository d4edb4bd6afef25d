"""Initialisation: what each way of ``nn.init`` fills a weight with, as a histogram with its bound, beside what theory says."""

from __future__ import annotations

import streamlit as st

from explorer.app.models import weight_of
from explorer.app.numbers import show_number
from explorer.charts.initialisation import weights
from explorer.models import INITIALISERS, MOST_FEATURES
from pages._models_state import having, ran, said_about, state
from pages._session import language, running_note, words
from pages._state import show


def draw() -> None:
    note = running_note()
    left, right = st.columns([5, 12], gap="medium")
    with left:
        _choose()
    with right:
        run = ran(note, state().weight(), "models.initialisation")
        weight = weight_of(run)
        if weight is None:
            said_about(run)
            return
        chosen, stats = INITIALISERS[state().initialiser], weight.value_stats
        assert stats is not None
        st.text(words(chosen.description))
        st.latex(chosen.formula, width="content")  # ours: nothing that anyone typed
        expected, bound = chosen.std(state().ins, state().outs), chosen.bound(state().ins, state().outs)
        with st.container(horizontal=True, key="models_facts"):
            facts = {"std": stats.std, "theory": expected, "bound": bound, "low": stats.min, "high": stats.max}
            for name, value in facts.items():
                if value is not None:
                    st.metric(words(f"initialisation.{name}"), show_number(value), width="content")
        figure = weights(weight, bound, language())
        if figure is not None:
            st.plotly_chart(figure, key="models.weights", config={"displaylogo": False})
        st.code(run.code, language="python")


def _choose() -> None:
    st.selectbox(
        words("initialisation.choose"),
        list(INITIALISERS),
        required=True,
        format_func=lambda name: words("initialisation.default") if name == "linear" else f"nn.init.{name}",
        key=show("models.initialiser", state().initialiser),
        on_change=lambda: having(initialiser=st.session_state["models.initialiser"]),
    )
    with st.container(horizontal=True, key="models_sizes"):
        for name in ("ins", "outs"):
            st.number_input(
                words(f"initialisation.{name}"),
                min_value=2,
                max_value=MOST_FEATURES,
                step=1,
                key=show(f"models.{name}", getattr(state(), name)),
                on_change=_take,
                args=(name,),
            )
        st.number_input(
            words("run.seed"),
            min_value=0,
            max_value=2**32 - 1,
            step=1,
            key=show("models.seed", state().seed),
            on_change=_take,
            args=("seed",),
        )


def _take(name: str) -> None:
    having(**{name: int(st.session_state[f"models.{name}"])})
