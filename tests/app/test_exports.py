"""Files of what a session sees: over the route of the server, with the session's token, and with nothing else."""

from __future__ import annotations

import asyncio
import gc
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from explorer.app import exports
from explorer.app.exports import Asked, Offer, file_name
from explorer.app.state import GraphState
from explorer.export.formats import FORMATS, Wanted, write
from explorer.ir import Run
from tests.graph import graphs

APP = Starlette(routes=[Route("/exports/{token}", exports.answer, methods=["POST"])])


def post(token: str, body: object) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one request."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/exports/{token}",
        "root_path": "",
        "query_string": b"",
        "headers": [],
    }
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, APP(scope, receive, send)).result()
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture
def offer() -> Offer:
    graph, ops = graphs.perceptron()
    made = Offer()
    made.run, made.language = Run(status="ok", graph=graph, ops=ops), "ko"
    return made


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_what_the_format_writes_and_never_a_page_of_ours(offer: Offer, name: str) -> None:
    status, headers, body = post(offer.token, {"format": name})
    assert status == 200
    theme = None if name == "svg" else "light"
    assert body == write(offer.run or Run(status="ok"), name, Wanted(open_modules=(), language="ko", theme=theme))
    assert headers["content-disposition"] == "attachment"
    assert headers["content-security-policy"].startswith("sandbox")
    assert headers["x-content-type-options"] == "nosniff"


def test_the_file_is_placed_as_the_screen_is(offer: Offer) -> None:
    offer.engine, offer.wrap = "graphviz", True
    wanted = offer.wanted(Asked(format="svg"))
    assert (wanted.engine, wanted.wrap) == ("graphviz", True)


def test_scopes(offer: Offer) -> None:
    whole, everything, sight = (
        post(offer.token, {"format": "svg", "scope": scope, "area": [5, 6, 70, 80]})[2].decode()
        for scope in ("drawing", "everything", "sight")
    )
    assert "ReluBackward0" not in whole
    assert "ReluBackward0" in everything
    assert 'viewBox="5 6 70 80"' in sight
    assert 'viewBox="0 0 ' in whole


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff", {"format": "exe"}, {"format": 1}, {"format": "svg", "area": [1]}, {"format": "svg", "scope": "all"},
     {"format": "svg", "theme": "url(x)"}, b'{"format": "svg", "area": [NaN, 0, 1, 1]}', {"format": "svg", "x": "a" * 2**20}],
)  # fmt: skip
def test_nonsense_is_refused_with_a_sentence(offer: Offer, body: object) -> None:
    status, _, answer = post(offer.token, body)
    assert (status, json.loads(answer)["said"]) == (400, "내보낼 수 없는 요청입니다.")


@pytest.mark.parametrize("area", [[0, 0, -5, 0], [1e300, -1e300, 1e300, 1e300], [0, 0, 1e-300, 1e-300]])
def test_areas_that_are_none(offer: Offer, area: list[float]) -> None:
    for name in ("svg", "png", "pdf"):
        assert post(offer.token, {"format": name, "scope": "sight", "area": area})[0] in (200, 422)


def test_a_token_opens_what_its_session_still_shows(offer: Offer) -> None:
    token = offer.token
    assert post(token[::-1] + "x", {"format": "json"})[0] == 404
    offer.run = None
    assert post(token, {"format": "json"})[0] == 404


def test_an_offer_ends_with_its_session() -> None:
    made = Offer()
    made.run = Run(status="ok")
    token = made.token
    assert post(token, {"format": "json"})[0] == 200
    del made
    gc.collect()
    assert post(token, {"format": "json"})[0] == 404


def test_names_of_files() -> None:
    assert file_name(GraphState(source="model", model="resnet18"), Run(status="ok")) == "resnet18"
    assert file_name(GraphState(), Run(status="ok", result="손실")) == "손실"
    for result in (None, "(x + y) * w", "../../etc", "z" * 200):
        assert file_name(GraphState(), Run(status="ok", result=result)) == "graph"
