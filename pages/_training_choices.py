"""The left of the Training page: data, model, the recipe of the loop, and the code that all of it makes."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st
from msgspec.structs import replace

from explorer.app.remarks import Remark
from explorer.app.training import MOMENTUM, TrainingState
from explorer.ir import TrainingEnd
from explorer.models import LOSSES, TABLE, ModelError, OptimizerName, SchedulerName, column_names, datasets, models_for
from explorer.viewer.editor import code_editor
from explorer.words import say, tell
from pages._said import show_remarks
from pages._session import devices, language, words
from pages._training_session import become, bound, running, start, started, state


def choose() -> None:
    """Everything that decides a run."""
    st.text(words("training.lead"))
    choose_data_and_model()
    choose_recipe()
    edit_code(running())


def choose_data_and_model() -> None:
    """Both lists, and one line on the data."""
    read = language()
    with st.container(horizontal=True, key="training_choice"):
        st.selectbox(
            words("training.choose_dataset"),
            [*(dataset.name for dataset in datasets()), TABLE],
            format_func=lambda name: say(f"datasets.{name}.title", read),
            **bound("dataset", state().data.dataset, lambda name: state().with_data(dataset=name)),
        )
        st.selectbox(
            words("training.choose_model"),
            _models(),
            format_func=lambda name: say(f"trainable.{name}.title", read),
            **bound("model", state().model, lambda name: state().with_model(name)),
        )
    if state().data.dataset == TABLE:
        _choose_table()
    if (problem := state().problem) is not None:
        show_remarks((Remark(kind="refused", title=words("remark.refused"), text=tell(problem, language())),))
    else:
        _tell_data()


def _models() -> list[str]:
    try:
        return [model.name for model in models_for(state().dataset)]
    except ModelError:
        return [state().model]


def _tell_data() -> None:
    try:
        dataset = state().dataset
    except ModelError:
        return
    facts = words(
        f"training.facts.{dataset.kind}", points=dataset.points, inputs=dataset.inputs, outputs=dataset.outputs
    )
    st.caption(f"{words(dataset.description)} {facts}.")


def _choose_table() -> None:
    """A CSV file; its text goes to the worker as it is, and is shown nowhere as markup."""
    uploaded = st.file_uploader(words("training.table.upload"), type="csv", max_upload_size=8, key="training.table")
    if (
        uploaded is not None
        and (text := uploaded.getvalue().decode("utf-8-sig", errors="replace")) != state().data.table
    ):
        become(state().with_data(table=text, target=""))
        st.rerun()
    if state().data.table and state().problem is None:
        columns = column_names(state().data.table)
        st.selectbox(
            words("training.table.target"),
            columns,
            **bound("target", state().data.target or columns[-1], lambda name: state().with_data(target=name)),
        )


def choose_recipe() -> None:
    """Loss, optimizer and the length of the run; what is rarely changed lies below."""
    edited = state().loop_edited
    if edited and state().problem is None:
        st.caption(words("training.loop_edited"))
    with st.container(horizontal=True, key="training_optimizer"):
        st.selectbox(words("training.optimizer"), get_args(OptimizerName), **_field("optimizer", edited))
        st.number_input(
            words("training.learning_rate"), min_value=0.0, step=0.01, format="%.4g", **_field("learning_rate", edited)
        )
        st.number_input(
            words("training.momentum"),
            min_value=0.0,
            max_value=0.999,
            step=0.05,
            format="%.3g",
            **_field("momentum", edited or state().recipe.optimizer not in MOMENTUM),
        )
    with st.container(horizontal=True, key="training_length"):
        st.number_input(words("training.epochs"), min_value=1, max_value=10_000, step=5, **_field("epochs", edited))
        st.number_input(
            words("training.batch_size"), min_value=1, max_value=4_096, step=8, **_field("batch_size", edited)
        )
        st.number_input(
            words("training.seed"),
            min_value=0,
            max_value=2**32 - 1,
            step=1,
            **bound("seed", state().seed, lambda seed: _with(seed=seed)),
        )
        if len(devices()) > 1:
            st.selectbox(
                words("training.device"),
                devices(),
                **bound("device", state().device, lambda name: state().with_device(name)),
            )
    with st.expander(words("training.more"), key="training_more"):
        _more(edited)


def _more(edited: bool) -> None:
    try:
        none = words("training.scheduler.none")
        losses = LOSSES[state().dataset.kind]
        loss = state().recipe.loss_for(state().dataset.kind)
    except ModelError:
        return
    with st.container(horizontal=True, key="training_further"):
        st.selectbox(
            words("training.loss"),
            losses,
            disabled=edited,
            **bound("loss", loss, lambda name: state().with_recipe(loss=name)),
        )
        st.selectbox(
            words("training.scheduler"),
            get_args(SchedulerName),
            format_func=lambda name: name or none,
            **_field("scheduler", edited),
        )
    with st.container(horizontal=True, key="training_numbers"):
        st.number_input(
            words("training.weight_decay"), min_value=0.0, step=0.0001, format="%.4g", **_field("weight_decay", edited)
        )
        st.number_input(words("training.clip"), min_value=0.0, step=0.5, format="%.3g", **_field("clip", edited))
        st.number_input(
            words("training.held_back"),
            min_value=0.0,
            max_value=0.9,
            step=0.05,
            **bound("held_back", state().data.held_back, lambda share: state().with_data(held_back=share)),
        )
    with st.container(horizontal=True, key="training_switches"):
        nesterov = state().recipe.optimizer == "SGD" and state().recipe.momentum > 0
        st.toggle(words("training.nesterov"), **_field("nesterov", edited or not nesterov))
        st.toggle(words("training.autocast"), **_field("autocast", edited))
        st.toggle(words("training.zero_grad"), **_field("zero_grad", edited))


def _with(**fields: Any) -> TrainingState:
    return replace(state(), **fields)


def _field(name: str, disabled: bool) -> dict[str, Any]:
    """The arguments that tie a widget to one field of the recipe."""
    value = getattr(state().recipe, name)
    return {"disabled": disabled} | bound(name, value, lambda new: state().with_recipe(**{name: new}))


def edit_code(learning: bool) -> None:
    """The program; Run in it starts the training too."""
    code_editor(
        state().code,
        key="training.editor",
        revision=state().revision,
        language=language(),
        marks=_marks(),
        max_lines=26,
        running=learning,
        on_run=_start_typed,
        on_draft=lambda code: become(_with(code=code)),
    )
    if state().edited:
        st.button(
            words("training.code.reset"),
            type="tertiary",
            help=words("training.code.reset.help"),
            on_click=lambda: become(state().with_model(state().model)),
        )


def _start_typed(code: str, revision: str) -> None:
    """Train what stood in the editor, unless another text has been put there since it was sent."""
    if revision == str(state().revision):
        become(_with(code=code))
        start()


def _marks() -> dict[int, str]:
    """The line that the last run complained about, where it ran this very code."""
    run = started()
    if run is None or run.training.end is None or run.training.end.line is None:
        return {}
    return {run.training.end.line: _message(run.training.end)} if run.request.code == state().code else {}


def _message(end: TrainingEnd) -> str:
    return end.message or "" if end.sentence is None else tell(end.sentence, language())


def said(end: TrainingEnd) -> str:
    """Why a run ended, with the line where there is one."""
    text = _message(end)
    return text if end.line is None else words("training.ended.line", line=end.line, message=text)
