"""What a person waits for: from the key press to the frame that shows the new graph, in a real Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, Playwright, sync_playwright

from bench.clock import Row
from bench.snippet import ANOTHER, TEN_LINES
from explorer.models import find
from tests.browsing import App, until

_WATCH = """() => {
  const inside = (root, selector) => {
    const found = root.querySelector(selector);
    if (found) return found;
    for (const element of root.querySelectorAll("*")) {
      const deeper = element.shadowRoot && inside(element.shadowRoot, selector);
      if (deeper) return deeper;
    }
    return null;
  };
  window.drawn = () => inside(document, "[data-boxes]")?.dataset.boxes ?? null;
  window.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey && event.key === "Enter")) return;
    const [began, before] = [performance.now(), window.drawn()];
    window.took = null;
    const look = () => {
      if (window.drawn() === before) requestAnimationFrame(look);
      else window.took = performance.now() - began;
    };
    look();
  }, true);
}"""


STARTS = 3
"""Times that the server is started anew."""


def rows(times: int = 20) -> list[Row]:
    """The first page after start, warm runs of ten typed lines, and ResNet-18."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        usable, drawn = zip(*(_first_page(browser) for _ in range(STARTS)), strict=True)
        with _started() as app:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(app.url)
            _until_drawn(page)
            typed = _typed(page, (TEN_LINES, ANOTHER), times)
            resnet = _typed(page, (find("resnet18").code(), TEN_LINES), 10)[::2]
        browser.close()
    return [
        Row("browser: from the start of the server until the page can be typed in", usable),
        Row("browser: from the start of the server until the first example is drawn", drawn),
        Row("browser: Ctrl+Enter to the new graph, ten lines", typed),
        Row("browser: Ctrl+Enter to the new graph, ResNet-18 at 224x224", resnet),
    ]


def launch(playwright: Playwright) -> Browser:
    """A Chromium without a graphics card: Debian's, or the one that the environment names."""
    chosen = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return playwright.chromium.launch(
        executable_path=chosen if Path(chosen).exists() else None,
        args=["--no-sandbox", "--disable-gpu"],
    )


def processes(machine: CDPSession) -> list[dict[str, Any]]:
    """Those of a browser, by a session of the browser's own: id, type, and seconds of processor time."""
    found: list[dict[str, Any]] = machine.send("SystemInfo.getProcessInfo")["processInfo"]
    return found


def held(machine: CDPSession) -> float:
    """MB of the largest process that draws a page, what it shares with others counted in part (Pss of proc(5))."""
    pids = [one["id"] for one in processes(machine) if one["type"] == "renderer"]
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()]
    return max(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


@contextmanager
def _started() -> Iterator[App]:
    with TemporaryDirectory() as folder:
        app = App(Path(folder) / "log.txt")
        try:
            until(app.healthy, 60, app.log.read_text)
            yield app
        finally:
            app.close()


def _first_page(browser: Browser) -> tuple[float, float]:
    """Seconds from the start of the server until the editor stands, and until the first example's graph is drawn; the browser is open already."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto("about:blank")
        return _seconds_of_first_page(page)


def _seconds_of_first_page(page: Page) -> tuple[float, float]:
    began = perf_counter()
    with _started() as app:
        page.goto(app.url)
        page.wait_for_selector("textarea")
        usable = perf_counter() - began
        _until_drawn(page)
        return usable, perf_counter() - began


def _until_drawn(page: Page) -> None:
    page.wait_for_selector("canvas")
    page.evaluate(_WATCH)
    page.wait_for_function("() => window.drawn() !== null")


def _typed(page: Page, codes: tuple[str, str], times: int) -> list[float]:
    """Run two pieces of code in turn; seconds from the key press to the frame with the other graph. The first two are not counted."""
    seconds = []
    field = page.locator("textarea").first
    for turn in range(times + 2):
        field.fill(codes[turn % 2])
        field.press("Control+Enter")
        page.wait_for_function("() => window.took !== null && window.took !== undefined")
        seconds.append(page.evaluate("() => window.took") / 1e3)
    return seconds[2:]
