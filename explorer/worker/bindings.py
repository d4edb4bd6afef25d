"""What typed code itself binds: the names it gives, the modules they stand for, and the places where a special name is meant."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from explorer.worker import names
from explorer.worker.facade import MODULES


class Bindings:
    """Read once from all nodes of the code, parents before children. Scopes are not told apart: it serves clear words, not safety."""

    bound: frozenset[str]
    """Names that the code binds somewhere."""
    modules: dict[str, str]
    """Names that stand for a module and nothing else, as in ``{"nn": "torch.nn"}``."""
    imported: frozenset[str]
    """Names that stand for a module, something imported from one, or an attribute of one (``T = torch.Tensor``)."""
    private: frozenset[str]
    """Names with a leading underscore that the code gives to attributes, methods or parameters of its own."""
    caught: frozenset[str]
    """Names that ``except ... as name`` binds."""
    excused: frozenset[int]
    """``id`` of nodes where a special name is meant, as ``__init__`` in ``super().__init__()``."""
    tried: frozenset[int]
    """``id`` of imports within ``try``: there a repository says itself what to do without them."""

    def __init__(self, nodes: Sequence[ast.AST], beside: Collection[str] | None = None) -> None:
        """`beside` are the modules at the top of the repository that the code is a file of."""
        self._beside = beside
        bindings = list(_bindings(nodes))
        counts = Counter(name for name, _ in bindings)
        self.bound = frozenset(counts)
        modules = dict(names.PRESETS)
        for name, path in bindings:
            modules[name] = path if modules.get(name, path) == path else ""
        self.modules = {name: path for name, path in modules.items() if path in MODULES}
        self.imported = self._imported(nodes, counts)
        self.private = frozenset(_private(nodes))
        self.caught = frozenset(node.name for node in nodes if isinstance(node, ast.ExceptHandler) and node.name)
        self.excused = frozenset(_excused(nodes))
        self.tried = frozenset() if beside is None else frozenset(_tried(nodes))

    def path(self, node: ast.expr) -> str | None:
        """The module that an expression such as ``torch.nn`` stands for, else None."""
        if isinstance(node, ast.Name):
            return self.modules.get(node.id)
        if isinstance(node, ast.Attribute):
            outer = self.path(node.value)
            return inner if outer and (inner := f"{outer}.{node.attr}") in MODULES else None
        return None

    def is_beside(self, node: ast.Import | ast.ImportFrom, path: str) -> bool:
        """Whether an import is the repository's own affair: of its modules, or one that may fail."""
        if self._beside is None or path in MODULES:
            return False
        relative = isinstance(node, ast.ImportFrom) and node.level > 0
        return relative or path.partition(".")[0] in self._beside or id(node) in self.tried

    def _imported(self, nodes: Sequence[ast.AST], counts: Counter[str]) -> frozenset[str]:
        imported = set(self.modules)
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                imported.update(alias.asname or alias.name for alias in node.names)
        for node in nodes:
            if isinstance(node, ast.Assign) and _root(node.value) in imported:
                targets = (target.id for target in node.targets if isinstance(target, ast.Name))
                imported.update(name for name in targets if counts[name] == 1)
        return frozenset(imported)


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _bindings(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
    """Each name that is bound, with the dotted path where an import binds it (else empty)."""
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name, ""
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name, ""
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, ""
            case ast.MatchMapping(rest=str(name)):
                yield name, ""
            case ast.Import(names=aliases):
                for alias in aliases:
                    top = alias.name.partition(".")[0]
                    yield (alias.asname, alias.name) if alias.asname else (top, top)
            case ast.ImportFrom(module=module, names=aliases):
                for alias in aliases:
                    yield alias.asname or alias.name, f"{module}.{alias.name}"


def _private(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.ClassDef(body=body):
                yield from (name for name, _ in _bindings([target for line in body for target in _targets(line)]))


def _targets(line: ast.stmt) -> list[ast.expr]:
    if isinstance(line, ast.Assign):
        return line.targets
    return [line.target] if isinstance(line, ast.AnnAssign) else []


def _excused(nodes: Sequence[ast.AST]) -> Iterator[int]:
    for node in nodes:
        match node:
            case ast.Attribute(attr=text, value=ast.Attribute(attr="__class__") as kind) if text in names.READABLE:
                yield id(kind)
            case ast.Call(func=ast.Attribute(attr="__init__") as method):
                yield id(method)
            case ast.Call(func=ast.Attribute(attr=name, value=ast.Call(func=ast.Name(id="super"))) as method):
                if name in names.METHODS:
                    yield id(method)
            case ast.ClassDef(body=body):
                yield from _special(body)
            case ast.Module(body=body):
                yield from _named(body, names.SCRIPT)


def _tried(nodes: Sequence[ast.AST]) -> Iterator[int]:
    for node in nodes:
        if isinstance(node, ast.Try):
            yield from (id(inner) for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom))


def _special(body: Sequence[ast.stmt]) -> Iterator[int]:
    """Special methods of a class, written out, as another name of one (``__radd__ = __add__``) or taken away (None)."""
    for line in body:
        match line:
            case ast.FunctionDef(name=name) if name in names.METHODS:
                yield id(line)
            case ast.Assign(value=ast.Name(id=name)) if name in names.METHODS:
                yield from _named([line], names.METHODS)
                yield id(line.value)
            case ast.Assign(value=ast.Constant(value=None)):
                yield from _named([line], names.METHODS)


def _named(body: Sequence[ast.stmt], known: frozenset[str]) -> Iterator[int]:
    for line in body:
        if isinstance(line, ast.Assign):
            yield from (id(name) for name in line.targets if isinstance(name, ast.Name) and name.id in known)
