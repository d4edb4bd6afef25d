"""Python's collector during a run: at work while the code runs, and no more once records are made."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from samples import run

from explorer.capture import Recorder
from explorer.ir import Limits, Run, RunRequest, decode_run
from explorer.ir.collector import put_off
from explorer.worker import child
from explorer.worker.repeats import Stopwatch

MANY = "kept = [[] for _ in range(20_000)]\nx = torch.ones(2, requires_grad=True)\nloss = (x * 2).sum()"
"""Lists enough that the collector comes many times."""


@pytest.fixture
def passes() -> Iterator[list[str]]:
    """Grows by one for each pass of the collector."""
    seen: list[str] = []

    def noted(phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            seen.append(phase)

    gc.callbacks.append(noted)
    yield seen
    gc.callbacks.remove(noted)


@pytest.fixture
def at_finish(monkeypatch: pytest.MonkeyPatch, passes: list[str]) -> list[tuple[bool, int]]:
    """When records are made: whether the collector is at work, and how many passes there were."""
    told: list[tuple[bool, int]] = []
    finish = Recorder.finish

    def noted(self: Recorder, *args: Any) -> Any:
        told.append((gc.isenabled(), len(passes)))
        return finish(self, *args)

    monkeypatch.setattr(Recorder, "finish", noted)
    return told


def test_a_worker_collects_what_the_code_leaves_and_nothing_else(
    passes: list[str], at_finish: list[tuple[bool, int]]
) -> None:
    with put_off():
        before = len(passes)
        run(MANY)
        ((enabled, until_then),) = at_finish
        assert until_then > before + 5
        assert (enabled, gc.isenabled(), len(passes)) == (False, False, until_then)


@pytest.mark.parametrize("code", [MANY, "y = x[", "1 / 0"])
def test_a_caller_in_the_same_process_gets_its_collector_back(code: str) -> None:
    assert gc.isenabled()
    run(code)
    assert gc.isenabled()


def test_records_are_made_without_it_there_too(at_finish: list[tuple[bool, int]]) -> None:
    run(MANY)
    assert [enabled for enabled, _ in at_finish] == [False]


def test_it_is_at_work_when_the_code_runs_again(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []
    lap = Stopwatch.lap

    def noted(self: Stopwatch) -> Any:
        told.append(gc.isenabled())
        return lap(self)

    monkeypatch.setattr(Stopwatch, "lap", noted)
    with put_off():
        assert run(MANY, repeats=2).times.repeats == 2
    assert told == [True, True]


def test_a_process_that_ends_with_the_answer_puts_it_off() -> None:
    told: list[bool] = []

    class Tasks:
        def execute(self, request: RunRequest, kept: list[object] | None = None) -> Run:
            told.append(gc.isenabled())
            return Run(status="ok", code=request.code)

    near, far = socket.socketpair()
    with near, far:
        channel = child.Channel(near.fileno(), near.fileno())
        child._run(channel, Tasks(), RunRequest(code="1"), Limits(seconds=10))
        answer = decode_run(child.Channel(far.fileno(), far.fileno()).receive())
    assert (told, answer.code, gc.isenabled()) == ([False], "1", True)
