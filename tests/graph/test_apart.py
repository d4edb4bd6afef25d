"""Layouts made in a process of their own."""

from __future__ import annotations

import shutil
import subprocess
from unittest.mock import Mock

import pytest

from explorer.graph import layout as layouts
from explorer.graph.layout import LayoutError, LayoutTimeoutError, lay_out, lay_out_apart, lay_out_by_graphviz
from explorer.graph.picture import compose
from explorer.ir import encode
from tests.graph import graphs
from tests.graph.test_layout import SLACK, apart, contains


def test_graphviz_draws_the_same_picture() -> None:
    picture = compose(*graphs.perceptron())
    layout = lay_out(picture, "graphviz")
    assert layout.engine == "graphviz"
    assert [box.id for box in layout.boxes] == [box.id for box in picture.boxes]
    assert [wire.edges for wire in layout.wires] == [wire.edges for wire in picture.wires]
    for index, box in enumerate(layout.boxes):
        assert all(apart(box, other) for other in layout.boxes[:index])
        home = picture.homes[index]
        assert home is None or contains(layout.frames[home], box)
    for wire in layout.wires:
        source, target = layout.boxes[wire.source], layout.boxes[wire.target]
        assert wire.points[0][1] == pytest.approx(source.y + source.height / 2, abs=SLACK)
        assert wire.points[-1][1] == pytest.approx(target.y - target.height / 2, abs=SLACK)
        assert source.y < target.y


def test_graphviz_takes_hostile_titles() -> None:
    tape = graphs.Tape()
    last = tape.op("Mul", tape.leaf('"]; x'), tape.leaf("<b>"), module='a"];b')
    tape.op("Sin", last, module='a"];b')
    assert len(lay_out(compose(*tape.graph()), "graphviz").frames) == 1


def test_a_slow_engine_is_stopped() -> None:
    with pytest.raises(LayoutTimeoutError, match="graphviz was stopped"):
        lay_out(compose(*graphs.dense(40)), "graphviz", seconds=0.05)


def test_a_crashed_engine_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts.sys, "executable", shutil.which("false"))
    with pytest.raises(LayoutError, match="graphviz failed"):
        lay_out(compose(*graphs.diamond()), "graphviz")


def test_what_graphviz_has_placed_before_it_is_stopped_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [compose(*example) for example in (graphs.diamond(), graphs.perceptron())]
    whole = lay_out_by_graphviz(pictures, seconds=20)
    assert whole == tuple(lay_out(picture, "graphviz") for picture in pictures)
    one, other = map(encode, whole)
    for ended in (
        subprocess.TimeoutExpired("dot", 5, output=one + b"\n" + other[:40]),
        subprocess.CalledProcessError(-11, "dot", output=one + b"\n"),
    ):
        monkeypatch.setattr(layouts.subprocess, "run", Mock(side_effect=ended))
        assert lay_out_by_graphviz(pictures, seconds=5) == whole[:1]


def test_apart_gives_the_same_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = compose(*graphs.perceptron())
    here = lay_out(picture)
    assert lay_out_apart(picture) == here
    monkeypatch.setattr(layouts, "MANY_BOXES", 0)
    assert encode(lay_out_apart(picture)) == encode(here)
