"""The gate: reads typed code before it runs, and says in one sentence what this page does not run, and where.

It is a courtesy, not the wall: the facade gives no doors, and the kernel holds what the facade forgot. So it never rewrites
the code (line numbers stay true), and a plain slip such as ``x.summ()`` passes, to fail with torch's own words.
"""

from __future__ import annotations

import ast
import unicodedata
import warnings
from collections.abc import Collection, Iterator

from explorer.worker.refused import Refused
from explorer.worker.rules import judge

__all__ = ["FILENAME", "Refused", "check"]

FILENAME = "<snippet>"
MAX_BYTES = 20_000
MAX_NODES = 6_000
"""Dense Python of `MAX_BYTES` has some 4,000."""
MAX_DEPTH = 80
ROOM = 5
"""A file of a repository may be as many times as large: it was not typed."""

_JOINERS = "\u200c\u200d"
"""Invisible, but needed inside emoji and some scripts; Python takes them in text and comments only."""


def check(source: str, beside: Collection[str] | None = None) -> ast.Module:
    """Parse and judge typed code; the tree may be compiled and run in `explorer.worker.facade.namespace`.

    Args:
        source: the text.
        beside: for a file of a repository, the modules at the top of it, which it may import too.

    Raises:
        Refused: it is too long, cannot be read, or uses what is not available here; with a sentence and a line.
    """
    room = 1 if beside is None else ROOM
    _check_size(source, MAX_BYTES * room)
    _check_characters(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in typed code is no affair of the server's log
        tree = _parse(source)
        judge(_nodes(tree, MAX_NODES * room), beside)
        _compile(tree)
    return tree


def _check_size(source: str, limit: int) -> None:
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise Refused("gate.size", size=f"{size:,}", limit=f"{limit:,}")
    if not source.strip():
        raise Refused("gate.empty")


def _check_characters(source: str) -> None:
    """Refuse what a reader cannot see and so cannot judge: control, direction and other invisible characters."""
    for number, line in enumerate(source.split("\n"), 1):
        for character in line:
            if character.isascii() and (character.isprintable() or character in "\t\r"):
                continue
            if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in _JOINERS:
                raise Refused("gate.invisible", line=number, code=f"U+{ord(character):04X}")


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source, FILENAME)
    except SyntaxError as problem:
        raise _unreadable(problem, source) from None
    except (RecursionError, MemoryError, ValueError):
        raise Refused("gate.nested") from None


def _compile(tree: ast.Module) -> None:
    """Find what the parser lets pass: ``return`` outside a function, twenty blocks in one another."""
    try:
        compile(tree, FILENAME, "exec", dont_inherit=True)
    except SyntaxError as problem:
        raise Refused("gate.syntax", line=problem.lineno, detail=problem.msg) from None
    except (RecursionError, MemoryError, ValueError):
        raise Refused("gate.nested") from None


def _unreadable(problem: SyntaxError, source: str) -> Refused:
    """Python's own words for what it cannot read, with a hint where the cause is a usual one."""
    number = problem.lineno
    lines = source.split("\n")
    line = lines[number - 1].strip() if number and number <= len(lines) else ""
    return Refused(_hint(problem, line), line=number, detail=problem.msg.rstrip("?."), text=line[:80], **_wrong(line))


_OTHER_LANGUAGES = {"else if": "elif", "&&": "and", "||": "or", "++": "+= 1"}


def _wrong(line: str) -> dict[str, str]:
    """What other languages write in this line, and what Python does."""
    return next(({"wrong": wrong, "right": right} for wrong, right in _OTHER_LANGUAGES.items() if wrong in line), {})


_NOTEBOOK = {">>>": "gate.syntax.prompt", "!": "gate.syntax.shell", "%": "gate.syntax.shell"}


def _hint(problem: SyntaxError, line: str) -> str:
    for start, key in _NOTEBOOK.items():
        if line.startswith(start):
            return key
    if "too many nested" in problem.msg:
        return "gate.nested"
    if isinstance(problem, TabError):
        return "gate.syntax.tabs"
    if isinstance(problem, IndentationError):
        return "gate.syntax.indent"
    if problem.msg.startswith("invalid character"):
        return "gate.syntax.character"
    return "gate.syntax.other" if _wrong(line) else "gate.syntax"


def _nodes(tree: ast.Module, most: int) -> list[ast.AST]:
    """All nodes, a parent before its children; walked without recursion, and no further than the limits."""
    nodes: list[ast.AST] = []
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        nodes += level
        if len(nodes) > most:
            raise Refused("gate.nodes")
        if depth > MAX_DEPTH:
            raise Refused("gate.nested", line=_first_line(level))
        level = [child for node in level for child in _children(node)]
        depth += 1
    return nodes


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Without ``Load()`` and the operators, which are one object each and say nothing."""
    return (child for child in ast.iter_child_nodes(node) if child._fields)


def _first_line(nodes: list[ast.AST]) -> int | None:
    return next((node.lineno for node in nodes if isinstance(node, ast.expr | ast.stmt)), None)
