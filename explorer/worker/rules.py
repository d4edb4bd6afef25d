"""What typed code may say: one rule for each kind of syntax node, over names as the parser normalised them (NFKC)."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Collection, Sequence
from string import Formatter
from typing import Any

import numpy as np
import torch

from explorer.worker import names
from explorer.worker.bindings import Bindings
from explorer.worker.facade import MODULES, look_of
from explorer.worker.refused import Refused

_PLAIN = tuple(
    getattr(ast, name)
    for name in names.words("""
    Module Expr Assign AugAssign AnnAssign Delete Return Yield YieldFrom For While If With withitem Raise Try Assert
    BoolOp NamedExpr BinOp UnaryOp Lambda IfExp Dict Set ListComp SetComp DictComp GeneratorExp Compare FormattedValue
    JoinedStr Constant Subscript Starred List Tuple Slice arguments Match match_case MatchValue MatchSingleton MatchSequence
    MatchOr
    """)
)
"""Syntax that is free; kinds that stand neither here nor in `_RULES` are refused."""


_OWNERS = (torch.Tensor, torch.UntypedStorage, torch.TypedStorage, torch.Generator, torch.autograd.Function, np.ndarray)

_REAL_PRIVATE = (
    {name for owner in (*_OWNERS, torch.nn.Module()) for name in dir(owner) if name.startswith("_")}
    - names.PRIVATE
    - {"_grad", "_size"}
)
"""Inner names of tensors, modules and storages (some write to files): code cannot claim one as its own to reach it."""


def judge(nodes: Sequence[ast.AST], beside: Collection[str] | None = None) -> None:
    """Apply every rule; `nodes` has parents before children, `beside` is `Bindings`'. Raises `Refused` for the first that does not hold."""
    code = Bindings(nodes, beside)
    for node in nodes:
        rule = _RULES.get(type(node))
        if rule is not None:
            rule(node, code)
        elif not isinstance(node, _PLAIN):
            raise Refused("gate.kind", line=_line(node), kind=type(node).__name__)


def _line(node: ast.AST) -> int | None:
    return getattr(node, "lineno", None)


def _bind(name: str | None, node: ast.AST) -> None:
    """A name that code gives to something."""
    if name is not None and name.startswith("__"):
        raise Refused("gate.name", line=_line(node), name=name)


def _name(node: ast.Name, code: Bindings) -> None:
    loaded = isinstance(node.ctx, ast.Load)
    if node.id.startswith("__"):
        if id(node) not in code.excused and not (loaded and node.id == "__name__"):
            raise Refused("gate.name", line=node.lineno, name=node.id)
    elif loaded and node.id not in code.bound:
        _builtin(node)


def _builtin(node: ast.Name) -> None:
    if node.id in names.BUILTINS or not hasattr(builtins, node.id) or node.id in ("True", "False", "None"):
        return  # allowed, or unknown: then Python says so
    raise Refused(names.INSTEAD.get(node.id, "gate.builtin"), line=node.lineno, name=node.id)


def _attribute(node: ast.Attribute, code: Bindings) -> None:
    stored = not isinstance(node.ctx, ast.Load)
    path = code.path(node.value)
    if path is not None and look_of(MODULES[path]).hides(node.attr):
        name = f"{path}.{node.attr}"
        raise Refused(names.hidden(name), line=node.lineno, name=name)
    if node.attr.startswith("_"):
        if id(node) not in code.excused:
            _private(node.attr, node, code, stored=stored, of_module=path is not None)
    else:
        _public(node.attr, node)
        if node.attr in names.OF_CAUGHT and isinstance(node.value, ast.Name) and node.value.id in code.caught:
            raise Refused("gate.door.frame", line=node.lineno, name=node.attr)
    if stored:
        _stored(node, path, code)
    if node.attr == "format" and not _plain_template(node.value):
        raise Refused("gate.format", line=node.lineno)


def _public(name: str, node: ast.AST) -> None:
    if name in names.DOORS:
        raise Refused(names.DOORS[name], line=_line(node), name=name)


def _private(name: str, node: ast.AST, code: Bindings, *, stored: bool = False, of_module: bool = False) -> None:
    """A name that begins with an underscore, as attribute or keyword: the code's own, or one that notes read."""
    if not stored and (name in names.READABLE or name in names.PRIVATE or name.startswith(names.SAVED)):
        return
    own = name in code.private and name not in _REAL_PRIVATE and not name.endswith("__")
    if of_module or not own:
        raise Refused("gate.private", line=_line(node), name=name)


def _stored(node: ast.Attribute, path: str | None, code: Bindings) -> None:
    """Attributes of imported things stay as they are, but for a few switches; `path` is the module they belong to."""
    if path is not None and node.attr in look_of(MODULES[path]).settable:
        return
    root: ast.expr = node
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    of_type = isinstance(root, ast.Call) and isinstance(root.func, ast.Name) and root.func.id == "type"
    if of_type or (isinstance(root, ast.Name) and root.id in code.imported):
        raise Refused("gate.change", line=node.lineno, name=ast.unparse(node))


def _plain_template(value: ast.expr) -> bool:
    """Whether ``value.format`` fills in arguments and nothing that hangs on them, as in ``"{:.3f}".format(loss)``."""
    text = _text(value)
    return text is not None and _plain_fields(text)


def _text(value: ast.expr) -> str | None:
    """The text that an expression of texts and ``+`` writes out, else None."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        left, right = _text(value.left), _text(value.right)
        return None if left is None or right is None else left + right
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _plain_fields(template: str) -> bool:
    try:
        fields = [(field, spec) for _, field, spec, _ in Formatter().parse(template) if field is not None]
    except ValueError:
        return True  # no template: Python says what is wrong with it
    return all(not set(field) & set(".[") and (not spec or _plain_fields(spec)) for field, spec in fields)


def _import(node: ast.Import, code: Bindings) -> None:
    for alias in node.names:
        if not code.is_beside(node, alias.name):
            _module(alias.name, node)
        _bind(alias.asname, node)


def _import_from(node: ast.ImportFrom, code: Bindings) -> None:
    if code.is_beside(node, node.module or ""):
        for alias in node.names:
            if alias.name not in names.SCRIPT:
                _bind(alias.name, node)
            _bind(alias.asname, node)
        return
    if node.level or node.module is None:
        raise Refused("gate.import", line=node.lineno, name="." * node.level + (node.module or ""))
    _module(node.module, node)
    look = look_of(MODULES[node.module])
    for alias in node.names:
        _bind(alias.asname, node)
        path = f"{node.module}.{alias.name}"
        if alias.name == "*":
            raise Refused("gate.import.star", line=node.lineno, name=node.module)
        if look.hides(alias.name) or alias.name.startswith("_"):
            raise Refused(names.hidden(path), line=node.lineno, name=path)
        if alias.name not in look.shown:
            raise Refused("gate.import.name", line=node.lineno, name=alias.name, module=node.module)


def _module(path: str, node: ast.stmt) -> None:
    if path in MODULES:
        return
    root = path.partition(".")[0]
    if root in MODULES:
        raise Refused("gate.hidden", line=node.lineno, name=path)
    key = "gate.import.library" if root in names.LIBRARIES else "gate.import"
    key = "gate.hidden.files" if root in names.ON_THE_FILES_SECTION else key
    raise Refused(key, line=node.lineno, name=path)


def _call(node: ast.Call, code: Bindings) -> None:
    if isinstance(node.func, ast.Name) and node.func.id == "type" and "type" not in code.bound:
        plain = len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)
        if not plain:
            raise Refused("gate.type", line=node.lineno)


def _class(node: ast.ClassDef, code: Bindings) -> None:
    _bind(node.name, node)
    if node.keywords:
        raise Refused("gate.metaclass", line=node.lineno)
    if any(isinstance(base, ast.Name) and base.id == "type" and "type" not in code.bound for base in node.bases):
        raise Refused("gate.metaclass", line=node.lineno)


def _function(node: ast.FunctionDef, code: Bindings) -> None:
    if node.name.startswith("__") and id(node) not in code.excused:
        raise Refused("gate.method", line=node.lineno, name=node.name)


def _keyword(node: ast.keyword, code: Bindings) -> None:
    if node.arg is not None and node.arg.startswith("_"):
        _private(node.arg, node, code)
    off = isinstance(node.value, ast.Constant) and not node.value.value
    if node.arg in names.LOADER and not off:
        raise Refused("gate.loader", line=_line(node))


def _comprehension(node: ast.comprehension, _code: Bindings) -> None:
    if node.is_async:
        raise Refused("gate.async", line=_line(node.iter))


def _match_class(node: ast.MatchClass, code: Bindings) -> None:
    """``case Point(x=0)`` reads an attribute by its name."""
    for name in node.kwd_attrs:
        if name.startswith("_"):
            _private(name, node, code)
        else:
            _public(name, node)


def _async(node: ast.AST, _code: Bindings) -> None:
    raise Refused("gate.async", line=_line(node))


def _each_bound(node: ast.Global | ast.Nonlocal, _code: Bindings) -> None:
    for name in node.names:
        _bind(name, node)


_RULES: dict[type[ast.AST], Callable[[Any, Bindings], None]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Call: _call,
    ast.ClassDef: _class,
    ast.FunctionDef: _function,
    ast.keyword: _keyword,
    ast.comprehension: _comprehension,
    ast.MatchClass: _match_class,
    ast.Global: _each_bound,
    ast.Nonlocal: _each_bound,
    ast.arg: lambda node, _code: _bind(node.arg, node),
    ast.alias: lambda _node, _code: None,
    ast.ExceptHandler: lambda node, _code: _bind(node.name, node),
    ast.MatchAs: lambda node, _code: _bind(node.name, node),
    ast.MatchStar: lambda node, _code: _bind(node.name, node),
    ast.MatchMapping: lambda node, _code: _bind(node.rest, node),
    **dict.fromkeys((ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await), _async),
}
