"""Saving the graph from its menu: what is in sight, the drawing as it is folded, everything; without a rerun of the page."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import PIL.Image
import pypdf
from playwright.sync_api import Page, expect

from explorer.ir import decode_run
from tests.browser.app_page import GraphPage

CODE = """net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh(), nn.Linear(3, 1)))
무게 = torch.ones(2, requires_grad=True)
손실 = net(무게.exp()).sum()
손실.backward()"""


COLOURS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const hex = (at) => "#" + [0, 1, 2].map((part) => data[at + part].toString(16).padStart(2, "0")).join("");
  return [...new Set(Array.from({ length: data.length / 4 }, (_, pixel) => hex(4 * pixel)))];
}"""
"""Every colour on the canvas, as #rrggbb."""


def fills_of(page: pypdf.PageObject) -> list[str]:
    """Every colour that the page of a PDF fills with, as #rrggbb."""
    operations = pypdf.generic.ContentStream(page.get_contents(), page.pdf).operations
    return [
        "#" + "".join(f"{round(255 * float(part)):02x}" for part in numbers)
        for numbers, operator in operations
        if operator == b"rg"
    ]


def saved(page: Page, format: str) -> tuple[str, bytes]:
    """Press a format; name and content of what the browser downloads."""
    with page.expect_download() as started:
        page.locator(f".export-menu .{format}").click()
    expect(page.locator(".export-menu .state")).to_contain_text(started.value.suggested_filename)
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


def test_the_menu_saves_what_is_asked(open_page: Callable[..., Page]) -> None:
    page = open_page(reduced_motion="reduce", locale="ko-KR", viewport={"width": 420, "height": 900})
    graph = GraphPage(page)
    graph.run(CODE)
    expect(graph.leaf("무게").first).to_be_visible()
    page.get_by_role("combobox", name="펼칠 깊이").select_option("fold_all")
    expect(page.locator(".explorer-graph[data-boxes='5']")).to_be_visible()

    sent: list[object] = []

    def heard(frame: object) -> None:
        sent.append(frame)

    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.webSocketFrameSent", heard)
    page.get_by_role("button", name="내보내기").click()
    edge = page.locator(".export-menu").bounding_box()
    assert edge is not None
    assert edge["x"] >= 0
    assert edge["x"] + edge["width"] <= 420

    name, content = saved(page, "svg")
    assert name == "손실.svg"
    texts = [text.text for text in ElementTree.fromstring(content).iter("{http://www.w3.org/2000/svg}text")]
    assert {"net", "무게", "손실"} <= set(texts)
    assert "TanhBackward0" not in texts
    name, content = saved(page, "json")
    assert decode_run(content).code == CODE
    assert json.loads(saved(page, "model-explorer")[1])["graphs"][0]["id"] == "손실"

    page.get_by_label("모두 펼친 그림").check()
    text = pypdf.PdfReader(io.BytesIO(saved(page, "pdf")[1])).pages[0].extract_text()
    assert "TanhBackward0" in text
    assert "무게" in text

    page.get_by_label("지금 보이는 부분").check()
    name, content = saved(page, "png")
    shown = graph.canvas.evaluate("canvas => [canvas.clientWidth, canvas.clientHeight]")
    image = PIL.Image.open(io.BytesIO(content)).convert("RGB")
    assert list(image.size) == [2 * side for side in shown]
    assert len(set(image.resize((100, 100)).get_flattened_data())) > 20
    assert not sent

    page.get_by_label("그림 전체").check()
    page.locator("select.overlay").select_option("grad")
    legend = page.locator(".scale-legend strong").inner_text()
    drawn = ElementTree.fromstring(saved(page, "svg")[1])
    fills = [str(one.get("style")).removeprefix("fill: ") for one in drawn.iter() if one.get("data-id")]
    assert len(fills) == 5
    assert set(fills) <= set(graph.canvas.evaluate(COLOURS))
    assert len(set(fills)) > 2
    under = {one.text for one in drawn.iter() if one.get("class") == "under"}
    assert "1" in under  # the norm of the gradient of the result itself, in place of its value
    assert legend in "".join(drawn.itertext())
    written = pypdf.PdfReader(io.BytesIO(saved(page, "pdf")[1])).pages[0]
    assert set(fills) <= set(fills_of(written))
    assert legend in written.extract_text()
    page.get_by_label("모두 펼친 그림").check()
    everything = ElementTree.fromstring(saved(page, "svg")[1])
    coloured = [one for one in everything.iter() if one.get("data-id") and "fill: #" in str(one.get("style"))]
    assert len(coloured) > len(fills)
    assert legend in "".join(everything.itertext())

    page.keyboard.press("Escape")
    expect(page.locator(".export-menu")).to_be_hidden()
