"""``python -m explorer models``: the catalogue, a model a line."""

from __future__ import annotations

import argparse
from typing import Any

from explorer.commands.status import RAN
from explorer.models import catalogue
from explorer.words import say


def add_arguments(commands: Any) -> None:
    """Declare ``models``."""
    command = commands.add_parser("models", help=say("cli.models.help"))
    command.set_defaults(act=act)


def act(_options: argparse.Namespace) -> int:
    """Print name, default input shape (batch first) and title of every model."""
    rows = [(model.name, _shape((model.batch, *model.shape)), say(model.title)) for model in catalogue()]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, shape, title in rows:
        print(f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {title}")
    return RAN


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)
