"""A page for one browser module: what stub.js does inside Streamlit, without Streamlit and without a server.

The files are answered from the folder by the test itself, so the page never touches a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, Route
from tabs import Tabs

from explorer.viewer.assets import JS_FOLDER

ADDRESS = "http://viewer.test/"
_TYPES = {".mjs": "text/javascript", ".css": "text/css"}
_PAGE = '<!doctype html><meta charset="utf-8"><body><button id="before">before</button><div id="host"></div></body>'
_MOUNT = """async ([name, style]) => {
  window.sent = [];
  window.heard = [];
  window.addEventListener("explorer:selection", (event) => heard.push(event.detail));
  const module = await import(`/${name}`);
  window.open_ = async () => {
    const host = document.createElement("div");
    document.getElementById("host").replaceChildren(host);
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    await sheet.replace(await (await fetch(`/${style}`)).text());
    root.adoptedStyleSheets = [sheet];
    const port = { set: (...told) => sent.push(["set", ...told]), trigger: (...told) => sent.push(["trigger", ...told]) };
    window.view = module.mount(root, port);
  };
  await open_();
}"""


@contextmanager
def blank_page(tabs: Tabs, **options: Any) -> Iterator[Page]:
    """A page that can import the modules, in a tab as `Tabs.take` gives it. Fails on any error of the page."""
    page = tabs.take(**{"viewport": {"width": 900, "height": 900}, **options})
    page.set_default_timeout(10_000)
    page.route("**/*", _answer)
    page.goto(ADDRESS)
    yield page
    complaints = [text for text in tabs.give_back(page) if "Failed to load resource" not in text]  # lost on purpose
    assert not complaints, complaints


def _answer(route: Route) -> None:
    name = route.request.url.removeprefix(ADDRESS)
    file = JS_FOLDER / name
    if not name:
        route.fulfill(body=_PAGE, content_type="text/html")
    elif file.is_file():
        route.fulfill(body=file.read_text(encoding="utf-8"), content_type=_TYPES[file.suffix])
    else:
        route.fulfill(status=404, body="")


def mount(page: Page, module: str, style: str) -> None:
    """Mount a view; ``view``, ``sent`` (to Python), ``heard`` (on the bus) and ``open_()`` (mount anew) are then globals of the page."""
    page.evaluate(_MOUNT, [module, style])


def say_selected(page: Page, **selection: Any) -> None:
    """What another view would publish."""
    page.evaluate(
        "detail => window.dispatchEvent(new CustomEvent('explorer:selection', {detail}))",
        {"node": None, "line": None, "storage": [], "tensor": None, "source": "another", **selection},
    )
