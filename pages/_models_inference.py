"""A checkpoint into the model, a picture through it: how the names fit, each step of the preparation, and both modes beside each other."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.app.models import SHOWN_PICTURES, missing_text, percent, said_run, shape_text, step_text, untaught
from explorer.app.numbers import show_number
from explorer.app.remarks import Remark, remarks
from explorer.app.state import fingerprint
from explorer.graph.measure import bytes_text
from explorer.ir import MOST_FILE_BYTES, Drawn, InferenceAnswer, Loading, Picture, Said, Stage
from explorer.models import find, in_eval
from explorer.runner import EngineError, shared_engine
from explorer.words import tell
from pages._answers import answered
from pages._models_state import choose_model, having, open_graph, ran, state
from pages._said import show_printed, show_remarks, show_title
from pages._session import language, owner, running_note, words
from pages._state import show

_ANSWER, _GRAPH_RUN = "models.inference", "models.inference.graph"


def draw() -> None:
    note = running_note()
    left, right = st.columns([5, 12], gap="medium")
    with left:
        choose_model(SHOWN_PICTURES)
        checkpoint, fit = _choose_weights()
        image = _choose_picture()
    with right:
        answer = _answer(note, checkpoint, image)
        show_remarks(() if answer.status == "ok" else remarks(said_run(answer, state().code), language()))
        if answer.stages:
            _steps(answer.stages)
        if answer.said:
            _modes(answer)
        _graphs(note)
        show_printed(answer.stdout)
    if answer.loading is not None:
        with fit:
            _loading(answer.loading)


def _choose_weights() -> tuple[Any, DeltaGenerator]:
    """What was uploaded, which is not looked into here, and the place below it."""
    most = shared_engine().settings.weights_mib
    show_title(words("inference.weights"), key="weights")
    st.text(words("inference.weights.lead", mib=most))
    if state().model is not None and (size := 4 * find(state().model or "").parameter_count) > most * 2**20:
        text = words("inference.weights.larger", size=bytes_text(size), mib=most)
        show_remarks((Remark(kind="note", title=words("remark.note"), text=text),))
    checkpoint = st.file_uploader(
        words("inference.weights.upload"),
        type=["safetensors", "pt", "pth", "bin"],
        max_upload_size=most,
        label_visibility="collapsed",
        key="models.checkpoint",
    )
    if checkpoint is not None:
        st.text_input(
            words("inference.prefix"),
            max_chars=100,
            placeholder=words("inference.prefix.hint"),
            key=show("models.prefix", state().prefix),
            on_change=lambda: having(prefix=st.session_state["models.prefix"]),
        )
    return checkpoint, st.container()


def _choose_picture() -> Any:
    """What was uploaded, which is not looked into here; a drawing is chosen in the state."""
    show_title(words("inference.picture"), key="picture")
    st.segmented_control(
        words("inference.picture"),
        get_args(Drawn),
        required=True,
        format_func=lambda name: words(f"inference.drawn.{name}"),
        label_visibility="collapsed",
        key=show("models.drawn", state().drawn),
        on_change=lambda: having(drawn=st.session_state["models.drawn"]),
    )
    return st.file_uploader(
        words("inference.picture.upload"),
        type=["png", "jpg", "jpeg"],
        max_upload_size=MOST_FILE_BYTES // 2**20,
        key="models.image",
    )


def _answer(note: DeltaGenerator, checkpoint: Any, image: Any) -> InferenceAnswer:
    """What the jailed worker says of the model with these files."""
    request = state().inference()

    def ask() -> InferenceAnswer:
        files = [b"" if file is None else file.getvalue() for file in (checkpoint, image)]
        try:
            return shared_engine().infer(request, *files, owner=owner())
        except EngineError as problem:
            return InferenceAnswer(status="stopped", message=str(problem))

    which = " ".join("" if file is None else file.file_id for file in (checkpoint, image))
    return answered(note, _ANSWER, f"{fingerprint(request)} {which}", ask)


def _loading(loading: Loading) -> None:
    """How the names of the checkpoint fit those of the model, one by one where they do not."""
    st.text(words("inference.loaded", matched=loading.matched, wanted=loading.wanted, tensors=loading.tensors))
    if loading.suggestion is not None:
        if loading.suggestion:
            st.text(words("inference.suggestion", prefix=loading.suggestion))
        else:
            st.text(words("inference.suggestion.none"))
        st.button(
            words("inference.suggestion.take"),
            key="models.suggestion",
            on_click=lambda: having(prefix=loading.suggestion or ""),
        )
    lists = (
        ("missing", loading.missing),
        ("unexpected", loading.unexpected),
        ("misshapen", tuple(missing_text(one) for one in loading.misshapen)),
    )
    for (name, lines), count in zip(lists, loading.counts, strict=True):
        if count:
            more = () if count == len(lines) else (words("inference.more", count=count - len(lines)),)
            with st.expander(words(f"inference.{name}", count=count), expanded=count <= 12, key=f"models_{name}"):
                st.code("\n".join((*lines, *more)), language=None, height=min(24 * len(lines) + 40, 300))


def _shown(picture: Picture, width: int | None = None) -> None:
    pixels = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(picture.height, picture.width, 3)
    st.image(pixels, width=width or picture.width, output_format="PNG")


def _steps(stages: tuple[Stage, ...]) -> None:
    """Each step of the preparation with the picture after it."""
    show_title(words("inference.steps"), key="steps")
    with st.container(horizontal=True, key="steps", gap="small"):
        for stage in stages:
            with st.container(width=150, key=f"step_{stage.name}", gap="xsmall"):
                _shown(stage.picture)
                st.text(step_text(stage))
                low, high = show_number(stage.low), show_number(stage.high)
                st.caption(f"{shape_text(stage.shape)}  {stage.dtype}  \n{low} … {high}")


def _modes(answer: InferenceAnswer) -> None:
    """Eval mode, and twice train mode, beside each other."""
    show_title(words("inference.modes"), key="modes")
    if said := untaught(answer.loading):
        with st.container(key="remark_random"):
            st.text(words(said))
            st.text(words(f"{said}.text"))
    told = (
        answer.said if answer.said[-1] != answer.said[1] else answer.said[:2]
    )  # without Dropout the second time is like the first
    names = ("eval", "train", "again")
    for name, one, column in zip(names, told, st.columns(len(told), gap="medium"), strict=False):
        with column, st.container(key=f"mode_{name}", gap="xsmall"):
            st.text(words(f"inference.mode.{name}"))
            _said(one, answer.labels)
    if answer.changes:
        st.text(words("inference.changes"))
        rows = {
            "module": [one.module for one in answer.changes],
            "class": [one.class_name for one in answer.changes],
            "eval": [f"{show_number(one.eval_mean)} ± {show_number(one.eval_std)}" for one in answer.changes],
            "train": [f"{show_number(one.train_mean)} ± {show_number(one.train_std)}" for one in answer.changes],
        }
        config = {name: st.column_config.TextColumn(words(f"inference.column.{name}")) for name in rows}
        st.dataframe(rows, hide_index=True, column_config=config, height=min(36 * len(answer.changes) + 40, 260))
    elif answer.said[0].sentence is None:
        st.text(words("inference.no_changes"))


def _said(said: Said, labels: tuple[str, ...]) -> None:
    if said.sentence is not None:
        st.text(tell(said.sentence, language()))
        return
    numbers = words(
        "inference.output", shape=shape_text(said.shape), mean=show_number(said.mean), std=show_number(said.std)
    )
    st.caption(numbers)
    if said.picture is not None:
        _shown(said.picture)
    for guess in said.top:
        known = labels[guess.index] if guess.index < len(labels) else words("inference.class", index=guess.index)
        st.text(f"{percent(guess.share)}  {known}")


def _graphs(note: DeltaGenerator) -> None:
    """The way to the graph of either mode: BatchNorm's and Dropout's nodes are not the same."""
    with st.container(horizontal=True, key="models_graphs"):
        evaluated = st.button(words("inference.graph.eval"), key="models.graph.eval")
        trained = st.button(words("inference.graph.train"), key="models.graph.train")
    if evaluated or trained:
        asked = state().graph_of(in_eval(state().code) if evaluated else state().code)
        open_graph(ran(note, asked.request(), _GRAPH_RUN), asked)
