"""The viewer in a notebook's output: `_repr_html_` in a bare page, as JupyterLab, VS Code and Colab put it."""

from __future__ import annotations

from pathlib import Path

import torch
from playwright.sync_api import Browser
from torch import nn

import explorer


def test_a_box_is_clicked_and_the_inspector_tells_of_it(chromium: Browser, tmp_path: Path) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x).relu() ** 3

    net = Net()
    run = explorer.trace(net, torch.ones(1, 2))
    file = tmp_path / "notebook.html"
    file.write_text(f"<!doctype html><body><p id=outside>a notebook</p>{run._repr_html_()}</body>", encoding="utf-8")
    context = chromium.new_context(offline=True, viewport={"width": 1100, "height": 800}, color_scheme="null")
    context.set_default_timeout(10_000)
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(file.as_uri())
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="self.layer(x).relu() ** 3", exact=False).first.click()
    heading = frame.locator(".inspector h2").inner_text()
    marked = frame.locator(".listing .marked").inner_text()
    size = page.locator("iframe").bounding_box()
    reached = page.frames[1].evaluate("() => { try { return parent.document.body.innerText } catch { return null } }")
    # As JupyterLab tells its theme: the viewer in the frame follows.
    themes = []
    for light in ("false", "true"):
        page.evaluate("(light) => { document.body.dataset.jpThemeLight = light; }", light)
        frame.locator(f".explorer-graph[data-theme={'light' if light == 'true' else 'dark'}]").wait_for()
        themes.append(frame.locator(".explorer-graph").get_attribute("data-theme"))
    frame.locator(".export > button").click()
    with page.expect_download() as started:
        frame.locator(".export-menu .png").click()
    saved = started.value.suggested_filename
    untrusted = page.get_by_text("not trusted")
    hidden = untrusted.is_hidden()
    page.locator("style").evaluate("style => style.remove()")  # as JupyterLab does, with the frame
    told = untrusted.is_visible()
    context.close()
    assert saved == "graph.png"
    assert (hidden, told) == (True, True)
    assert themes == ["dark", "light"]
    assert heading in ("PowBackward0", "ReluBackward0")
    assert "self.layer(x).relu() ** 3" in marked
    assert size is not None
    assert (size["width"] > 1000, size["height"] > 600) == (True, True)
    assert reached is None
    assert not errors
