"""A graph opened from a file in a real Chromium: no server, and a page that reports an error fails its test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tabs import Tabs

from explorer.export import html
from explorer.export.drawings import Kept
from explorer.graph.folding import open_to_depth
from explorer.ir import Layout, Run
from explorer.words import Language
from tests.viewer.graph_page import GraphPage, drawn
from tests.viewer.module_page import blank_page


@pytest.fixture
def open_graph(tabs: Tabs, tmp_path: Path) -> Iterator[Callable[..., GraphPage]]:
    """Write a run's page and open it. With several drawings it can fold, and these are states it can be in; further keyword arguments are
    those of a tab."""
    taken: list[Page] = []
    files = (tmp_path / f"graph{number}.html" for number in count())

    def opened(run: Run, *layouts: Layout, language: Language = "en", **options: Any) -> GraphPage:
        drawings = layouts or (drawn(run),)
        file = next(files)
        depths = range(drawings[0].depth + 1 if layouts[1:] else 0)
        held = [Kept(drawn(run, open_to_depth(run.graph, depth)), depth=depth) for depth in depths]
        file.write_text(html.write(run, [Kept(drawings[0]), *held], language), encoding="utf-8")
        told = {"viewport": {"width": 1300, "height": 800}, "reduced_motion": "reduce", "offline": True, **options}
        page = tabs.take(**told)
        taken.append(page)
        page.set_default_timeout(10_000)
        page.goto(file.as_uri())
        page.locator(".explorer-graph[data-camera]").wait_for()
        return GraphPage(page, drawings)

    yield opened
    complaints = [text for page in taken for text in tabs.give_back(page)]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def blank(tabs: Tabs) -> Iterator[Page]:
    """A page for the modules that a test mounts."""
    with blank_page(tabs) as page:
        yield page
