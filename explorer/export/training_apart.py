"""A training run as a file, written by a process of its own, for a process that has others to serve meanwhile.

The child reads frames from its standard input: the run without points as JSON, then the points by columns, some thousand a frame. What it writes goes
straight to the file that it was given as standard output. So neither process ever holds a million points twice.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import IO

import msgspec
from msgspec.structs import replace

from explorer.export.problem import ExportError
from explorer.export.training import FORMATS
from explorer.ir import Points, Sentence, TrainingRun, encode, read_frame, write_frame

SECONDS = 120.0
"""For one file: a million steps of a small network take some ten."""

_MOST_FRAME = 2**31

_Piece = tuple[dict[str, bytes], dict[str, int]]


def write_apart(run: TrainingRun, name: str, file: IO[bytes], seconds: float = SECONDS) -> None:
    """Write the format `name` of `explorer.export.training.FORMATS` into an open file of the system.

    Raises:
        ExportError: it took longer than `seconds`, or it failed.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "explorer.export.training_apart", name],
        stdin=subprocess.PIPE,
        stdout=file,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    stopped = Timer(seconds, child.kill)
    stopped.start()
    try:
        _feed(child, run)
        code = child.wait()
    finally:
        late = not stopped.is_alive()
        stopped.cancel()
        child.kill()
    if code != 0:
        values = {"seconds": f"{seconds:g}"}
        raise ExportError(Sentence(key=f"runs.file.{'too_long' if late else 'failed'}", values=values))


def _feed(child: subprocess.Popen[bytes], run: TrainingRun) -> None:
    """Tell the child the run. One that ends early says by its code why."""
    assert child.stdin is not None
    with suppress(BrokenPipeError), child.stdin as pipe:
        write_frame(pipe.fileno(), encode(replace(run, points=())))
        for piece in Points.of(run.points).pieces():
            write_frame(pipe.fileno(), msgspec.msgpack.encode((piece.columns(), piece.widths)))


def _pieces(descriptor: int) -> Iterator[Points]:
    while (frame := read_frame(descriptor, _MOST_FRAME)) is not None:
        yield Points.from_columns(*msgspec.msgpack.decode(frame, type=_Piece))


def main(name: str) -> None:
    """The child: a run in, a file out."""
    run = msgspec.json.decode(read_frame(0, _MOST_FRAME) or b"", type=TrainingRun)
    for piece in FORMATS[name].write(run, _pieces(0)):
        sys.stdout.buffer.write(piece)


if __name__ == "__main__":
    main(sys.argv[1])
