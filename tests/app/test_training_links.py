"""A training as a file over the route of the server: with the token that a session offers, and with nothing else."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from explorer.app import training_files
from explorer.app.training_files import TrainingOffer
from explorer.app.trainings import Over, Started
from explorer.export.problem import ExportError
from explorer.export.training import FORMATS, written
from explorer.ir import Points, Sentence, TrainingPoint, TrainingRequest, TrainingRun, TrainingStart
from explorer.words import say

APP = Starlette(routes=[Route("/training-files/{token}/{kind}", training_files.answer)])


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes


def get(link: str) -> Answer:
    """One request, as a browser follows a link."""
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {"type": "http", "method": "GET", "path": f"/{link}", "root_path": "", "query_string": b"", "headers": []}
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, APP({**scope, "asgi": {"spec_version": "2.4"}}, receive, send)).result()
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))


@pytest.fixture
def run() -> TrainingRun:
    points = Points([TrainingPoint(step=step, loss=1 / step, gradient_norm=1.0) for step in (1, 2, 3)])
    start = TrainingStart(parameters=(), parameter_count=0)
    return TrainingRun(request=TrainingRequest(code="model = 1"), start=start, points=points)


def offered(run: TrainingRun, name: str = "moons") -> TrainingOffer:
    return TrainingOffer(Started("id", run.request, Over(run)), name, "ko")


@pytest.mark.parametrize("kind", ["csv", "script"])
def test_a_file_is_what_the_format_writes_and_never_a_page_of_ours(run: TrainingRun, kind: str) -> None:
    offer = offered(run, "반달 · <b>/../x")
    answer = get(offer.link(kind))
    assert answer.status == 200
    assert answer.content == b"".join(written(run, kind))
    assert answer.headers["content-length"] == str(len(answer.content))
    name = f"%EB%B0%98%EB%8B%AC----b-----x.{FORMATS[kind].ending}"
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_offer_ends_with_its_session_and_knows_its_kinds(run: TrainingRun) -> None:
    offer = offered(run)
    link = offer.link("csv")
    assert get(offer.link("exe")).status == 404
    assert get(link.replace(offer.token, offer.token[::-1] + "x")).status == 404
    del offer
    gc.collect()
    gone = get(link)
    assert (gone.status, gone.content.decode().splitlines()[1]) == (404, say("runs.file.gone", "ko"))


def test_what_goes_wrong_is_a_sentence_and_no_file(run: TrainingRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ExportError(Sentence(key="runs.file.failed"))

    monkeypatch.setattr(training_files, "write_apart", fail)
    offer = offered(run)
    answer = get(offer.link("json"))
    assert (answer.status, answer.content.decode()) == (422, say("runs.file.failed", "ko"))
    assert answer.headers["content-type"].startswith("text/plain")
    assert "content-disposition" not in answer.headers
