from __future__ import annotations

from xml.etree import ElementTree

import pytest

from explorer.export import svg
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Box, Layout, Run
from tests.graph import graphs
from tests.samples import run

SVG = "{http://www.w3.org/2000/svg}"


def draw(example: graphs.Example) -> ElementTree.Element:
    graph, ops = example
    return ElementTree.fromstring(svg.write(Run(status="ok", graph=graph, ops=ops), lay_out(compose(graph, ops))))


def test_boxes_wires_and_frames_are_all_there() -> None:
    graph, ops = graphs.resnet()
    layout = lay_out(compose(graph, ops))
    root = draw((graph, ops))
    classes = [element.get("class", "") for element in root.iter()]
    assert classes.count("wire") == len(layout.wires)
    assert classes.count("frame") == len(layout.frames)
    drawn = {rect.get("data-id"): rect for rect in root.iter(f"{SVG}rect") if rect.get("data-id")}
    for box in layout.boxes:
        assert float(drawn[box.id].get("x", "")) == pytest.approx(box.x - box.width / 2, abs=0.1)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"conv1", "ConvolutionBackward0", "out += identity"} <= set(texts)


def test_gradients_stand_at_the_wires() -> None:
    captured = run("x = torch.tensor(3.0, requires_grad=True)\ny = x * x * 2")
    layout = lay_out(compose(captured.graph, captured.ops))
    root = ElementTree.fromstring(svg.write(captured, layout))
    said = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "flow"]
    assert sorted(filter(None, said)) == ["×2 ↑ 12", "↑ 1", "↑ 2"]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a & b", ']]> "', "nul\0\x1b\ud800\uffff", "텐서"])
def test_every_name_is_text(name: str) -> None:
    box = Box(id=name, kind="leaf", title=name, subtitle=name, x=50, y=50, width=80, height=44)
    root = ElementTree.fromstring(svg.write(Run(status="ok", result=name), Layout(boxes=(box,), width=100, height=100)))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "style", "defs", "marker", "path", "rect", "text",
    }  # fmt: skip
    shown = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert shown == [name.replace("\0", "").replace("\x1b", "").replace("\ud800", "").replace("\uffff", "")] * 2


def test_it_stands_alone_in_light_and_dark() -> None:
    source = svg.write(Run(status="ok"), Layout(width=10, height=10))
    assert "prefers-color-scheme: dark" in source
    assert "Noto Sans KR" in source
    assert "http" not in source.replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in source


def test_wires_leave_and_arrive_upright() -> None:
    assert svg.path(((0, 0), (0, 10), (20, 30))) == "M0 0V10C0 20 20 20 20 30"
