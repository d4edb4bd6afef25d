"""The lower left of the Graph page: a slider and a field for every free name, and what to differentiate."""

from __future__ import annotations

import streamlit as st
from msgspec.structs import replace

from explorer.app.numbers import NumberError, read_nested, show_nested
from explorer.app.sliders import reach
from explorer.ir import BackwardCall, Input, Nested, Run
from pages._session import shown_run, words
from pages._state import bound, change, show, state


def choose_inputs(run: Run) -> None:
    """One row for each free name of the code; a change runs at once."""
    if not run.inputs:
        return
    with st.container(key="inputs", gap="xsmall"):
        for given in run.inputs:
            _input_row(given)


def _input_row(given: Input) -> None:
    """Name, slider, number field, requires_grad switch."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"input_{given.name}"):
        st.text(given.name, width="content")
        if isinstance(given.value, int | float):
            _number(given, float(given.value))
        else:
            _list(given)
        key = show(f"graph.input.{given.name}.requires_grad", given.requires_grad)
        st.toggle("requires_grad", key=key, on_change=_take_switch, args=(given, key))


def _number(given: Input, value: float) -> None:
    """A slider for the hand and a field for the exact number; both show the same value."""
    end = reach(value)
    for kind, widget, looks in (
        (f"slider.{end:g}", st.slider, {"min_value": -end, "max_value": end, "format": "%.4g"}),
        ("number", st.number_input, {"format": "%.6g", "width": 84}),
    ):
        key = show(f"graph.input.{given.name}.{kind}", value)
        widget(
            words("inputs.value"),
            step=end / 50,
            label_visibility="collapsed",
            key=key,
            on_change=_take_value,
            args=(given, key),
            **looks,
        )


def _list(given: Input) -> None:
    key = show(f"graph.input.{given.name}.list", show_nested(given.value))
    st.text_input(words("inputs.value"), label_visibility="collapsed", key=key, on_change=_take_list, args=(given, key))


def _take_switch(given: Input, key: str) -> None:
    _take(replace(given, requires_grad=st.session_state[key]))


def _take_value(given: Input, key: str) -> None:
    if (value := st.session_state[key]) is not None:
        _take(replace(given, value=value))


def _take_list(given: Input, key: str) -> None:
    try:
        _take(replace(given, value=read_nested(st.session_state[key])))
    except NumberError as problem:
        change(problem=problem.sentence)


def _take(given: Input) -> None:
    others = [other for other in state().inputs if other.name != given.name]
    change(inputs=tuple(sorted([*others, given], key=lambda each: each.name)), problem=None)


def choose_result(run: Run) -> None:
    """Which tensor is differentiated, with which gradient; or which of the code's own backward calls is shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="result"):
        if len(run.backwards) > 1:
            _choose_backward(run.backwards)
        elif not run.backwards and len(run.results) > 1:
            st.selectbox(
                words("result.label"),
                ("", *run.results),
                format_func=lambda name: name or words("result.automatic", name=run.result or ""),
                **bound("result"),
            )
        if not run.backwards and (shape := _shape_of_gradient(run)):
            st.text_input(words("result.gradient", shape=shape), placeholder=words("result.ones"), **bound("gradient"))


def _shape_of_gradient(run: Run) -> tuple[int, ...] | None:
    """The result's shape, where backward needs a gradient. A typed one that does not fit keeps its field, so that it can be mended."""
    if run.status == "ok":
        return run.result_shape
    before = shown_run()
    return before.result_shape if state().gradient and before is not None else None


def _choose_backward(calls: tuple[BackwardCall, ...]) -> None:
    """The last call is the default, as -1, so that it stays the last one when the code changes."""
    options = [*range(len(calls) - 1), -1]
    st.selectbox(
        words("backward.label"), options, format_func=lambda index: _call_text(calls[index]), **bound("backward")
    )


def _call_text(call: BackwardCall) -> str:
    """As in ``line 14 · loss = 2.31``."""
    place = words("backward.nowhere") if call.line is None else words("backward.line", line=call.line)
    return f"{call.index + 1}  ·  {place}  ·  {_named_value(call.name, call.value)}"


def _named_value(name: str | None, value: Nested | None) -> str:
    return (name or "") if value is None else f"{name or ''} = {show_nested(value)}"
