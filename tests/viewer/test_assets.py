"""The browser modules as Streamlit serves them."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from streamlit import config

from explorer.viewer import assets


def get(path: str) -> tuple[int, dict[str, str], bytes]:
    """One request to an app of nothing but these routes: status, headers, body."""
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        await asyncio.Event().wait()  # the browser stays

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": []}
    with ThreadPoolExecutor(1) as pool:  # a thread of its own: the browser tests' event loop may be running in this one
        pool.submit(asyncio.run, Starlette(routes=assets.routes())(scope, receive, send)).result()
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize(("name", "media_type"), [("graph_view.mjs", "text/javascript"), ("viewer.css", "text/css")])
def test_each_file_is_served_as_what_it_is(name: str, media_type: str) -> None:
    status, headers, body = get(f"/{assets.folder()}{name}")
    assert status == 200
    assert headers["content-type"] == f"{media_type}; charset=utf-8"
    assert "immutable" in headers["cache-control"]
    assert body == (assets.JS_FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", ["../component.py", "%2e%2e/component.py", "nothing.mjs", ""])
def test_nothing_else_is_served(name: str) -> None:
    status, _, _ = get(f"/{assets.folder()}{name}")
    assert status == 404


def test_a_base_path_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "get_option", {"server.baseUrlPath": "/lab/torch/"}.get)
    status, _, _ = get(f"/lab/torch/{assets.folder()}bus.mjs")
    assert status == 200


def test_every_import_is_of_a_file_that_is_there() -> None:
    for module in assets.JS_FOLDER.glob("*.mjs"):
        imported = re.findall(r'from "\./([\w.]+)"', module.read_text(encoding="utf-8"))
        assert all((assets.JS_FOLDER / name).is_file() for name in imported), module.name


def test_no_module_writes_markup() -> None:
    for module in assets.JS_FOLDER.glob("*.mjs"):
        source = module.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source), (
            module.name
        )
