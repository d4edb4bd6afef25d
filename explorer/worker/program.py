"""Typed code, parsed and compiled: what is bound where, what is free, and the last expression apart."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

import torch

from explorer.capture.source import SNIPPET

_LONGEST_NAME = 120


@dataclass(frozen=True)
class Program:
    """Code that is ready to run. Lines and columns are those of the text that was typed."""

    body: CodeType
    tail: CodeType | None
    """The last statement where it is an expression, so that its value is known."""
    tail_text: str
    free: tuple[str, ...]
    """Names that a bare expression leaves free, in order of first appearance."""
    bound: Mapping[str, tuple[int, ...]]
    """The lines that bind each variable of the outermost level."""

    @property
    def lines(self) -> dict[str, int]:
        """Where each variable was bound, for those that are bound in one place only."""
        return {name: lines[0] for name, lines in self.bound.items() if len(lines) == 1}


def prepare(tree: ast.Module, source: str, known: Mapping[str, Any]) -> Program:
    """Compile a checked tree. `known` are the names that are there already."""
    free = tuple(_free_names(tree, known)) if _is_bare(tree) else ()
    statements = list(tree.body)
    tail = statements.pop() if statements and isinstance(statements[-1], ast.Expr) else None
    text = ast.get_source_segment(source, tail.value) or "" if isinstance(tail, ast.Expr) else ""
    return Program(
        body=compile(ast.Module(body=statements, type_ignores=[]), SNIPPET, "exec", dont_inherit=True),
        tail=compile(ast.Expression(tail.value), SNIPPET, "eval", dont_inherit=True)
        if isinstance(tail, ast.Expr)
        else None,
        tail_text=" ".join(text.split())[:_LONGEST_NAME],
        free=free,
        bound=_bindings(tree),
    )


def _is_bare(tree: ast.Module) -> bool:
    """Whether the code is one expression, or one assignment of an expression to a plain name."""
    if len(tree.body) != 1:
        return False
    only = tree.body[0]
    if isinstance(only, ast.Assign):
        return len(only.targets) == 1 and isinstance(only.targets[0], ast.Name)
    return isinstance(only, ast.Expr)


def _free_names(tree: ast.Module, known: Mapping[str, Any]) -> Iterator[str]:
    """Loaded names that nothing binds, in order of appearance; a called name or a misspelt module is no number."""
    loads = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    misused = {
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and not hasattr(torch.Tensor, node.attr)
    }
    taken = bound | called | misused | set(known) | set(dir(builtins))
    ordered = sorted(loads, key=lambda node: (node.lineno, node.col_offset))
    yield from dict.fromkeys(node.id for node in ordered if node.id not in taken)


def _bindings(tree: ast.Module) -> dict[str, tuple[int, ...]]:
    """The lines that bind names at the outermost level, loops and branches included, functions and classes not."""
    found: dict[str, list[int]] = {}
    stack: list[ast.AST] = list(reversed(tree.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.setdefault(node.name, []).append(node.lineno)
            continue
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, []).append(node.lineno)
        stack.extend(reversed(list(ast.iter_child_nodes(node))))
    return {name: tuple(dict.fromkeys(lines)) for name, lines in found.items()}
