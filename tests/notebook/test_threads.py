"""Two threads trace at once: each sees its own calls, and what they share is afterwards as it was."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn

import explorer
from explorer.notebook import kept

TIMES = 50


def together(*tasks: Callable[[], explorer.Run]) -> list[explorer.Run]:
    """Start all at the same moment, over and over."""
    gate = threading.Barrier(len(tasks))

    def one(task: Callable[[], explorer.Run]) -> list[explorer.Run]:
        found = []
        for _ in range(TIMES):
            gate.wait(30)
            found.append(task())
        return found

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [run for future in [pool.submit(one, task) for task in tasks] for run in future.result()]


FIRST = """
import threading
import torch
import explorer
from torch import nn

gate = threading.Barrier(6)
said = []

def trace(dtype):
    net = nn.Sequential(nn.Linear(4, 300), nn.Tanh(), nn.Linear(300, 1)).to(dtype)
    gate.wait(60)
    said.append(explorer.trace(net, torch.randn(6, 4, dtype=dtype)).status)

threads = [threading.Thread(target=trace, args=(dtype,)) for dtype in (torch.float32, torch.float64) * 3]
for one in threads:
    one.start()
for one in threads:
    one.join()
print(said)
"""


def test_the_first_traces_of_a_process() -> None:
    """What is compiled for them is compiled once: it was gone while another thread ran it."""
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, f"{['ok'] * 6}\n"), done.stderr


def leaves(run: explorer.Run) -> dict[str, object]:
    return {node.variable: node.incoming[0].value for node in run.graph.nodes if node.kind == "leaf"}


def test_the_same_module() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    small, large = torch.randn(4, 2), torch.randn(4, 2) * 100
    before = {name: value.clone() for name, value in net.state_dict().items()}
    expected = {}
    for name, x in (("small", small), ("large", large)):
        gradients = torch.autograd.grad(net(x).sum(), list(net.parameters()))
        expected[name] = {
            f"net.{key}": one.tolist() for key, one in zip(dict(net.named_parameters()), gradients, strict=True)
        }
    net.load_state_dict(before)
    runs = together(
        lambda: explorer.trace(lambda a: net(a).sum(), small), lambda: explorer.trace(lambda a: net(a).sum(), large)
    )
    for at, run in enumerate(runs):
        assert run.status == "ok"
        assert leaves(run) == expected["small" if at < TIMES else "large"]
        assert [op.name for op in run.ops] == ["linear", "add_", "batch_norm", "linear", "sum"]
        assert [op.module for op in run.ops] == ["net.0", "net.1", "net.1", "net.2", None]
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(one.grad is None for one in net.parameters())
    assert not kept._saved


def test_different_modules_and_a_training_beside_them() -> None:
    first, second, trained = nn.Linear(2, 3), nn.Conv1d(1, 1, 2), nn.Linear(2, 1)
    x, signal = torch.randn(2, 2), torch.randn(1, 1, 5)
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.5)

    def train() -> explorer.Run:
        optimizer.zero_grad()
        trained(x).sum().backward()
        optimizer.step()
        return explorer.trace(trained, x)

    start = {name: value.detach().clone() for name, value in trained.named_parameters()}
    runs = together(lambda: explorer.trace(first, x), lambda: explorer.trace(second, signal), train)
    assert all([op.name for op in run.ops] == ["linear"] for run in runs[:TIMES])
    assert all([op.name for op in run.ops] == ["conv1d"] for run in runs[TIMES : 2 * TIMES])
    assert all(leaves(run)["first.bias"] == [2.0, 2.0, 2.0] for run in runs[:TIMES])
    assert all(leaves(run)["second.bias"] == [4.0] for run in runs[TIMES : 2 * TIMES])
    gradient = {"weight": x.sum(0, keepdim=True), "bias": torch.tensor([2.0])}
    for name, value in trained.named_parameters():
        torch.testing.assert_close(value.detach(), start[name] - 0.5 * TIMES * gradient[name], rtol=1e-4, atol=1e-4)
