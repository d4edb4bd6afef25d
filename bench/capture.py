"""What it costs to watch: a recorded run against the same program without the product, in one process and on one thread."""

from __future__ import annotations

import ast
import statistics

import torch

from bench.clock import Row, timed
from explorer.ir import RunRequest
from explorer.models import find
from explorer.worker.session import execute

MODELS = ("resnet18", "resnet101", "gpt", "lstm")


def rows(pairs: int = 5) -> list[Row]:
    """One row a model, its seconds those of the recorded run."""
    torch.set_num_threads(1)  # as in a worker
    return [_row(name, pairs) for name in MODELS]


def _row(name: str, pairs: int) -> Row:
    """Plain and recorded take turns, so that a busy moment of the machine hits both."""
    code = find(name).code()
    execute(RunRequest(code=code))
    recorded, ratios = [], []
    for _ in range(pairs):
        build, passes = _plain(code)
        seconds = timed(lambda: execute(RunRequest(code=code)))
        recorded.append(seconds)
        ratios.append((seconds - build) / passes)
    return Row(f"{name}, recorded", recorded, statistics.median(ratios), "its plain forward and backward")


def _plain(code: str) -> tuple[float, float]:
    """Wall seconds to build model and input, and of forward and backward: the last two statements of every catalogue snippet."""
    body = ast.parse(code).body
    build = compile(ast.Module(body[:-2], []), "<build>", "exec")
    forward = compile(ast.Module(body[-2:], []), "<forward>", "exec")
    names: dict[str, object] = {}

    def passes() -> None:
        exec(forward, names)  # noqa: S102  # the project's own catalogue
        names["loss"].backward()

    return timed(lambda: exec(build, names)), timed(passes)  # noqa: S102  # the project's own catalogue
