"""Operations: each function of the tensor API with an example that runs, and its result drawn."""

from __future__ import annotations

import streamlit as st
from msgspec.structs import replace
from streamlit.delta_generator import DeltaGenerator

from explorer.app.remarks import marks, remarks
from explorer.app.sections import OperationsState
from explorer.app.state import fingerprint
from explorer.charts.distributions import DENSITIES, distribution
from explorer.ir import Run, RunRequest
from explorer.operations import KINDS, OPERATIONS
from explorer.viewer.editor import code_editor
from explorer.viewer.heat import heat_view
from explorer.viewer.kept import kept
from pages._answers import answered, forget, section_state
from pages._said import show_printed, show_remarks, show_title
from pages._session import attempt, language, running_note, words
from pages._state import show
from pages._tensors_state import put as put_page
from pages._tensors_state import state as page_state

_STATE, _ANSWER, _DRAWS = "operations.state", "operations.answer", "operations.draws"
_ALL = "all"
_COUNTS = (100, 1_000, 10_000, 100_000)


def state() -> OperationsState:
    return section_state(_STATE, OperationsState)


def become(new: OperationsState) -> None:
    """Go over to another state."""
    kept()[_STATE] = new


def draw() -> None:
    """The catalogue and the code; beside it the tensors as grids of numbers."""
    note = running_note()
    run = _run(note, state().request(), _ANSWER) if state().operation.example else None
    left, right = st.columns([5, 12], gap="medium")
    with left:
        _choose()
        if run is not None:
            _edit(run)
            show_remarks(() if run.status == "ok" else remarks(run, language()))
            show_printed(run.stdout)
        else:
            st.button(words("operations.elsewhere"), key="operations.elsewhere", on_click=_go_elsewhere)
    with right:
        if run is not None:
            st.text(words("operations.run"))
            heat_view(run, key="operations.heat", language=language())
        if state().name in DENSITIES:
            _distribution(note)


def _run(note: DeltaGenerator, request: RunRequest, key: str) -> Run:
    return answered(note, key, fingerprint(request), lambda: attempt(request))


def _choose() -> None:
    """Kind, function, dimension, and one line on what it does."""
    with st.container(horizontal=True, key="operations_choice"):
        st.selectbox(
            words("operations.kind"),
            KINDS,
            format_func=lambda kind: words(f"operations.kind.{kind}"),
            key=show("operations.kind", state().kind),
            on_change=_take_kind,
        )
        st.selectbox(
            words("operations.function"),
            [one.name for one in OPERATIONS if one.kind == state().kind],
            key=show("operations.name", state().name),
            on_change=_take_name,
        )
    if state().operation.takes_dim:
        st.segmented_control(
            words("operations.dim"),
            (_ALL, 0, 1),
            required=True,
            format_func=lambda dim: words("operations.dim.all") if dim == _ALL else f"dim={dim}",
            key=show("operations.dim", _ALL if state().dim is None else state().dim),
            on_change=_take_dim,
        )
    st.text(words(f"operations.{state().name}"))


def _take_kind() -> None:
    become(state().with_kind(st.session_state["operations.kind"]))


def _take_name() -> None:
    become(state().with_name(st.session_state["operations.name"]))


def _take_dim() -> None:
    chosen = st.session_state["operations.dim"]
    become(state().with_name(state().name, None if chosen == _ALL else chosen))


def _go_elsewhere() -> None:
    kept()["files.tab"] = "shared" if state().operation.section == "shared" else "files"
    put_page(replace(page_state(), section="files"))


def _edit(run: Run) -> None:
    code_editor(
        state().code,
        key="operations.editor",
        revision=state().revision,
        language=language(),
        marks=marks(run, state().code, language()),
        on_run=_ask,
    )


def _ask(code: str, revision: str) -> None:
    if revision == str(state().revision):
        become(replace(state(), code=code))
        forget(_ANSWER)


def _distribution(note: DeltaGenerator) -> None:
    """Many numbers from the chosen function, counted in bins under its density."""
    show_title(words("distribution.title"), key="distribution")
    st.segmented_control(
        words("distribution.count"),
        _COUNTS,
        required=True,
        format_func=lambda count: f"{count:,}",
        key=show("operations.count", state().draws),
        on_change=_take_count,
    )
    run = _run(note, state().draw_request(), _DRAWS)
    counts = next((tensor.value for tensor in run.tensors if tensor.name == "counts"), None)
    if counts is None:
        show_remarks(remarks(run, language()))
        return
    figure = distribution(counts, state().draws, state().name, language())
    st.plotly_chart(figure, key="operations.distribution", config={"displayModeBar": False})


def _take_count() -> None:
    become(replace(state(), draws=st.session_state["operations.count"]))
