"""The command line: ``python -m explorer run | compare | models | batch | hub``, the same functions as the pages without a browser."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from explorer.commands import batch, compare, hub, models, run
from explorer.commands.status import OUR_FAULT, WRONG_USAGE, UsageError
from explorer.runner import EngineError
from explorer.words import say


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line, one subparser a command."""
    top = argparse.ArgumentParser(prog="python -m explorer", description=say("cli.about"))
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (run, compare, models, batch, hub):
        command.add_arguments(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status (`explorer.commands.status`)."""
    options = parser().parse_args(arguments)
    try:
        return int(options.act(options))
    except UsageError as problem:
        print(problem, file=sys.stderr)
        return WRONG_USAGE
    except EngineError as problem:
        print(problem, file=sys.stderr)
        return OUR_FAULT
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
