"""``python -m explorer batch``: many pieces of code, several at once, through the same wall.

A line in: ``{"id": ..., "code": ...}``, and any other field of `RunRequest`. A line out, in the same order: ``{"id": ...}``
and the same JSON as ``run`` writes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from explorer.commands.status import RAN, UsageError
from explorer.ir import IrError, Run, decode_request, encode
from explorer.runner import Engine, shared_engine
from explorer.words import say

AHEAD = 8
"""Lines read ahead for each slot, so that memory does not grow with the file."""


def add_arguments(commands: Any) -> None:
    """Declare ``batch``."""
    command = commands.add_parser("batch", help=say("cli.batch.help"))
    command.add_argument("input", metavar="IN.jsonl", help=say("cli.batch.input"))
    command.add_argument("output", metavar="OUT.jsonl", help=say("cli.batch.output"))
    command.set_defaults(act=act)


def act(options: argparse.Namespace) -> int:
    """Run every line of the input; a line that cannot be read gets an answer that says so."""
    engine = shared_engine()
    counts: Counter[str] = Counter()
    with ExitStack() as files:
        lines = _open(options.input, "rb", sys.stdin.buffer, files)
        out = _open(options.output, "wb", sys.stdout.buffer, files)
        for status, answer in answers(engine, (line for line in lines if line.strip())):
            out.write(answer + b"\n")
            out.flush()
            counts[status] += 1
    print(say("cli.batch.done", count=counts.total(), statuses=_summary(counts)), file=sys.stderr)
    return RAN


def answers(engine: Engine, lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Status and JSON of each line, in order, `Engine.slots` at a time."""
    pending: deque[Future[tuple[str, bytes]]] = deque()
    with ThreadPoolExecutor(engine.slots) as pool:
        for number, line in enumerate(lines, 1):
            pending.append(pool.submit(_answer, engine, number, line))
            if len(pending) >= AHEAD * engine.slots:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _answer(engine: Engine, number: int, line: bytes) -> tuple[str, bytes]:
    name = None
    try:
        name, fields = _fields(line)
        request = decode_request(json.dumps(fields).encode())
    except (ValueError, IrError) as problem:
        run = Run(status="refused", message=say("cli.batch.bad_line", number=number, why=str(problem)))
    else:
        run = engine.run(request)
    return run.status, b'{"id":' + json.dumps(name).encode() + b"," + encode(run)[1:]


def _fields(line: bytes) -> tuple[Any, dict[str, Any]]:
    """The id of one line, any JSON value, and the fields of its request."""
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ValueError(say("cli.batch.not_an_object"))
    return fields.pop("id", None), fields


def _open(path: str, mode: str, standard: IO[bytes], files: ExitStack) -> IO[bytes]:
    if path == "-":
        return standard
    try:
        return files.enter_context(Path(path).open(mode))
    except OSError as problem:
        key = "cli.file.unreadable" if mode == "rb" else "cli.file.unwritable"
        raise UsageError(say(key, file=path, why=problem.strerror)) from problem


def _summary(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
