"""One export in a process of its own, for a process that has others to serve meanwhile.

The child reads the name of the format, a `Wanted` and the run as one piece of JSON and writes the file to standard output, or ends with status
3 and a sentence as JSON where the format has no room for it. A crash or a hang costs only the child.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from explorer.export.formats import Wanted, write
from explorer.export.problem import ExportError
from explorer.ir import Run, Sentence, encode

FEW_NODES = 150
"""A graph of at most this many nodes is written here: that takes some hundredths of a second (as the JSON of any graph does)."""

SECONDS = 60.0

_NO_ROOM = 3

_Order = tuple[str, Wanted, Run]


def write_apart(run: Run, name: str, wanted: Wanted, seconds: float = SECONDS) -> bytes:
    """As `formats.write`, with a large run in a process of its own.

    Raises:
        ExportError: the format has no room for it, it took longer than `seconds`, or it failed.
    """
    if name == "json" or len(run.graph.nodes) <= FEW_NODES:
        return write(run, name, wanted)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "explorer.export.apart"],
            input=encode((name, wanted, run)),
            capture_output=True,
            timeout=seconds,
            check=False,
            cwd=Path(__file__).parents[2],
        )
    except subprocess.TimeoutExpired as stopped:
        raise ExportError(Sentence(key="export.too_long", values={"seconds": f"{seconds:g}"})) from stopped
    if ended.returncode == _NO_ROOM:
        raise ExportError(msgspec.json.decode(ended.stdout, type=Sentence))
    if ended.returncode != 0:
        raise ExportError(Sentence(key="export.failed"))
    return ended.stdout


def main() -> int:
    """The child: one order in, one file out."""
    name, wanted, run = msgspec.json.decode(sys.stdin.buffer.read(), type=_Order)
    try:
        answer, status = write(run, name, wanted), 0
    except ExportError as problem:
        answer, status = encode(problem.sentence), _NO_ROOM
    sys.stdout.buffer.write(answer)
    return status


if __name__ == "__main__":
    sys.exit(main())
