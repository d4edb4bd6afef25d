"""The replay in a real Chromium: the curve is the slider, and everything shows the step that it stands at."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from explorer.models import Recipe, find_dataset, trainable_models
from explorer.viewer.replay import encode
from tests.training.test_watch import Ran
from tests.viewer.module_page import mount


@pytest.fixture(scope="module")
def runs() -> dict[str, Ran]:
    def ran(model: int, dataset: str, **recipe: object) -> Ran:
        code = trainable_models()[model].program(find_dataset(dataset), Recipe(epochs=2, **recipe))
        return Ran(code, dataset)

    return {
        "moons": ran(1, "moons"),
        "digits": ran(3, "digits", batch_size=512),
        "line": ran(0, "line"),
        "sine": ran(1, "sine"),
        "diabetes": ran(0, "diabetes", learning_rate=0.01),
        "text": ran(4, "text", batch_size=512),
    }


@pytest.fixture
def page(blank: Page) -> Page:
    mount(blank, "replay.mjs", "replay.css")
    blank.evaluate("addEventListener('explorer:recorded', (event) => (window.recorded = event.detail))")
    return blank


def show(page: Page, ran: Ran, language: str = "en", full: int | None = None) -> None:
    data = encode(ran.start, ran.points, ran.snapshots, ran.surface, language, full=full)
    page.evaluate("bytes => view.update(new Uint8Array(bytes))", list(data))


def test_the_slider_moves_numbers_and_pictures(page: Page, runs: dict[str, Ran]) -> None:
    ran = runs["moons"]
    show(page, ran)
    slider, step = page.get_by_role("slider"), page.locator("output.step")
    expect(step).to_contain_text(f"step {ran.snapshots[-1].step}")
    last = page.evaluate(
        "document.querySelector('#host > div').shadowRoot.querySelector('.picture canvas').toDataURL()"
    )
    slider.press("Home")
    expect(step).to_contain_text("step 1")
    expect(slider).to_have_attribute("aria-valuetext", "step 1")
    first = page.evaluate(
        "document.querySelector('#host > div').shadowRoot.querySelector('.picture canvas').toDataURL()"
    )
    assert first != last
    rows = page.locator(".layers tbody tr")
    norms = ran.points[0].layer_norms
    shown = rows.locator(".bar").all_inner_texts()
    assert [float(text) for text in shown] == pytest.approx(norms, rel=5e-3)
    update = ran.snapshots[0].layers[0].update
    assert float(rows.first.locator("td").nth(3).inner_text().split()[0]) == pytest.approx(update, rel=6e-2)
    expect(page.locator(".history h3").first).to_have_text("fc1.weight: its values over all steps")
    rows.nth(2).get_by_role("button").click()
    expect(page.locator(".history h3").last).to_have_text("fc2.weight: its gradient over all steps")
    expect(rows.nth(2).get_by_role("button")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("window.recorded") is None  # no graph beside it
    slider.press("ArrowRight")
    expect(step).to_contain_text("step 2")
    show(page, ran, full=1)
    said = page.evaluate("window.recorded")
    assert list(said["values"].values()) == list(ran.points[1].layer_norms)
    assert (said["step"], said["full"], said["same"]) == (2, 1, True)
    every = [norm for snapshot in ran.snapshots for norm in ran.points[snapshot.step - 1].layer_norms]
    assert (said["low"], said["high"]) == (min(every), max(every))
    page.get_by_role("button", name="Graph of this step").click()
    assert page.evaluate("sent.at(-1)") == ["trigger", "open", 2]
    box = slider.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 9, box["y"] + 20)
    expect(step).to_contain_text(f"step {ran.snapshots[-1].step}")
    page.get_by_role("button", name="Play").click()
    expect(step).to_contain_text(f"step {ran.snapshots[-1].step}", timeout=20_000)
    expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=20_000)


def test_every_form_of_predictions(page: Page, runs: dict[str, Ran]) -> None:
    show(page, runs["digits"])
    cells = np.frombuffer(runs["digits"].snapshots[-1].predictions.values, np.int32)
    shown = page.locator(".matrix tbody td").all_inner_texts()
    assert [int(text or 0) for text in shown] == cells.tolist()
    expect(page.locator(".layers table").nth(1)).to_contain_text("relu, line 20")
    for name in ("line", "sine", "diabetes"):
        show(page, runs[name])
        expect(page.locator(".picture:not([hidden]) canvas").first).to_be_visible()
    show(page, runs["line"], "ko")
    expect(page.locator(".picture:not([hidden])")).to_have_count(2)
    expect(page.get_by_role("button", name="이 스텝의 그래프")).to_be_visible()
    show(page, runs["text"])
    expect(page.locator(".written")).to_have_text(runs["text"].snapshots[-1].predictions.text, use_inner_text=True)
