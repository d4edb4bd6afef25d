"""Times of a run: beside clocks of the tests' own, and by the order of things rather than by how long they take."""

from __future__ import annotations

import io
import time
from contextlib import redirect_stdout
from typing import Any, ClassVar

import pytest
import torch
from samples import run

from explorer.capture import times as subject
from explorer.capture.clocks import CudaClock, WallClock, clock_of
from explorer.capture.times import Lap, medians
from explorer.ir import Run, RunRequest, Times
from explorer.models import find
from explorer.worker import session
from explorer.worker.limits import TimeLimit

X = "x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)\n"


def times_of(seen: Run) -> Times:
    assert seen.status == "ok", seen.message
    assert seen.times is not None
    return seen.times


def forward_seconds(seen: Run, name: str) -> float:
    return sum(seconds for op, seconds in zip(seen.ops, times_of(seen).forward, strict=True) if op.name == name)


def backward_seconds(seen: Run, name: str, line: int) -> float:
    pairs = zip(seen.graph.nodes, times_of(seen).backward, strict=True)
    return sum(seconds or 0.0 for node, seconds in pairs if (node.name, node.line) == (name, line))


PRODUCT = """\
a = torch.randn(400, 400, requires_grad=True)
b = a @ a
c = b[0, 0]
d = c * 3.0
d.backward()
"""


@pytest.mark.parametrize("repeats", [0, 5])
def test_a_large_product_takes_more_than_a_small_one_and_all_of_it_less_than_the_wall(repeats: int) -> None:
    began = time.perf_counter()
    seen = run(PRODUCT, repeats=repeats)
    wall = time.perf_counter() - began
    found = times_of(seen)
    assert (found.repeats, found.device) == (repeats, "cpu")
    assert len(found.forward) == len(seen.ops)
    assert len(found.backward) == len(seen.graph.nodes)
    assert all(seconds > 0 for seconds in found.forward)
    assert sum(found.forward) + sum(seconds or 0.0 for seconds in found.backward) < wall
    if repeats:  # the first run pays for what is loaded when first used
        assert forward_seconds(seen, "matmul") > 3 * found.forward[-1]
        assert backward_seconds(seen, "MmBackward0", 2) > 3 * backward_seconds(seen, "MulBackward0", 4)


def test_medians_are_seconds_as_a_clock_around_the_same_call_tells_them() -> None:
    """Within the wide bounds that a busy machine needs: what is told in other units, or of another call, lies beyond them."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a worker: threads that wait for each other take any time
    try:
        seen = run("a = torch.randn(300, 300)\nb = a @ a", repeats=9)
        a = torch.randn(300, 300)
        own = []
        for _ in range(9):
            began = time.perf_counter()
            _ = a @ a
            own.append(time.perf_counter() - began)
    finally:
        torch.set_num_threads(threads)
    assert min(own) / 5 <= forward_seconds(seen, "matmul") <= 50 * max(own)


PROGRAMS = {
    "expression": "(x + y) * w",
    "own backward": X + "for _ in range(3):\n    (x ** 2).sum().backward()",
    "autograd.grad": X + "g, = torch.autograd.grad((x ** 3).sum(), x, create_graph=True)\ng.sum().backward()",
    "gradient as result": X + "g, = torch.autograd.grad((x ** 3).sum(), x, create_graph=True)\ng.sum()",
    "in place": X + "y = x * 2\ny[0] = 3.0\ny.add_(1)\ny.sum()",
    "only reads": X + "y = x * 2\nprint(y.shape, y.dim(), y.tolist(), y)\ny.sum().item()\ny.sum()",
    "custom function": X
    + """
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x + x
    @staticmethod
    def backward(ctx, g):
        return g * 2
Twice.apply(x).sum()
""",
    "hooks": X + "y = x * 2\ny.register_hook(lambda g: g * 2)\ny.retain_grad()\ny.sum().backward()",
    "caught": X + "try:\n    x @ torch.ones(4)\nexcept RuntimeError:\n    pass\nx.sum()",
    "random": "torch.dropout(torch.randn(4, requires_grad=True), 0.5, True).sum()",
    "several": X + "(x * 2, x.exp())",
    "without a graph": "torch.ones(3) + 1",
    "training": find("mlp").code(),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_further_runs_match_call_by_call_and_node_by_node(name: str) -> None:
    seen = run(PROGRAMS[name], repeats=3)
    assert times_of(seen).repeats == 3
    assert not seen.notes
    assert len(times_of(seen).forward) == len(seen.ops)
    assert len(times_of(seen).backward) == len(seen.graph.nodes)
    ran = [
        node.name
        for node, seconds in zip(seen.graph.nodes, times_of(seen).backward, strict=True)
        if seconds is not None
    ]
    if seen.backward is None or seen.backwards[seen.backward].kind == "backward":
        assert len(ran) == len(seen.graph.nodes)


def test_nodes_that_do_not_run_have_no_time() -> None:
    code = X + "w = torch.ones(3, requires_grad=True)\ny = x * 2\nz = (y * w).sum()\nz.backward(inputs=[w])"
    for repeats in (0, 2):
        seen = run(code, repeats=repeats)
        by_line = [
            seconds for node, seconds in zip(seen.graph.nodes, times_of(seen).backward, strict=True) if node.line == 3
        ]
        assert by_line == [None]


def test_only_the_recorded_run_prints_and_every_run_starts_afresh() -> None:
    code = "x = torch.rand(2, requires_grad=True)\nprint(x.tolist())\nx.sum()"
    once, often = run(code), run(code, repeats=4)
    assert once.stdout.count("\n") == 1
    assert often.stdout == once.stdout
    assert often.tensors == once.tensors
    assert times_of(often).repeats == 4


def test_a_run_that_takes_another_way_is_dropped_and_said() -> None:
    code = X + "import time\ny = x\nfor _ in range(time.perf_counter_ns() % 9973):\n    y = y * 1.0\ny.sum()"
    seen = run(code, repeats=2)
    assert times_of(seen).repeats == 0
    assert [note.values for note in seen.notes if note.key == "times.note.fewer"] == [{"kept": "0", "asked": "2"}]
    assert len(times_of(seen).forward) == len(seen.ops)


def test_the_time_limit_ends_further_runs_and_keeps_those_that_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    real, begun = session._once_more, []

    def stopped_in_the_third(request: RunRequest, stopwatch: subject.Stopwatch) -> object:
        begun.append(1)
        if len(begun) == 3:
            raise TimeLimit
        return real(request, stopwatch)

    monkeypatch.setattr(session, "_once_more", stopped_in_the_third)
    seen = run("(x + y) * w", repeats=50)
    assert len(begun) == 3
    assert times_of(seen).repeats == 2
    assert [note.values for note in seen.notes] == [{"kept": "2", "asked": "50"}]


def test_a_lap_that_differs_is_not_like_the_recorded_run() -> None:
    lap = Lap([("mul", 1.0), ("sum", 2.0)], [("SumBackward0", 1.0)])
    assert lap.is_like(["mul", "sum"], ["SumBackward0"])
    assert not lap.is_like(["mul"], ["SumBackward0"])
    assert not lap.is_like(["mul", "sum"], ["MulBackward0"])


def test_medians() -> None:
    laps = [Lap([("a", a)], [("A", b), ("B", None)]) for a, b in ((3.0, 0.5), (1.0, None), (2.0, 0.25))]
    assert medians(laps, "cuda:1") == Times(forward=(2.0,), backward=(0.375, None), repeats=3, device="cuda:1")


def test_without_repeats_a_failed_run_has_the_times_it_came_to() -> None:
    seen = run(X + "y = x * 2\nz = y + 1\nraise ValueError", repeats=5)
    assert seen.status == "error"
    assert seen.times is not None
    assert (len(seen.times.forward), seen.times.repeats) == (len(seen.ops), 0)


class Event:
    """In place of ``torch.cuda.Event``: passes only when the device is synchronised, in milliseconds of a clock of its own."""

    clock = 0.0
    recorded: ClassVar[list[Event]] = []
    passed = 0

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        Event.clock += 2.0
        self.at = Event.clock
        Event.recorded.append(self)

    def elapsed_time(self, other: Event) -> float:
        assert Event.recorded.index(other) < Event.passed, "asked before the device was synchronised"
        return other.at - self.at


def test_on_cuda_events_are_read_after_one_synchronisation(monkeypatch: pytest.MonkeyPatch) -> None:
    synchronised = []

    def synchronize(device: str) -> None:
        synchronised.append(device)
        Event.passed = len(Event.recorded)

    Event.clock, Event.recorded, Event.passed = 0.0, [], 0
    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)
    stopwatch = subject.Stopwatch(CudaClock("cuda:1", Event), None)
    with stopwatch.watching():
        x = torch.ones(3, requires_grad=True)
        y = (x * 2).sum()
    stopwatch.differentiate([y], [None])
    lap = stopwatch.lap()
    stopwatch.release()
    assert synchronised == ["cuda:1"]
    assert lap.calls == [("ones", 0.002), ("mul", 0.002), ("sum", 0.002)]
    assert [name for name, _ in lap.nodes] == ["SumBackward0", "MulBackward0", "AccumulateGrad"]
    assert {seconds for _, seconds in lap.nodes} == {0.002}


def test_the_clock_of_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(clock_of("cpu"), WallClock)
    assert isinstance(clock_of("cuda:0"), CudaClock)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: pytest.fail("nothing was recorded"))
    clock_of("cuda").settle()


def test_torch_is_as_it_was_after_a_stopwatch() -> None:
    before: list[Any] = [torch.autograd.backward, torch.autograd.grad, torch.autograd.Function.__dict__["apply"]]
    with redirect_stdout(io.StringIO()):
        run(PROGRAMS["hooks"], repeats=2)
    assert before == [torch.autograd.backward, torch.autograd.grad, torch.autograd.Function.__dict__["apply"]]
