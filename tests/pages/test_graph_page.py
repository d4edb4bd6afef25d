"""The Graph page without a browser: when it runs, what it asks for, what it keeps."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from streamlit.testing.v1 import AppTest

import pages._session
import pages._state
from explorer.app.state import GraphState
from explorer.examples import examples
from explorer.ir import Input
from explorer.runner import EngineError
from explorer.worker.session import execute
from tests.pages.app_test import kept

PAGE = str(Path(__file__).parents[2] / "pages" / "graph.py")


class Engine:
    """Runs in this very process, and remembers what it was asked."""

    devices = ("cpu",)

    def __init__(self):
        self.requests = []
        self.broken = None

    def run(self, request, *, owner):
        assert owner
        self.requests.append(request)
        if self.broken:
            raise EngineError(self.broken)
        return execute(request)


@pytest.fixture
def engine(monkeypatch):
    engine = Engine()
    monkeypatch.setattr(pages._session, "shared_engine", lambda: engine)
    return engine


@pytest.fixture
def page(engine):
    page = AppTest.from_file(PAGE, default_timeout=30).run()
    assert not page.exception
    return page


def state(page) -> GraphState:
    return kept(page)["graph.state"]


def texts(page):
    return [text.value for text in page.text]


def set_code(page, code):
    """What the editor's Run button does."""
    kept(page)["graph.state"] = replace(state(page), code=code, draft=code)
    del kept(page)["graph.answered"]
    page.run()
    assert not page.exception


def test_the_first_visit_runs_the_first_example_once(page, engine):
    assert [request.code for request in engine.requests] == [examples()[0].code]
    page.run()
    assert len(engine.requests) == 1


def test_a_slider_asks_for_one_run_with_its_value(page, engine):
    page.slider(key="graph.input.x.slider.5").set_value(-3.0).run()
    assert engine.requests[-1].inputs == (Input(name="x", value=-3.0),)
    assert len(engine.requests) == 2
    assert page.number_input(key="graph.input.x.number").value == -3.0
    page.toggle(key="graph.input.x.requires_grad").set_value(False).run()
    assert engine.requests[-1].inputs == (Input(name="x", value=-3.0, requires_grad=False),)


def test_a_value_beyond_the_slider_widens_it(page):
    page.number_input(key="graph.input.x.number").set_value(70.0).run()
    assert not page.exception
    slider = page.slider(key="graph.input.x.slider.100")
    assert (slider.min, slider.max, slider.value) == (-100.0, 100.0, 70.0)
    slider.set_value(30.0).run()
    slider = page.slider(key="graph.input.x.slider.50")
    assert (slider.min, slider.max, slider.value) == (-50.0, 50.0, 30.0)


def test_values_come_back_with_their_names(page, engine):
    page.slider(key="graph.input.x.slider.5").set_value(4.5).run()
    asked = len(engine.requests)
    set_code(page, "y * 2")
    assert kept(page)["run.last"].inputs == (Input(name="y", value=2.0),)
    set_code(page, "x * x")
    assert kept(page)["run.last"].inputs == (Input(name="x", value=4.5),)
    assert len(engine.requests) == asked + 2  # one run each: what was chosen for other names is in the request, too


@pytest.mark.parametrize(("revision", "ran"), [("0", "x * 7"), ("1", "(x + y) * w")])
def test_a_text_that_was_replaced_since_it_was_typed_is_not_run(page, monkeypatch, revision, ran):
    """Ctrl+Enter in the old text, just after another model was picked."""
    monkeypatch.setattr(pages._state, "kept", lambda: kept(page))
    pages._state.ask_typed("x * 7", revision)
    assert state(page).code == ran


def test_a_failing_run_keeps_the_graph_of_the_run_before(page):
    before = kept(page)["run.shown"]
    set_code(page, "x = (")
    assert kept(page)["run.shown"] is before
    assert kept(page)["run.last"] is not before
    assert "The graph below is of the run before; the last run made none." in texts(page)


def test_a_run_that_raised_on_its_way_shows_how_far_it_came_and_says_so(page):
    set_code(page, "x = torch.ones(2, 3, requires_grad=True)\ny = x * 2\ny @ x")
    assert kept(page)["run.shown"] is kept(page)["run.last"]
    assert "The graph below is what the code had built before line 3 failed." in texts(page)
    set_code(page, "x * 2")
    assert not any(text.startswith("The graph below") for text in texts(page))


def test_an_engine_that_does_not_work_is_one_sentence(page, engine):
    engine.broken = "No worker starts here."
    set_code(page, "x * 4")
    assert "No worker starts here." in texts(page)


def test_every_example_can_be_chosen_and_runs(page, engine):
    for example in examples()[1:]:
        page.selectbox(key="graph.example.0").set_value(example.name).run()
        assert not page.exception
        assert engine.requests[-1].code == example.code
        assert kept(page)["run.last"].status == "ok", example.name
        assert kept(page)["run.last"].graph.nodes, example.name


def test_a_model_puts_its_code_into_the_editor(page, engine):
    kept(page)["graph.state"] = replace(state(page), source="model")
    page.run()
    page.selectbox(key="graph.model").set_value("mlp").run()
    assert not page.exception
    revision = state(page).revision
    page.number_input(key="graph.size.mlp.0").set_value(2).run()
    assert "BATCH = 2" in engine.requests[-1].code
    assert state(page).draft == engine.requests[-1].code
    page.selectbox(key="graph.model").set_value(None).run()  # as a browser that just put the box up may
    assert not page.exception
    assert page.selectbox(key="graph.model").value == "mlp"
    assert state(page).revision == revision + 1


def test_one_of_several_backward_calls(page, engine):
    loop = next(example for example in examples() if example.name == "simple_model")
    page.selectbox(key="graph.example.0").set_value(loop.name).run()
    choice = page.selectbox(key="graph.backward")
    assert len(choice.options) == 10
    assert kept(page)["run.last"].backward == 9
    choice.set_value(3).run()
    assert not page.exception
    assert engine.requests[-1].backward == 3
    assert kept(page)["run.last"].backward == 3


def test_korean(engine):
    page = AppTest.from_file(PAGE, default_timeout=30)
    kept(page)["lang"] = "ko"
    page.run()
    assert not page.exception
    assert "시드" in texts(page)
    set_code(page, "x = (")
    assert any("줄" in text for text in texts(page))
