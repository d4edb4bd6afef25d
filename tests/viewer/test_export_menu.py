"""The menu in a self-contained file, where there is no server to ask."""

from __future__ import annotations

import io
from math import ceil
from pathlib import Path

import PIL.Image
from playwright.sync_api import expect
from samples import run


def test_a_file_offline_gives_an_image_of_what_is_in_sight(open_graph) -> None:
    graph = open_graph(run("x = torch.tensor(2.0, requires_grad=True)\ny = (x ** 3).sin()"))
    graph.page.get_by_role("button", name="Export").click()
    graph.page.get_by_label("What is in sight").check()
    offered = graph.page.locator(".export-menu button:visible")
    expect(offered).to_have_text(["PNG"])
    with graph.page.expect_download() as started:
        offered.click()
    image = PIL.Image.open(io.BytesIO(Path(started.value.path()).read_bytes())).convert("RGB")
    shown = graph.canvas.evaluate("canvas => [canvas.clientWidth, canvas.clientHeight]")
    assert list(image.size) == [2 * side for side in shown]
    place = graph.place("x ** 3")
    inside = (round(2 * (place["x"] - 40)), round(2 * place["y"]))
    assert image.getpixel(inside) == graph.pixel(place["x"] - 40, place["y"])
    graph.page.get_by_label("The whole drawing").check()
    with graph.page.expect_download() as started:
        offered.click()
    image = PIL.Image.open(io.BytesIO(Path(started.value.path()).read_bytes())).convert("RGB")
    layout = graph.layouts[0]
    assert image.size == (2 * ceil(layout.width), 2 * ceil(layout.height))
    box = next(box for box in layout.boxes if box.title == "x ** 3")
    assert image.getpixel((round(2 * (box.x - 40)), round(2 * box.y))) == graph.pixel(place["x"] - 40, place["y"])

    # With an overlay its legend stands below, in the colours of the boxes.
    graph.page.keyboard.press("Escape")
    graph.page.get_by_label("Colour by").select_option("dtype")
    graph.page.get_by_role("button", name="Export").click()
    with graph.page.expect_download() as started:
        offered.click()
    image = PIL.Image.open(io.BytesIO(Path(started.value.path()).read_bytes())).convert("RGB")
    below = image.crop((0, 2 * ceil(layout.height), *image.size))
    assert below.height > 2 * 14
    assert image.getpixel((round(2 * (box.x - 40)), round(2 * box.y))) in {
        colour for _, colour in below.getcolors(9**6)
    }
    graph.page.locator(".inspector").click()
    expect(graph.page.locator(".export-menu")).to_be_hidden()
