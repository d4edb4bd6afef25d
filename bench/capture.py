"""What it costs to watch: a recorded run against the same program without the product, in one process and on one thread.

Recorded is everything: forward log, graph, saved tensors, gradients, statistics, memory, and the records of all of it; without the
second execution of backward as a proof. Writing the records as JSON is told apart. ``python -m bench.capture [NAME ...]`` prints
these rows alone.
"""

from __future__ import annotations

import gc
import statistics
import sys
import threading
from collections.abc import Callable
from time import process_time

import torch

from bench.clock import Row, table
from bench.programs import PROGRAMS, Program
from explorer.capture.forward import ForwardLog
from explorer.capture.metas import Storages
from explorer.capture.modules import ModuleCalls, ModulePaths
from explorer.capture.snapshot import Result, Snapshot
from explorer.capture.source import Source
from explorer.ir import RunRequest, encode
from explorer.worker.session import execute

NAMES = ("resnet18", "resnet101", "lstm", "gpt", "GPT-2 small, 128 tokens", "RNN, 2,000 steps")


def rows(pairs: int = 5, names: tuple[str, ...] = NAMES) -> list[Row]:
    """Two rows a program, recording and encoding, and one of a graph of a million nodes."""
    found = [row for program in PROGRAMS if program.name in names for row in _rows(program, pairs)]
    return [*found, _million()]


def ratio(program: Program, pairs: int) -> float:
    """The median of a recorded run over the plain one, building of model and input apart."""
    return statistics.median(recorded / plain for recorded, plain, _ in _pairs(program, pairs))


def _rows(program: Program, pairs: int) -> tuple[Row, Row]:
    measured = _pairs(program, pairs)
    seconds = [recorded for recorded, _, _ in measured]
    median = statistics.median(recorded / plain for recorded, plain, _ in measured)
    return (
        Row(f"{program.name}, recorded", seconds, median, "its plain forward and backward"),
        Row(f"{program.name}, encoded", [encoded for _, _, encoded in measured]),
    )


def _pairs(program: Program, pairs: int) -> list[tuple[float, float, float]]:
    """Seconds of recording, of the plain passes and of encoding; they take turns, so that a busy moment of the machine hits all."""
    torch.set_num_threads(1)  # as in a worker
    request = RunRequest(code=program.whole, verify="never")
    execute(request)
    gc.collect()
    gc.freeze()  # as the zygote does before it forks a worker
    found = []
    for _ in range(pairs):
        build, passes = _plain(program)
        began = process_time()
        run = execute(request)
        recorded = process_time() - began - build
        found.append((recorded, passes, _seconds(lambda: encode(run))))  # noqa: B023  # called at once
    return found


def _plain(program: Program) -> tuple[float, float]:
    """Seconds to build model and input, and of forward and backward."""
    build = compile(program.setup, "<build>", "exec")
    forward = compile(program.code, "<forward>", "exec")
    names: dict[str, object] = {}

    def passes() -> None:
        exec(forward, names)  # noqa: S102  # the bench's own programs
        names["loss"].backward()

    return _seconds(lambda: exec(build, names)), _seconds(passes)  # noqa: S102  # the bench's own programs


def _million() -> Row:
    """Walk a graph of a million nodes, make its records and write them, on a stack that can free it."""
    found: list[float] = []
    before = threading.stack_size(2**30)
    thread = threading.Thread(target=lambda: found.append(_large(1_000_000)))
    thread.start()
    thread.join()
    threading.stack_size(before)
    return Row("a graph of a million nodes, walked and encoded", found)


def _large(nodes: int) -> float:
    result = torch.ones(1, requires_grad=True)
    for _ in range(nodes - 1):
        result = result + 1
    storages = Storages()
    log = ForwardLog(Source(""), storages, ModuleCalls())

    def capture() -> None:
        root = Result(result.grad_fn, 0, "result", result)
        snapshot = Snapshot.before_backward([root], storages, log, [], nodes)
        encode(snapshot.graph(ModulePaths({}), [], {}, {}))
        snapshot.walk.release()

    gc.disable()  # as in a worker while records are made
    try:
        return _seconds(capture)
    finally:
        gc.enable()


def _seconds(call: Callable[[], object]) -> float:
    """Of the processor, in this process: what other processes do does not count."""
    began = process_time()
    call()
    return process_time() - began


if __name__ == "__main__":
    print(table(rows(names=tuple(sys.argv[1:]) or NAMES)))
