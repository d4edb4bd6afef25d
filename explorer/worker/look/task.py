"""One `LookRequest`: run the code's top-level statements one by one, and let observers look after each."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from explorer.capture.source import SNIPPET, Source
from explorer.ir import Look, LookRequest
from explorer.names import NamesError
from explorer.words import tell
from explorer.worker import facade, gate
from explorer.worker.look.memory import Memories
from explorer.worker.look.naming import Naming
from explorer.worker.output import captured
from explorer.worker.seeding import seed_everything
from explorer.worker.verdicts import Verdict, judge


def look(request: LookRequest) -> Look:
    """Run typed code and tell what was seen. It never raises: failures are in the answer, beside all that came before."""
    memories, naming = Memories(), Naming(Source(request.code), request.given)
    verdict: Verdict | None = None
    with captured() as printed:
        seed_everything(request.seed)
        variables = facade.namespace()
        at: int | None = None
        try:
            presets = dict(variables)
            for statement in gate.check(request.code).body:
                at = statement.lineno
                body = compile(ast.Module([statement], type_ignores=[]), SNIPPET, "exec", dont_inherit=True)
                with naming:
                    exec(body, variables)  # noqa: S102  # this is the jailed child
                own = _own(variables, presets)
                text = (ast.get_source_segment(request.code, statement) or "").split("\n")[0]
                memories.look(at, text, own)
                naming.look(own)
        except NamesError as problem:
            verdict = Verdict("refused", problem.sentence, at)
        except BaseException as problem:  # whatever typed code lets through
            verdict = judge(problem, variables, at)
    return Look(
        status=verdict.status if verdict else "ok",
        sentence=verdict.sentence if verdict else None,
        message=tell(verdict.sentence) if verdict else None,
        line=verdict.line if verdict else None,
        stdout=printed.text(),
        moments=tuple(memories.moments),
        steps=naming.told(),
        roots=naming.roots(),
    )


def _own(variables: Mapping[str, Any], presets: Mapping[str, Any]) -> dict[str, Any]:
    """The names that the code itself bound."""
    missing = object()
    return {
        name: value
        for name, value in variables.items()
        if not name.startswith("__") and presets.get(name, missing) is not value
    }
