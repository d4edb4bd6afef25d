"""``python -m explorer run``: one piece of code or one model, written in any of the formats of `explorer.export.formats`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, get_args

from explorer.commands.status import UsageError, exit_status, reason
from explorer.export import formats
from explorer.export.problem import ExportError
from explorer.ir import Input, Nested, RunRequest, Verify
from explorer.models import find
from explorer.runner import shared_engine
from explorer.words import say

MAX_CODE_BYTES = 2 * 2**20
"""A file longer than this is not read whole; the gate refuses far shorter ones."""


def add_arguments(commands: Any) -> None:
    """Declare ``run``."""
    command = commands.add_parser("run", help=say("cli.run.help"))
    command.add_argument("file", nargs="?", metavar="FILE", help=say("cli.run.file"))
    command.add_argument("--model", metavar="NAME", help=say("cli.run.model"))
    command.add_argument("--batch", type=int, metavar="N", help=say("cli.run.batch"))
    command.add_argument("--shape", metavar="3x224x224", help=say("cli.run.shape"))
    command.add_argument("--device", default="cpu", help=say("cli.run.device"))
    command.add_argument("--seed", type=int, default=0, help=say("cli.run.seed"))
    command.add_argument("--set", action="append", default=[], metavar="x=2.0", help=say("cli.run.set"))
    command.add_argument("--no-grad", action="append", default=[], metavar="x", help=say("cli.run.no_grad"))
    command.add_argument("--result", metavar="NAME", help=say("cli.run.result"))
    command.add_argument("--gradient", metavar="JSON", help=say("cli.run.gradient"))
    command.add_argument("--backward", type=int, default=-1, metavar="K", help=say("cli.run.backward"))
    command.add_argument("--verify", choices=get_args(Verify), default="auto", help=say("cli.run.verify"))
    command.add_argument("--repeats", type=int, default=0, metavar="N", help=say("cli.run.repeats"))
    command.add_argument("--check", type=int, metavar="OP_INDEX", help=say("cli.run.check"))
    command.add_argument("--format", choices=sorted(formats.FORMATS), default="json", help=say("cli.run.format"))
    command.add_argument("--everything", action="store_true", help=say("cli.run.everything"))
    command.add_argument("-o", "--output", metavar="OUT", help=say("cli.run.output"))
    command.set_defaults(act=act)


def act(options: argparse.Namespace) -> int:
    """Run, write what was captured, say the reason on stderr."""
    run = shared_engine().run(request_of(options))
    try:
        content = formats.write(run, options.format, formats.Wanted(everything=options.everything))
    except ExportError as problem:
        raise UsageError(str(problem)) from problem
    write(content, options.output)
    if (sentence := reason(run)) is not None:
        print(sentence, file=sys.stderr)
    return exit_status(run)


def request_of(options: argparse.Namespace) -> RunRequest:
    """Read the request out of the command line; raises `UsageError`."""
    if (options.file is None) == (options.model is None):
        raise UsageError(say("cli.run.one_source"))
    if options.model is None and (options.batch is not None or options.shape is not None):
        raise UsageError(say("cli.run.model_only"))
    if options.repeats < 0:
        raise UsageError(say("cli.run.bad_repeats", repeats=options.repeats))
    code = _model_code(options) if options.model is not None else read_code(options.file)
    return RunRequest(
        code=code,
        inputs=tuple(_input(given, options.no_grad) for given in options.set),
        result=options.result,
        gradient=None if options.gradient is None else _nested(options.gradient, "--gradient"),
        backward=options.backward,
        seed=options.seed,
        device=options.device,
        verify=options.verify,
        repeats=options.repeats,
        check=options.check,
    )


def read_code(file: str) -> str:
    """The text of a file, or of standard input for ``-``; raises `UsageError`."""
    try:
        if file == "-":
            raw = sys.stdin.buffer.read(MAX_CODE_BYTES)
        else:
            with Path(file).open("rb") as stream:
                raw = stream.read(MAX_CODE_BYTES)
    except OSError as problem:
        raise UsageError(say("cli.file.unreadable", file=file, why=problem.strerror)) from problem
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise UsageError(say("cli.file.not_text", file=file, byte=problem.start)) from problem


def write(content: bytes, output: str | None) -> None:
    """Write to a file, or to standard output for None and ``-``; raises `UsageError`."""
    if output in (None, "-"):
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        Path(str(output)).write_bytes(content)
    except OSError as problem:
        raise UsageError(say("cli.file.unwritable", file=output, why=problem.strerror)) from problem


def _model_code(options: argparse.Namespace) -> str:
    try:
        shape = None if options.shape is None else tuple(int(size) for size in options.shape.lower().split("x"))
    except ValueError as problem:
        raise UsageError(say("cli.run.bad_shape", shape=options.shape)) from problem
    try:
        return find(options.model).code(batch=options.batch, shape=shape)
    except (LookupError, ValueError) as problem:
        raise UsageError(str(problem.args[0])) from problem


def _input(given: str, without_grad: list[str]) -> Input:
    name, equals, value = given.partition("=")
    name = name.strip()
    if not equals or not name.isidentifier():
        raise UsageError(say("cli.run.bad_set", given=given))
    return Input(name=name, value=_nested(value, f"--set {name}"), requires_grad=name not in without_grad)


def _nested(value: str, where: str) -> Nested:
    """A number or nested lists of numbers, as JSON writes them (also nan and inf)."""
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return json.loads(value)
    except ValueError as problem:
        raise UsageError(say("cli.run.bad_number", where=where, value=value)) from problem
