"""The model that a text makes: the text is run up to the first statement that calls the model."""

from __future__ import annotations

import ast
from typing import Any

from torch import nn

from explorer.capture.modules import is_module
from explorer.worker import facade, gate
from explorer.worker.files.contents import BadFileError
from explorer.worker.program import prepare
from explorer.worker.seeding import seed_everything

NAME = "model"


def build(code: str, seed: int, variables: dict[str, Any]) -> nn.Module:
    """Run typed code in this jailed child as far as its model is made; `variables` is filled with the names that it bound.

    Raises:
        BadFileError: it makes no ``nn.Module`` of that name.
        Exception: whatever the gate or the code itself raises.
    """
    tree = gate.check(code)
    tree.body = tree.body[: next((at for at, one in enumerate(tree.body) if _calls_model(one)), len(tree.body))]
    variables.update(facade.namespace())
    seed_everything(seed)
    program = prepare(tree, code, variables)
    exec(program.body, variables)  # noqa: S102  # this is the jailed child
    if program.tail is not None:
        eval(program.tail, variables)  # noqa: S307  # as in model.eval()
    model: Any = variables.get(NAME)
    if not is_module(model):
        raise BadFileError("inference.no_model")
    made: nn.Module = model
    return made


def _calls_model(statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == NAME
        for node in ast.walk(statement)
    )
