"""The drawer of the Graph page without a browser: what its tabs work out, and what its button asks for."""

import pytest
from msgspec.structs import replace
from streamlit.testing.v1 import AppTest

import pages._drawer
import pages._session
from explorer.ir import Memory, Times
from tests.pages.test_graph_page import PAGE, Engine, texts

TAB = "graph.drawer"


class Timing(Engine):
    """An engine whose runs have weights and times."""

    def run(self, request, *, owner):
        found = super().run(request, owner=owner)
        times = Times(forward=(0.1,) * len(found.ops), repeats=request.repeats)
        return replace(found, memory=Memory(), times=times)


@pytest.fixture
def engine(monkeypatch):
    engine = Timing()
    monkeypatch.setattr(pages._session, "shared_engine", lambda: engine)
    return engine


@pytest.fixture
def page(engine):
    page = AppTest.from_file(PAGE, default_timeout=30).run()
    assert not page.exception
    return page


def open_tab(page, name):
    page.session_state[TAB] = name
    page.run()
    assert not page.exception


def test_measuring_again_asks_for_the_same_run_and_not_for_the_next_one(page, engine):
    open_tab(page, "Time by node")
    page.button(key="graph.again").click().run()
    assert not page.exception
    assert engine.requests[1:] == [replace(engine.requests[0], repeats=5)]
    assert "Median of 5 further runs." in texts(page)
    page.run()
    assert len(engine.requests) == 2
    page.slider(key="graph.input.x.slider.5").set_value(-3.0).run()
    assert engine.requests[-1].repeats == 0
    assert "Measured once, while the run was recorded." in texts(page)


@pytest.mark.parametrize(
    ("tab", "worked_out"),
    [
        ("Storages", ["storage_view"]),
        ("Memory", ["memory_view"]),
        ("Time by node", ["time_view"]),
        ("Gradient norms", ["gradient_norms"]),
        ("Timings", []),
    ],
)
def test_only_the_open_tab_is_worked_out(page, monkeypatch, tab, worked_out):
    worked = []

    def note(name, answer=None):
        return lambda *args, **more: worked.append(name) or answer

    monkeypatch.setattr(
        pages._drawer,
        "gradient_norms",
        note("gradient_norms", {"data": [{"type": "bar", "x": [1], "y": [1]}], "layout": {}}),
    )
    for name in ("leaf_table", "storage_view", "memory_view", "time_view"):
        monkeypatch.setattr(pages._drawer, name, note(name))
    open_tab(page, tab)
    assert worked == worked_out


def test_a_run_that_measured_nothing_says_so(page, engine, monkeypatch):
    monkeypatch.setattr(
        engine, "run", lambda request, *, owner: replace(Engine().run(request, owner=owner), memory=None, times=None)
    )
    page.slider(key="graph.input.x.slider.5").set_value(-3.0).run()
    for tab in ("Memory", "Time by node"):
        open_tab(page, tab)
        assert "Nothing was measured in this run." in texts(page)
