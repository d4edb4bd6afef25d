"""The catalogue with its search, a person's own class, and the tree of the model's modules."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st

from explorer.app.models import OWN, count_text, found, indented, shown_parts
from explorer.app.remarks import marks
from explorer.app.state import GraphState
from explorer.graph.anatomy import Part, root
from explorer.graph.measure import bytes_text
from explorer.ir import Run
from explorer.models import Kind, find
from explorer.viewer.editor import code_editor
from pages._models_state import having, open_graph, parts_of, put, ran, said_about, state
from pages._said import show_printed
from pages._session import language, running_note, words
from pages._state import show, show_anew

_LIST_HEIGHT = 360
"""px; the list of models scrolls."""


def draw() -> None:
    """What there is to choose on the left, what was chosen on the right."""
    note = running_note()
    left, right = st.columns([5, 12], gap="medium")
    with left:
        _choose()
    with right:
        run = ran(note, state().request())
        _tell_model()
        if said_about(run):
            show_tree(run, state().graph_of(state().code))
    with left:
        edit_code(run)


def _choose() -> None:
    st.text_input(
        words("model_page.search"),
        placeholder=words("model_page.search.hint"),
        max_chars=60,
        key=show("models.search", state().search),
        on_change=lambda: having(search=st.session_state["models.search"]),
    )
    st.pills(
        words("model_page.kind"),
        get_args(Kind),
        format_func=lambda kind: words(f"models.kind.{kind}"),
        label_visibility="collapsed",
        key=show("models.kind", state().kind or None),
        on_change=lambda: having(kind=st.session_state["models.kind"] or ""),
    )
    models = found(state().search, state().kind)
    if not models:
        st.text(words("model_page.search.none"))
        return
    names = [model.name for model in models]
    shown = state().model if state().model in names else None
    key = show_anew("models.chosen", shown)
    with st.container(key="models_found", height=_LIST_HEIGHT):
        st.radio(
            words("model_page.model"),
            names,
            index=None,
            format_func=lambda name: words(find(name).title),
            captions=[_caption(name) for name in names],
            label_visibility="collapsed",
            key=key,
            on_change=_take,
            args=(key, shown),
        )


def _caption(name: str) -> str:
    model = find(name)
    shape = " × ".join(map(str, (model.batch, *model.shape)))
    return words(
        "model_page.entry",
        kind=words(f"models.kind.{model.kind}"),
        parameters=count_text(model.parameter_count),
        shape=shape,
    )


def _take(key: str, shown: str | None) -> None:
    if (chosen := st.session_state[key]) not in (None, shown):
        put(state().with_model(chosen))


def edit_code(run: Run) -> None:
    """The model's text, which may be changed or be the person's own."""
    with st.expander(words("model_page.code"), key="models_code"):
        st.text(words("model_page.code.lead"))
        code_editor(
            state().code,
            key="models.editor",
            revision=state().revision,
            language=language(),
            marks=marks(run, state().code, language()),
            max_lines=24,
            on_run=_run_typed,
        )
        show_printed(run.stdout)


def _run_typed(code: str, revision: str) -> None:
    """Look at what stood in the editor, unless another text has been put there since it was sent."""
    if revision == str(state().revision):
        put(state().with_code(code))


def _tell_model() -> None:
    if state().model is None:
        st.text(words("model_page.own"))
    else:
        st.text(f"{words(find(state().model or OWN).title)}.  {words(find(state().model or OWN).description)}")


def show_tree(run: Run, asked: GraphState) -> None:
    """The numbers of the whole, and the tree of a run, which is what `asked` asks for."""
    parts = parts_of(run)
    whole = root(parts)
    if whole is None:
        st.text(words("model_page.no_modules"))
        return
    _facts(whole)
    deepest = max(part.depth for part in parts)
    if deepest > 1:
        key = show(f"models.depth.{deepest}", min(state().depth, deepest))
        st.slider(words("model_page.depth"), 1, deepest, key=key, on_change=lambda: having(depth=st.session_state[key]))
    shown = shown_parts(parts, state().depth)
    _table(shown, whole)
    if whole.uncounted:
        st.text(words("model_page.uncounted", names=", ".join(whole.uncounted)))
    _selected(run, parts, asked)


def _facts(whole: Part) -> None:
    facts = {
        "parameters": f"{whole.parameters:,}",
        "macs": count_text(whole.macs),
        "activations": bytes_text(whole.activations),
        "output": " × ".join(map(str, whole.output or ())) or "·",
    }
    with st.container(horizontal=True, key="models_facts"):
        for name, value in facts.items():
            st.metric(words(f"model_page.column.{name}"), value, help=words(f"model_page.help.{name}"), width="content")


def _table(shown: tuple[Part, ...], whole: Part) -> None:
    """One row a module; the bars are shares of the whole."""
    rows: dict[str, list[Any]] = {
        "module": [indented(part) for part in shown],
        "class": [part.class_name for part in shown],
        "output": [" × ".join(map(str, part.output)) if part.output is not None else "" for part in shown],
        "parameters": [part.parameters for part in shown],
        "macs": [part.macs for part in shown],
        "activations": [part.activations for part in shown],
    }
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(words(f"model_page.column.{name}"), width=width)
        for name, width in (("module", 135), ("class", 115), ("output", 145))
    }
    for name, written, width in (
        ("parameters", "localized", 140),
        ("macs", "localized", 165),
        ("activations", "localized", 125),
    ):
        most = max(getattr(whole, name), 1)
        config[name] = st.column_config.ProgressColumn(
            words(f"model_page.column.{name}"), format=written, min_value=0, max_value=most, width=width
        )
    st.dataframe(
        rows,
        hide_index=True,
        column_config=config,
        height=min(36 * len(shown) + 40, 560),
        key="models.tree",
        on_select=lambda: _take_rows(shown),
        selection_mode="single-row",
    )


def _take_rows(shown: tuple[Part, ...]) -> None:
    chosen = st.session_state["models.tree"].selection.rows
    if chosen and chosen[0] < len(shown):
        having(module=shown[chosen[0]].path)


def _selected(run: Run, parts: tuple[Part, ...], graph: GraphState) -> None:
    """The module that was selected, with its exact numbers, and the way to its graph."""
    paths = [part.path for part in parts]
    with st.container(horizontal=True, vertical_alignment="bottom", key="models_selected"):
        st.selectbox(
            words("model_page.module"),
            paths,
            index=None,
            placeholder=words("model_page.module.choose"),
            key=show("models.module", state().module if state().module in paths else None),
            on_change=lambda: having(module=st.session_state["models.module"]),
        )
        asked = st.button(words("model_page.open_graph"), key="models.open_graph")
    part = next((part for part in parts if part.path == state().module), None)
    if part is not None:
        st.text(_exactly(part))
    if asked:
        open_graph(run, graph, state().module)


def _exactly(part: Part) -> str:
    return words(
        "model_page.exactly",
        module=part.path,
        calls=part.calls,
        parameters=f"{part.parameters:,}",
        trained=f"{part.trained:,}",
        macs=f"{part.macs:,}",
        bytes=f"{part.activations:,}",
    )
