"""Nodes in a long row: torch frees by recursion what Python has looked at, and a notebook must not crash for it.

In processes of their own with the usual stack of 8 MiB, since a failure ends the process.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FINISHED = """
y = deep(x)
run = explorer.trace(y)
assert run.graph.cut
assert [note.key for note in run.notes] == ["notebook.note.cut"]
del y
"""

CALLED = """
run = explorer.trace(deep, x)
assert len(run.graph.nodes) == LENGTH + 1
"""

FAILED = """
def failing(x):
    y = deep(x)
    raise ValueError
run = explorer.trace(failing, x)
assert run.status == "error"
assert run.graph.cut
del run
"""


@pytest.mark.parametrize("code", [FINISHED, CALLED, FAILED], ids=["finished", "called", "failed"])
def test_a_long_row_of_nodes_is_freed(code: str) -> None:
    prelude = """
import resource
import torch, explorer
LENGTH = 80_000
x = torch.ones(1, requires_grad=True)
def deep(x):
    for _ in range(LENGTH):
        x = x + 1
    return x
"""
    start = "import resource; resource.setrlimit(resource.RLIMIT_STACK, (8 * 2**20, resource.getrlimit(resource.RLIMIT_STACK)[1]))\n"
    done = subprocess.run(
        [sys.executable, "-c", start + prelude + code + "\nprint('alive')"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr[-2000:]
