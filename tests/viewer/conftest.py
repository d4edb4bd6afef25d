"""A graph opened from a file in a real Chromium: no server, and a page that reports an error fails its test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from explorer.export import html
from explorer.export.drawings import Kept
from explorer.graph.folding import open_to_depth
from explorer.ir import Layout, Run
from explorer.words import Language
from tests.viewer.graph_page import GraphPage, drawn


@pytest.fixture
def open_graph(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., GraphPage]]:
    """Write a run's page and open it. With several drawings it can fold, and these are states it can be in; further keyword arguments are
    those of a browser context."""
    contexts = []
    errors: list[str] = []

    def opened(run: Run, *layouts: Layout, language: Language = "en", **options: object) -> GraphPage:
        drawings = layouts or (drawn(run),)
        file = tmp_path / f"graph{len(contexts)}.html"
        depths = range(drawings[0].depth + 1 if layouts[1:] else 0)
        held = [Kept(drawn(run, open_to_depth(run.graph, depth)), depth=depth) for depth in depths]
        file.write_text(html.write(run, [Kept(drawings[0]), *held], language), encoding="utf-8")
        context = chromium.new_context(
            **{"viewport": {"width": 1300, "height": 800}, "reduced_motion": "reduce", "offline": True, **options}
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(file.as_uri())
        page.locator(".explorer-graph[data-camera]").wait_for()
        return GraphPage(page, drawings)

    yield opened
    for context in contexts:
        context.close()
    assert not errors, "\n".join(errors)
