"""What it costs to watch: forward and backward under the recorder, beside the same passes over the same model without the product.

Recorded is everything: forward log, graph, saved tensors, gradients, statistics of all of it and of every parameter, memory, the
records, and letting go; without the second execution of backward as a proof. Writing the records as JSON is told apart. Each program is
built once, in a process of its own, on one thread. ``python -m bench.capture [NAME ...]`` prints these rows alone.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import torch

from bench.clock import Row, table
from bench.memory import warm
from bench.programs import PROGRAMS, Program
from explorer.capture import Recorder, Recording
from explorer.capture.forward import ForwardLog
from explorer.capture.metas import Storages
from explorer.capture.modules import ModuleCalls, ModulePaths
from explorer.capture.snapshot import Result, Snapshot
from explorer.capture.source import Source
from explorer.capture.variables import Named
from explorer.ir import Run, encode
from explorer.ir.collector import at_work, put_off

NAMES = ("resnet18", "resnet101", "lstm", "gpt", "GPT-2 small, 128 tokens", "RNN, 2,000 steps")
_ROOT = Path(__file__).parents[1]
_ONE = "--one"
"""Before the name of a program and a number of pairs: measure it in this process, and print the seconds as JSON."""


@dataclass(frozen=True)
class Pairs:
    """CPU seconds of passes that took turns, so that a busy moment of the machine hits both."""

    plain: list[float]
    recorded: list[float]
    encoded: list[float]

    @property
    def ratios(self) -> list[float]:
        """Recorded over plain, of each pair."""
        return [recorded / plain for recorded, plain in zip(self.recorded, self.plain, strict=True)]


def rows(pairs: int = 11, names: tuple[str, ...] = NAMES) -> list[Row]:
    """Two rows a program, recording and encoding, and one of a graph of a million nodes."""
    found = [row for program in PROGRAMS if program.name in names for row in _rows(program, pairs)]
    return [*found, _million()]


def measure(program: Program, pairs: int) -> Pairs:
    """In a process of its own."""
    command = [sys.executable, "-m", "bench.capture", _ONE, program.name, str(pairs)]
    done = subprocess.run(command, cwd=_ROOT, env=warm(), stdout=subprocess.PIPE, check=True)
    return Pairs(**json.loads(done.stdout))


def _rows(program: Program, pairs: int) -> tuple[Row, Row]:
    measured = measure(program, pairs)
    return (
        Row(f"{program.name}, recorded", measured.recorded, measured.ratios, "its plain forward and backward"),
        Row(f"{program.name}, encoded", measured.encoded),
    )


class Built:
    """A program's model and input, built once, and passes over them."""

    def __init__(self, program: Program) -> None:
        self._whole = program.whole
        self._names: dict[str, Any] = {}
        exec(compile(program.setup, "<snippet>", "exec"), self._names)  # noqa: S102  # the bench's own programs
        above = "\n" * (program.setup.count("\n") + 1)
        self._forward = compile(above + program.code, "<snippet>", "exec")
        self._built = set(self._names)

    def plain(self) -> None:
        """Forward, backward, and the end of what they made."""
        self._run()
        self._names["loss"].backward()
        self._forget()

    def recorded(self) -> Recording:
        """The same as a worker does it, which puts the collector off but for the code."""
        recorder = Recorder(self._whole, verify="never")
        with at_work(), recorder.watching():
            self._run()
        recorder.look([Named("loss", self._names["loss"])], self._names)
        recorder.differentiate([self._names["loss"]], [None])
        recording = recorder.finish({name: value for name, value in self._names.items() if name[0] != "_"}, {})
        self._forget()
        recorder.release()
        return recording

    def clear(self) -> None:
        """Take the gradients away, as an optimizer does between two passes."""
        for value in self._names.values():
            if isinstance(value, torch.nn.Module):
                value.zero_grad()
            elif isinstance(value, torch.Tensor):
                value.grad = None

    def _run(self) -> None:
        exec(self._forward, self._names)  # noqa: S102  # the bench's own programs

    def _forget(self) -> None:
        for name in self._names.keys() - self._built:
            del self._names[name]


def _measure(program: Program, pairs: int) -> Pairs:
    """In this process. The first passes are not counted: memory is found, kernels are chosen."""
    torch.set_num_threads(1)  # as in a worker
    built, found = Built(program), Pairs([], [], [])
    for call in (built.plain, built.recorded):
        call()
        built.clear()
    gc.collect()
    gc.freeze()  # as the zygote does before it forks a worker
    for _ in range(pairs):
        found.plain.append(_seconds(built.plain))
        built.clear()
        with put_off():  # as a worker does, which ends with its answer
            _watched(built, found)
        built.clear()
    return found


def _watched(built: Built, found: Pairs) -> None:
    """One recorded pass and its answer, which are gone afterwards."""
    recordings: list[Recording] = []
    found.recorded.append(_seconds(lambda: recordings.append(built.recorded())))
    of_a_run = {name: value for name, value in vars(recordings.pop()).items() if name in Run.__struct_fields__}
    run = Run(status="ok", **of_a_run)
    found.encoded.append(_seconds(lambda: encode(run)))


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

    with put_off():  # as in a worker while records are made
        return _seconds(capture)


def _seconds(call: Callable[[], object]) -> float:
    """Of the processor, in this process: what other processes do does not count."""
    began = process_time()
    call()
    return process_time() - began


def main() -> None:
    """Print the rows of all programs, or of those that are named."""
    if sys.argv[1:2] == [_ONE]:
        name, pairs = sys.argv[2:]
        program = next(program for program in PROGRAMS if program.name == name)
        print(json.dumps(vars(_measure(program, int(pairs)))))
    else:
        print(table(rows(names=tuple(sys.argv[1:]) or NAMES)))


if __name__ == "__main__":
    main()
