"""Every format through the one function that writes them: opened again by a reader of that format that is not ours."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import PIL.Image
import pygraphviz
import pypdf
import pytest
from playwright.sync_api import Browser

from explorer.commands import run as command
from explorer.export import formats, svg
from explorer.export.apart import write_apart
from explorer.export.drawings import drawing
from explorer.export.formats import FORMATS, Wanted, write
from explorer.export.problem import ExportError
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Run, decode_run
from tests.graph import graphs
from tests.samples import run

KOREAN = """무게 = torch.tensor([1.0, 2.0], requires_grad=True)
net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh(), nn.Linear(3, 1)))
손실 = net(무게.exp()).sum()
손실.backward()"""

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def korean() -> Run:
    return run(KOREAN)


def texts(name: str, content: bytes) -> str:
    """Everything that a reader finds written in a file."""
    if name == "svg":
        return "\n".join(ElementTree.fromstring(content).itertext())
    if name == "pdf":
        return pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()
    if name == "dot":
        read = pygraphviz.AGraph(string=content.decode())
        read.layout("dot")
        assert all(node.attr["pos"] for node in read.nodes())
        return "\n".join(node.attr["label"] for node in read.nodes())
    return json.dumps(json.loads(content), ensure_ascii=False)


@pytest.mark.parametrize("name", ["svg", "pdf", "dot", "json", "model-explorer"])
def test_a_reader_finds_the_names_of_nodes_and_the_korean(korean: Run, name: str) -> None:
    found = texts(name, write(korean, name))
    for text in ("무게", "손실", "ExpBackward0", "AddmmBackward0", "TanhBackward0"):
        assert text in found


def test_the_json_is_the_run_and_has_no_field_that_is_not_documented(korean: Run) -> None:
    content = write(korean, "json")
    assert decode_run(content) == korean
    documented = set(re.findall(r"`(?:[\w\[\]]+\.)?(\w+)(?:\[\])?`", Path("docs/json.md").read_text(encoding="utf-8")))
    free = {"timings", "values", "classes"}  # keys that the code or the machine chose
    waiting = [json.loads(content, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            assert set(item) <= documented
            waiting.extend(value for key, value in item.items() if key not in free)
        elif isinstance(item, list):
            waiting.extend(item)


def test_an_image_has_two_pixels_to_a_px_and_dark_text_on_paper(korean: Run) -> None:
    layout = lay_out(compose(korean.graph, korean.ops, korean.tensors))
    image = PIL.Image.open(io.BytesIO(write(korean, "png"))).convert("RGB")
    drawn = ElementTree.fromstring(write(korean, "svg"))
    assert image.size == tuple(round(2 * float(drawn.get(side, ""))) for side in ("width", "height"))
    for title in ("무게", "무게.exp()"):
        box = next(box for box in layout.boxes if box.title == title)
        line = image.crop([round(2 * edge) for edge in (box.x - 20, box.y - 14, box.x + 20, box.y - 2)])
        ink = sum(sum(pixel) < 250 for pixel in line.get_flattened_data())
        assert ink > 60
    assert image.getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("name", ["svg", "png", "pdf"])
def test_a_part_of_the_drawing(korean: Run, name: str) -> None:
    content = write(korean, name, Wanted(area=(10.0, 20.0, 120.0, 80.0)))
    if name == "png":
        assert PIL.Image.open(io.BytesIO(content)).size == (240, 160)
    elif name == "pdf":
        page = pypdf.PdfReader(io.BytesIO(content)).pages[0]
        assert (page.mediabox.width, page.mediabox.height) == (90, 60)
        assert len(page.extract_text()) < len(texts("pdf", write(korean, "pdf")))
    else:
        assert ElementTree.fromstring(content).get("viewBox") == "10 20 120 80"


def test_what_is_open_on_screen_is_open_in_the_file(korean: Run) -> None:
    for name in ("svg", "pdf", "dot"):
        folded = texts(name, write(korean, name, Wanted(open_modules=())))
        opened = texts(name, write(korean, name, Wanted(open_modules=(), everything=True)))
        assert "TanhBackward0" not in folded
        assert "net" in folded
        assert "TanhBackward0" in opened


def test_what_is_placed_otherwise_on_screen_is_so_in_the_file(korean: Run) -> None:
    for engine, wrap in (("layered", False), ("layered", True), ("graphviz", False)):
        meant = drawing(korean, everything=True, engine=engine, wrap=wrap)
        assert (meant.engine, meant.wrapped) == (engine, wrap)
        assert (
            write(korean, "svg", Wanted(everything=True, engine=engine, wrap=wrap)) == svg.write(korean, meant).encode()
        )


def test_the_same_bytes_each_time(korean: Run) -> None:
    wanted = Wanted(graphviz=False)  # which answers in time, or not
    for name in FORMATS:
        assert write(korean, name, wanted) == write(korean, name, wanted)


HOSTILE = [
    "</script><script>alert(1)</script>", "</svg>]]>", '"]; evil [label="', "back\\slash \\N", "new\nline", "nul\0 \x1b[31m",
    "\u202eright to left\u2066", "%PDF (((", "\U0001f600 \uffff", "שלום", "<!DOCTYPE x>&amp;", "한글" * 170_000,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
def test_hostile_names_are_text_in_every_format(name: str) -> None:
    tape = graphs.Tape()
    inside = tape.op("Sin", tape.leaf(name), text=f"{name} + 1", module="m")
    tape.op("Cos", inside, text=name, module=f"m.{name.replace('.', '')}")
    graph, ops = tape.graph()
    graph = msgspec.structs.replace(graph, roots=(msgspec.structs.replace(graph.roots[0], name=name),))
    hostile = Run(status="ok", graph=graph, ops=ops, result=name, code=name)
    files = {kind: write(hostile, kind) for kind in FORMATS}
    assert decode_run(files["json"]) == hostile
    drawn = ElementTree.fromstring(files["svg"])
    assert {element.tag.removeprefix(SVG) for element in drawn.iter()} <= {
        "svg", "title", "style", "defs", "marker", "path", "rect", "text",
    }  # fmt: skip
    assert PIL.Image.open(io.BytesIO(files["png"])).width > 100
    assert "SinBackward0" in texts("pdf", files["pdf"])
    assert len(pypdf.PdfReader(io.BytesIO(files["pdf"])).pages) == 1
    assert len(pygraphviz.AGraph(string=files["dot"].decode()).nodes()) == 4
    assert len(json.loads(files["model-explorer"])["graphs"][0]["nodes"]) == 4
    assert files["html"].count(b"<script") == 6 + files["html"].count(b"data-scene>")
    assert "\x1b" not in files["text"].decode()
    assert all(len(files[kind]) < 40_000 for kind in ("svg", "png", "pdf", "dot", "model-explorer"))


def test_ten_thousand_boxes_in_a_bounded_file() -> None:
    graph, ops = graphs.recurrent(1_120)
    large = Run(status="ok", graph=graph, ops=ops)
    layout = lay_out(compose(graph, ops))
    assert len(layout.boxes) > 10_000
    for writer in (formats.svg.write, formats.pdf.write):
        content = writer(large, layout)
        assert len(content) < 10_000_000
    page = pypdf.PdfReader(io.BytesIO(content)).pages[0]
    assert max(page.mediabox.width, page.mediabox.height) == pytest.approx(14_400, abs=1)
    with pytest.raises(ExportError, match="too large for a readable PNG"):
        formats.png.write(large, layout)


def test_a_process_apart_writes_the_same_and_says_what_has_no_room() -> None:
    graph, ops = graphs.recurrent(700)
    large = Run(status="ok", graph=graph, ops=ops)
    assert write_apart(large, "model-explorer", Wanted()) == write(large, "model-explorer")
    with pytest.raises(ExportError) as refused:
        write_apart(large, "png", Wanted(everything=True))
    assert refused.value.sentence.key == "export.too_large.png"
    with pytest.raises(ExportError) as stopped:
        write_apart(large, "svg", Wanted(), seconds=0.01)
    assert stopped.value.sentence.key == "export.too_long"


def test_the_command_line_offers_every_format() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    command.add_arguments(parser.add_subparsers())
    for name in FORMATS:
        assert parser.parse_args(["run", "-", "--format", name]).format == name


def test_chromium_draws_the_svg_as_resvg_does(korean: Run, chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "drawing.svg"
    file.write_bytes(write(korean, "svg", Wanted(theme="dark")))
    ours = PIL.Image.open(io.BytesIO(write(korean, "png", Wanted(theme="dark")))).convert("RGB")
    context = chromium.new_context(
        device_scale_factor=2, viewport={"width": ours.width // 2 + 1, "height": ours.height // 2 + 1}
    )
    page = context.new_page()
    page.goto(file.as_uri())
    theirs = PIL.Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    layout = lay_out(compose(korean.graph, korean.ops, korean.tensors))
    for box in layout.boxes:
        place = (round(2 * (box.x - box.width / 2 + 8)), round(2 * box.y))
        assert theirs.getpixel(place) == ours.getpixel(place)
    assert len({ours.getpixel((round(2 * (box.x - box.width / 2 + 8)), round(2 * box.y))) for box in layout.boxes}) >= 3
