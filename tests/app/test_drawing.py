"""What the page's buttons do to the drawing: engine, columns, folding; and what is said where Graphviz gives none."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from explorer.app import drawing
from explorer.app.drawing import commanded, draw, toggled
from explorer.app.state import GraphState
from explorer.graph import layout as layouts
from explorer.graph.layout import LayoutError, LayoutTimeoutError, lay_out
from explorer.graph.picture import compose
from explorer.ir import Run
from tests.graph import graphs


def a_run(example: graphs.Example) -> Run:
    graph, ops = example
    return Run(status="ok", graph=graph, ops=ops)


def test_engine_and_columns_belong_to_the_state() -> None:
    run = a_run(graphs.recurrent(30))
    state = commanded(commanded(GraphState(), run.graph, "engine:graphviz"), run.graph, "wrap:on")
    assert (state.engine, state.wrap) == ("graphviz", True)
    assert commanded(commanded(state, run.graph, "engine:layered"), run.graph, "wrap:off") == GraphState()
    assert commanded(GraphState(), run.graph, "engine:dot").engine == "layered"


def test_graphviz_draws_a_small_graph() -> None:
    shown = draw(a_run(graphs.perceptron()), GraphState(engine="graphviz"), "en")
    assert not shown.note
    assert b'"engine":"graphviz"' in shown.scene


@pytest.mark.parametrize(
    ("problem", "said"), [(LayoutTimeoutError("slow"), "within 5 s"), (LayoutError("crashed"), "could not draw")]
)
def test_without_an_answer_the_default_stays_and_a_note_says_so(
    monkeypatch: pytest.MonkeyPatch, problem: LayoutError, said: str
) -> None:
    run = a_run(graphs.perceptron())
    usual = draw(run, GraphState(), "en")

    def fail(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(layouts, "_apart", fail)
    shown = draw(run, GraphState(engine="graphviz"), "en")
    assert said in shown.note
    assert shown.scene == usual.scene
    assert draw(run, GraphState(engine="graphviz"), "ko").note != shown.note


def test_what_is_too_large_is_folded_again_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(graphs.loop(100))
    usual = draw(run, GraphState(), "en")

    def fail(*_: object, **__: object) -> None:
        raise LayoutTimeoutError("slow")

    monkeypatch.setattr(layouts, "_apart", fail)
    monkeypatch.setattr(layouts, "MANY_BOXES", 50)
    shown = draw(run, commanded(GraphState(), run.graph, "unfold_all"), "en")
    assert "one by one" in shown.note
    assert shown.scene == usual.scene
    assert shown.open_modules == usual.open_modules


def test_a_large_drawing_is_made_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(graphs.recurrent(30))
    monkeypatch.setattr(layouts, "MANY_BOXES", 50)
    asked = []
    monkeypatch.setattr(
        layouts, "_apart", lambda picture, *_, **__: asked.append(len(picture.boxes)) or lay_out(picture)
    )
    draw(run, GraphState(), "en")
    assert asked == [len(compose(run.graph, run.ops).boxes)]


def test_groups_open_and_fold_by_the_names_that_the_drawing_gives() -> None:
    run = a_run(graphs.loop(100))
    state = GraphState()
    for name in ("@5-6", "@5-6[11-20]", "@5-6.step#12"):
        shown = draw(run, state, "en")
        state = toggled(state, shown.open_modules, name)
    assert state.open_modules == ("@5-6", "@5-6.step#12", "@5-6[11-20]")
    assert toggled(state, state.open_modules or (), "@5-6") == replace(GraphState(), open_modules=())
    assert drawing.GRAPHVIZ_SECONDS < 10
