"""A file in the colours that the screen had: which box gets which, what is refused, and the legend below."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import msgspec
import pypdf
import pytest

from explorer.export import pdf, svg
from explorer.export.drawings import drawing
from explorer.export.dress import Dress, legend
from explorer.export.figure import figure
from explorer.ir import Run
from tests.samples import run

BLUE, YELLOW = ("#0000aa", "#ffffff"), ("#ffff00", "#000000")


@pytest.fixture(scope="module")
def captured() -> Run:
    return run("x = torch.tensor(2.0, requires_grad=True)\ny = (x ** 3).sin()\ny.backward()")


def test_each_box_wears_its_own_colour_and_line(captured: Run) -> None:
    layout = drawing(captured)
    count = len(layout.boxes)
    worn = Dress(
        palette=(BLUE, YELLOW),
        boxes=tuple(at % 3 for at in range(count)),
        lines=tuple(f"line {at}" for at in range(count)),
        legend=((0, "<b>norm</b>"), (1, "1"), (2, "10")),
    )
    drawn = ElementTree.fromstring(svg.write(captured, layout, dress=worn))
    styles = {one.get("data-id"): one.get("style") for one in drawn.iter() if one.get("data-id")}
    for at, box in enumerate(layout.boxes):
        assert styles[box.id] == (None, "fill: #0000aa", "fill: #ffff00")[at % 3]
    texts = list(drawn.itertext())
    assert {"<b>norm</b>", "1", "10", *worn.lines} <= set(texts)
    assert not drawn.findall(".//{*}b")
    plain, dressed = figure(captured, layout), figure(captured, layout, dress=worn)
    assert dressed.area[3] == plain.area[3] + legend(worn, plain.area[2])[1]


def test_halves_stand_in_svg_and_pdf(captured: Run) -> None:
    layout = drawing(captured)
    operations = [box for box in layout.boxes if box.kind == "operation"]
    kept = tuple(f"kept {at}" for at in range(len(layout.boxes)))
    drawn = ElementTree.fromstring(svg.write(captured, layout, dress=Dress(between=kept)))

    def places(name: str) -> list[str]:
        return [str(one.get("d")) for one in drawn.iter() if one.get("class") == name]

    assert places("edge") == [f"M{box.x - box.width / 2:g} {box.y:g}H{box.x + box.width / 2:g}" for box in operations]
    assert [half.startswith(edge) for half, edge in zip(places("half"), places("edge"), strict=True)] == [True, True]
    said = [kept[at] for at, box in enumerate(layout.boxes) if box.kind == "operation"]
    assert [one.text for one in drawn.iter() if one.get("class") == "between"] == said
    assert len(places("wire back")) == len(layout.wires)
    page = pypdf.PdfReader(io.BytesIO(pdf.write(captured, layout, dress=Dress(between=kept)))).pages[0]
    assert all(each in page.extract_text() for each in said)
    coloured = svg.write(captured, layout, dress=Dress(palette=(BLUE,), boxes=tuple(1 for _ in kept), between=kept))
    assert ('class="half"' in coloured, 'class="edge"' in coloured) == (False, True)


def test_another_drawing_wears_what_is_told_by_node(captured: Run) -> None:
    layout = drawing(captured, show_saved=True)
    worn = Dress(palette=(BLUE,), boxes=tuple(1 for _ in captured.graph.nodes), by_node=True)
    drawn = ElementTree.fromstring(svg.write(captured, layout, dress=worn))
    styles = {one.get("data-id"): one.get("style") for one in drawn.iter() if one.get("data-id")}
    for box in layout.boxes:
        assert (styles[box.id] == "fill: #0000aa") == (box.kind in ("operation", "leaf"))


def test_what_is_not_of_this_drawing_changes_nothing(captured: Run) -> None:
    layout = drawing(captured)
    plain = svg.write(captured, layout)
    assert svg.write(captured, layout, dress=Dress(palette=(BLUE,), boxes=(1,), lines=("a",))) == plain
    assert svg.write(captured, layout, dress=Dress(boxes=tuple(5 for _ in layout.boxes))) == plain


def test_a_legend_breaks_into_rows() -> None:
    worn = Dress(palette=(BLUE,), legend=tuple((1, f"number {at}") for at in range(12)))
    entries, height = legend(worn, 300)
    assert max(entry.x for entry in entries) < 300
    assert len({entry.y for entry in entries}) > 3
    assert height > entries[-1].y


@pytest.mark.parametrize("colour", ["red", "#fff", "#0000aa;}", "url(#x)", "#0000AA\n", '#0000aa"'])
def test_nothing_but_a_colour_is_taken_for_one(colour: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({"palette": [[colour, "#000000"]]}), type=Dress)
