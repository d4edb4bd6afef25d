"""The self-contained file: one text, no way out of its data blocks, nothing fetched, and it opens."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser
from samples import run

from explorer.export import html
from explorer.graph.layout import lay_out
from explorer.graph.picture import compose
from explorer.ir import Layout, Run
from explorer.words import LANGUAGES, Language


class Elements(HTMLParser):
    """Every element with its attributes and the text right inside it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes), ""))
        self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            tag, attributes, text = self.found[-1]
            self.found[-1] = tag, attributes, text + data

    def scripts(self) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text) for tag, attributes, text in self.found if tag == "script"]


@pytest.fixture(scope="module")
def captured() -> Run:
    return run("x = torch.tensor(2.0, requires_grad=True)\ny = x ** 3\ny.backward()")


def written(captured: Run, language: Language = "en") -> str:
    return html.write(captured, lay_out(compose(captured.graph, captured.ops)), language)


def test_the_same_run_gives_the_same_page(captured: Run) -> None:
    assert written(captured) == written(captured)


def test_nothing_is_fetched(captured: Run) -> None:
    elements = Elements(written(captured)).found
    assert not [attributes for _, attributes, _ in elements if {"src", "href"} & set(attributes)]
    policy = next(attributes["content"] for _, attributes, _ in elements if "http-equiv" in attributes)
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy


def test_the_policy_names_each_script_that_may_run(captured: Run) -> None:
    page = written(captured)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    running = [
        text for attributes, text in Elements(page).scripts() if attributes.get("type") in ("module", "importmap")
    ]
    assert len(running) == 2
    for text in running:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy[1]
    assert "unsafe-inline" not in policy[1].split("style-src")[0]


@given(st.text() | st.sampled_from(["</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028"]))
@settings(deadline=None)
def test_no_code_gets_out_of_its_block(code: str) -> None:
    elements = Elements(html.write(Run(status="ok", code=code), Layout())).found
    assert [tag for tag, _, _ in elements] == [
        "html",
        "head",
        "meta",
        "meta",
        "meta",
        "title",
        "style",
        "script",
        "body",
        "p",
        "details",
        "summary",
        "div",
        "template",
        "style",
        "script",
        "script",
        "script",
        "script",
        "script",
        "script",
    ]


def test_every_module_is_in_the_file(captured: Run) -> None:
    _, text = next(
        (attributes, text)
        for attributes, text in Elements(written(captured)).scripts()
        if attributes.get("type") == "importmap"
    )
    names = set(re.findall(r'"(explorer/[\w.]+)"', text))
    for encoded in re.findall(r"base64,([\w+/=]+)", text):
        assert set(re.findall(r'from "([^"]+)"', base64.b64decode(encoded).decode())) <= names


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_opens_offline_in_both_languages(
    captured: Run, language: Language, chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "run.html"
    file.write_text(written(captured, language), encoding="utf-8")
    context = chromium.new_context(offline=True)
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(file.as_uri())
    page.get_by_role("button", name="y = x ** 3").click()
    heading = page.locator(".inspector h2").inner_text()
    title = page.locator("h1").inner_text()
    context.close()
    assert heading == "PowBackward0"
    assert title == {"en": "Autograd graph", "ko": "autograd 그래프"}[language]
    assert not errors
