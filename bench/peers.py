"""`python -m bench.peers`: what a full capture costs, ours beside torchviz, torchview, TorchLens and torchvista.

The peers are installed into an environment of their own (`.peers`, from `bench/peers.txt`) and run there, one process for each tool and
program, on one thread, in turns with the plain forward and backward of the same program: what is compared is the ratio of the two.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

from bench import capture, programs
from bench.memory import warm

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parent / ".peers"
PYTHON = ENVIRONMENT / "bin" / "python"
TOOLS = ("torchviz", "torchview", "torchlens", "torchvista")
LIMIT = 120
"""Seconds that one tool gets for one program, repetitions included."""


def install() -> None:
    """Make the peers' environment, unless it is there."""
    if not PYTHON.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    wanted = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(HERE / "peers.txt")]
    subprocess.run([PYTHON, *wanted], check=True)


def measure(tool: str, program: programs.Program, repeats: int) -> str:
    """One cell of the table: the median ratio, or in a few words why there is none."""
    if program.modules is False and tool != "torchviz":
        return "takes modules only"
    command = [PYTHON, HERE / "peer.py", tool, str(repeats)]
    try:
        done = subprocess.run(
            command,
            input=json.dumps({"setup": program.setup, "code": program.code}),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
            env=warm(),
        )
    except subprocess.TimeoutExpired:
        return f"> {LIMIT} s"
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["ended without a word"]
        return said[-1].split(":")[0][:40]
    seconds = json.loads(done.stdout.splitlines()[-1])
    return f"{statistics.median(seconds['tool']) / statistics.median(seconds['plain']):.2f}"


def rows(repeats: int) -> Iterator[tuple[str, ...]]:
    """One line a program: ours first."""
    for program in programs.PROGRAMS:
        ours = statistics.median(capture.measure(program, 2 * repeats).ratios)
        yield (program.name, f"{ours:.2f}", *(measure(tool, program, repeats) for tool in TOOLS))


def main() -> None:
    """Install, measure, print a Markdown table."""
    install()
    print("| program | this | " + " | ".join(TOOLS) + " |")
    print("| --- |" + " ---: |" * (len(TOOLS) + 1))
    for cells in rows(int(sys.argv[1]) if len(sys.argv) > 1 else 3):
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
