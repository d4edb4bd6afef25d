"""``python -m explorer compare``: two runs written by ``run``, node by node."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from explorer.commands.run import write
from explorer.commands.status import DIFFER, SAME, UsageError
from explorer.export import comparison as text
from explorer.graph.comparing import TOLERANCE, compare
from explorer.ir import IrError, Run, decode_run, encode
from explorer.words import say


def add_arguments(commands: Any) -> None:
    """Declare ``compare``."""
    command = commands.add_parser("compare", help=say("cli.compare.help"))
    command.add_argument("before", metavar="A.json", help=say("cli.compare.before"))
    command.add_argument("after", metavar="B.json", help=say("cli.compare.after"))
    command.add_argument("--tolerance", type=float, default=TOLERANCE, help=say("cli.compare.tolerance"))
    command.add_argument("--slower", type=float, metavar="TIMES", help=say("cli.compare.slower"))
    command.add_argument("--format", choices=("text", "json"), default="text", help=say("cli.compare.format"))
    command.add_argument("-o", "--output", metavar="OUT", help=say("cli.run.output"))
    command.set_defaults(act=act)


def act(options: argparse.Namespace) -> int:
    """Write what differs; the status says whether anything does."""
    before, after = read(options.before), read(options.after)
    found = compare(before, after, tolerance=options.tolerance, slower=options.slower)
    content = encode(found) + b"\n" if options.format == "json" else text.write(before, after, found).encode()
    write(content, options.output)
    return SAME if found.equal else DIFFER


def read(file: str) -> Run:
    """The run in a file, or on standard input for ``-``; raises `UsageError`."""
    try:
        return decode_run(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
    except OSError as problem:
        raise UsageError(say("cli.file.unreadable", file=file, why=problem.strerror)) from problem
    except IrError as problem:
        raise UsageError(say("cli.compare.not_a_run", file=file, why=problem)) from problem
