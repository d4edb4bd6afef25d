"""Shared by all tests: golden files that change only when asked, a real app on a free port, a real Chromium."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from browsing import App, settled, until
from playwright.sync_api import Browser, Page, sync_playwright
from tabs import Tabs

os.environ.setdefault("EXPLORER_DATABASE", "")  # no test keeps a run among those of the person who runs it
os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in a worker: threads that wait for each other cost more than they do
os.environ.setdefault("EXPLORER_SECONDS", "4")  # what never ends is waited for in many tests


hypothesis.settings.register_profile("untimed", deadline=None)  # how long an example takes is the machine's affair
hypothesis.settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write golden files anew instead of comparing with them")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a browser first: they are the longest, so xdist gives one half of all tests to a worker that has
    little but these, and the other worker, when it has done the rest, takes over what is left of them."""
    for item in items:
        if {"chromium", "app"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a file under tests/golden: ``golden(Path("runs/cube.json"), text)``."""

    def compare(file: Path, text: str) -> None:
        path = Path(__file__).parent / "golden" / file
        if request.config.getoption("--update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path.name} is missing: run pytest --update and look at what it writes"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("app")
    database = f"sqlite:///{folder / 'runs.sqlite'}"
    running = App(folder / "log.txt", EXPLORER_DATABASE=database)
    try:
        until(running.healthy, 60, lambda: f"the app does not answer:\n{running.log.read_text()}")
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def app_url(app: App) -> str:
    return app.url


def _executable() -> str | None:
    """CHROMIUM, else Debian's, else None for Playwright's own."""
    chosen = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return chosen if Path(chosen).exists() else None


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_executable(), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tabs(chromium: Browser) -> Tabs:
    return Tabs(chromium)


@pytest.fixture
def open_page(tabs: Tabs, app_url: str) -> Iterator[Callable[..., Page]]:
    """Open the app in a fresh session, in a tab as `Tabs.take` gives it. Fails on any error of the page."""
    taken: list[Page] = []

    def opened(path: str = "", **options: Any) -> Page:
        page = tabs.take(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-US", **options})
        taken.append(page)
        page.set_default_timeout(20_000)
        page.goto(f"{app_url}/{path}")
        settled(page)
        return page

    yield opened
    complaints = [text for page in taken for text in tabs.give_back(page)]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """The app's first page in a wide window, settled."""
    return open_page()
