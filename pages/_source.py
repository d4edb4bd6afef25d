"""The upper left of the Graph page: code or a model, the editor, and the Run button with its seed and device."""

from __future__ import annotations

import streamlit as st

from explorer.app.remarks import marks
from explorer.examples import examples
from explorer.models import Model, ModelError, catalogue, find
from explorer.viewer.editor import code_editor
from pages._session import devices, language, last_run, words
from pages._state import ask_typed, bound, change, put, show, show_anew, state


def choose_source() -> None:
    """Code or a model; an example or an entry of the catalogue, with its sizes."""
    with st.container(horizontal=True, vertical_alignment="center", key="source"):
        st.segmented_control(
            words("source.label"),
            ("code", "model"),
            required=True,
            format_func=lambda source: words(f"source.{source}"),
            label_visibility="collapsed",
            **bound("source"),
        )
        if state().source == "code":
            _choose_example()
        else:
            _choose_model()
    if state().source == "model" and state().model is not None:
        _choose_sizes(find(state().model))


def _choose_example() -> None:
    """The example that stands in the editor, if one does."""
    shown = next((example.name for example in examples() if example.code == state().draft.strip()), None)
    key = show_anew("graph.example", shown)
    st.selectbox(
        words("example.label"),
        [example.name for example in examples()],
        index=None,
        required=True,
        placeholder=words("example.choose"),
        format_func=lambda name: words(f"example.{name}"),
        label_visibility="collapsed",
        key=key,
        on_change=_take_example,
        args=(key, shown),
    )


def _take_example(key: str, shown: str | None) -> None:
    chosen = st.session_state[key]
    for example in examples():
        if chosen not in (None, shown) and example.name == chosen:
            put(example.code)


def _choose_model() -> None:
    st.selectbox(
        words("model.label"),
        [model.name for model in catalogue()],
        index=None,
        required=True,
        format_func=lambda name: f"{words(f'models.kind.{find(name).kind}')}  ·  {words(find(name).title)}",
        placeholder=words("model.choose"),
        label_visibility="collapsed",
        key=show("graph.model", state().model),
        on_change=_take_model,
    )


def _take_model() -> None:
    if (chosen := st.session_state["graph.model"]) is None:  # Streamlit tells None of a box that was just put up
        return
    model = find(chosen)
    change(model=model.name, batch=model.batch, shape=model.shape)
    put(model.code())


def _choose_sizes(model: Model) -> None:
    """One field for the batch and one for each axis that can vary."""
    sizes = (state().batch, *state().shape)
    labels = (words("model.batch"), *(words(axis.key) for axis in model.axes))
    with st.container(horizontal=True, key="sizes"):
        for position, (label, size) in enumerate(zip(labels, sizes, strict=True)):
            fixed = position > 0 and model.axes[position - 1].smallest == model.axes[position - 1].largest
            key = show(f"graph.size.{model.name}.{position}", size)
            st.number_input(
                label, min_value=1, step=1, width=72, key=key, disabled=fixed, on_change=_take_sizes, args=(model,)
            )


def _take_sizes(model: Model) -> None:
    batch, *shape = (st.session_state[f"graph.size.{model.name}.{position}"] for position in range(len(model.axes) + 1))
    change(batch=batch, shape=tuple(shape))
    try:
        put(model.code(batch, shape))
    except ModelError as problem:
        change(problem=problem.sentence)


def edit_code() -> None:
    """The editor with its Run button; the line that the last run complained about is marked."""
    draft = code_editor(
        state().draft,
        key="graph.editor",
        revision=state().revision,
        language=language(),
        marks=marks(last_run(), state().code, language()),
        max_lines=18,
        on_run=ask_typed,
    )
    if draft != state().draft:
        change(draft=draft)


def choose_run() -> None:
    """Seed and device; a change runs at once."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run"):
        st.text(words("run.seed"), width="content")
        st.number_input(
            words("run.seed"),
            min_value=0,
            max_value=2**32 - 1,
            step=1,
            width=100,
            label_visibility="collapsed",
            **bound("seed"),
        )
        st.text(words("run.device"), width="content")
        st.selectbox(words("run.device"), devices(), width=100, label_visibility="collapsed", **bound("device"))
