"""Static against dynamic: one function, the graph that each way makes of it, and what each then computes."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.app.models import said_run
from explorer.app.numbers import show_nested
from explorer.app.remarks import remarks
from explorer.ir import StaticAnswer, StaticRequest, Way
from explorer.models import FUNCTIONS, Function
from explorer.runner import EngineError, shared_engine
from pages._answers import answered
from pages._models_state import having, open_graph, ran, state
from pages._said import show_remarks, show_title
from pages._session import language, owner, running_note, words
from pages._state import show


def draw() -> None:
    note = running_note()
    left, right = st.columns([5, 12], gap="medium")
    function = FUNCTIONS[state().function]
    with left:
        _choose(note, function)
    with right:
        answer = _answer(note)
        show_remarks(() if answer.status == "ok" else remarks(said_run(answer, function.code), language()))
        if answer.ways:
            _ways(answer.ways, function)


def _choose(note: DeltaGenerator, function: Function) -> None:
    st.selectbox(
        words("statics.choose"),
        list(FUNCTIONS),
        required=True,
        format_func=lambda name: words(FUNCTIONS[name].title),
        key=show("models.function", state().function),
        on_change=lambda: having(function=st.session_state["models.function"]),
    )
    st.code(function.code, language="python")
    st.text(words(function.description))
    st.text(words("statics.inputs", first=show_nested(list(function.first)), second=show_nested(list(function.second))))
    st.caption(words("statics.ours"))
    for name, values in (("first", function.first), ("second", function.second)):
        if st.button(words(f"statics.graph.{name}"), key=f"models.statics.{name}"):
            code = f"{function.code}\nx = torch.tensor({list(values)}, requires_grad=True)\ny = f(x)"
            asked = state().graph_of(code)
            open_graph(ran(note, asked.request(), "models.statics.graph"), asked)


def _answer(note: DeltaGenerator) -> StaticAnswer:
    request = StaticRequest(function=state().function)

    def ask() -> StaticAnswer:
        try:
            return shared_engine().compare_ways(request, owner=owner())
        except EngineError as problem:
            return StaticAnswer(status="stopped", message=str(problem))

    return answered(note, "models.statics", request.function, ask)


def _ways(ways: tuple[Way, ...], function: Function) -> None:
    """Two and two beside each other; the first is what is really computed."""
    truth = ways[0].results
    for pair in (ways[:2], ways[2:]):
        for way, column in zip(pair, st.columns(2, gap="medium"), strict=False):
            with column, st.container(key=f"way_{way.name}", gap="xsmall"):
                show_title(words(f"statics.way.{way.name}"), key=f"way_{way.name}")
                st.caption(words(f"statics.way.{way.name}.text"))
                _way(way, truth, function)


def _way(way: Way, truth: tuple[object, ...], function: Function) -> None:
    if way.failed:
        with st.container(key=f"remark_refused_{way.name}"):
            st.text(words("statics.failed"))
            st.text(words(f"statics.failed.{way.name}"))
        st.code(way.said, language=None, wrap_lines=True)
        return
    if way.second_nodes is None or way.second_nodes == way.nodes:
        st.text(words("statics.nodes", nodes=" → ".join(way.nodes)))
    else:
        st.text(words("statics.nodes.first", nodes=" → ".join(way.nodes)))
        st.text(words("statics.nodes.second", nodes=" → ".join(way.second_nodes)))
    for argument, value, right in zip((function.first, function.second), way.results, truth, strict=True):
        st.text(_outcome(show_nested(list(argument)), value, right))
    if way.second_said:
        st.text(words("statics.second_failed", said=way.second_said))
    if any(value is not None and value != right for value, right in zip(way.results, truth, strict=True)):
        with st.container(key=f"remark_error_{way.name}"):
            st.text(words("statics.wrong"))
            st.text(words("statics.wrong.text"))
    if way.said:
        st.caption(words("statics.warned"))
        st.code(way.said, language=None, wrap_lines=True)
    if way.name != "eager":
        with st.expander(words("statics.text"), key=f"models_way_{way.name}"):
            st.code(way.text, language=None, wrap_lines=True)


def _outcome(argument: str, value: object, right: object) -> str:
    if value is None:
        return words("statics.nothing", argument=argument)
    key = "statics.right" if value == right else "statics.other"
    return words(key, argument=argument, value=show_nested(value), truth=show_nested(right))
