"""The modules of one repository, run from memory: each file passes the gate, and sees what typed code sees and the files beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from explorer.ir import Repository, Sentence
from explorer.models.sources import ENTRY, BadArchiveError, python_files
from explorer.words import tell
from explorer.worker import facade, gate
from explorer.worker.errors import first_sentence
from explorer.worker.hub.calls import HubError
from explorer.worker.names import SCRIPT
from explorer.worker.refused import Refused

_ROOTS = frozenset(path.partition(".")[0] for path in facade.MODULES)

Variables = dict[str, Any]


class LocalHub:
    """What `explorer.worker.hub.calls` is given for a request. Nothing is read or run before typed code asks."""

    def __init__(self, repository: Repository) -> None:
        self.name = repository.name
        self._archive = repository.archive

    @cached_property
    def _modules(self) -> _Modules:
        try:
            return _Modules(python_files(self._archive))
        except BadArchiveError as problem:
            raise Refused(problem.sentence.key, None, **problem.sentence.values) from None

    def entrypoints(self) -> Mapping[str, Any]:
        """Callables of hubconf.py whose names do not begin with an underscore, as torch lists them; runs it at the first call."""
        variables = self._modules.run(ENTRY)
        missing = [name for name in _texts(variables.get("dependencies")) if not self._modules.has(name)]
        if missing:
            raise HubError("hub.dependency", names=", ".join(missing)[:200])
        return {name: variables[name] for name in sorted(variables) if name[0] != "_" and callable(variables[name])}


def _texts(value: Any) -> list[str]:
    return [one for one in value if type(one) is str] if type(value) in (list, tuple) else []


class _View(facade.Look):
    """A module of the repository as the other files see it: its own names, of which none can be set from outside."""

    settable: frozenset[str] = frozenset()

    def __init__(self, path: str, modules: _Modules, variables: Variables) -> None:
        self.path, self._modules, self._variables = path, modules, variables

    def get(self, name: str) -> object:
        if name == "__all__":
            return _texts(self._variables.get(name)) or [one for one in self._variables if not one.startswith("_")]
        if name in self._variables and (name in SCRIPT or not name.startswith("__")):
            return self._variables[name]
        if self._modules.is_module(inner := f"{self.path}.{name}"):
            return self._modules.view(inner)
        raise AttributeError(f"module '{self.path}' has no attribute '{name}'")

    @property
    def shown(self) -> frozenset[str]:  # type: ignore[override]
        return frozenset(name for name in self._variables if not name.startswith("_"))

    def hides(self, name: str) -> bool:
        return False


class _Modules:
    """All files of a repository; each is run once, when it is first imported."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = {_module_name(path): (path, text) for path, text in files.items()}
        self._packages = {_module_name(path) for path in files if path.endswith("__init__.py")}
        for path in files:
            outer = _module_name(path)
            while outer := outer.rpartition(".")[0]:
                self._packages.add(outer)  # a folder without __init__.py is a package too
        self._tops = {name.partition(".")[0] for name in self._files} - _ROOTS
        self._ran: dict[str, Variables] = {}

    def has(self, name: str) -> bool:
        """Whether a module of that name can be imported here."""
        return name.partition(".")[0] in self._tops | _ROOTS

    def is_module(self, name: str) -> bool:
        return name in self._files or name in self._packages

    def view(self, name: str) -> facade.Facade:
        """A module for ``import``; runs it at the first time."""
        return facade.Facade(_View(name, self, self.run(name)))

    def run(self, name: str) -> Variables:
        """The variables of a module; as with Python's own import, those so far where it is being run."""
        if name not in self._ran:
            outer = name.rpartition(".")[0]
            if outer:
                self.run(outer)
        if name not in self._ran:
            self._execute(name)
        return self._ran[name]

    def _execute(self, name: str) -> None:
        # Its own name is no key of sys.modules: dataclasses look there for the module of a class.
        variables: Variables = {"__builtins__": facade.fresh_builtins(), "__name__": f"hub.{name}"}
        plain = variables["__builtins__"]["__import__"]
        package = name if name in self._packages else name.rpartition(".")[0]

        def imported(
            path: str, within: Any = None, local: Any = None, names: Sequence[str] | None = None, level: int = 0
        ) -> Any:
            if isinstance(names, list) or (not level and path.partition(".")[0] not in self._tops):
                return plain(path, within, local, names, level)
            return self._import(_absolute(path, package, level), names or ())

        variables["__builtins__"]["__import__"] = imported
        self._ran[name] = variables
        path, text = self._files.get(name, ("", ""))
        if not text.strip():
            return
        try:
            tree = gate.check(text, self._tops)
            exec(compile(tree, f"<hub>/{path}", "exec", dont_inherit=True), variables)  # noqa: S102  # this is the jailed child
        except BaseException as problem:
            del self._ran[name]  # as Python forgets a module that could not be imported
            if isinstance(problem, Refused):
                raise _in_file(path, problem.line, tell(problem.sentence)) from None
            if not isinstance(problem, Exception) or isinstance(problem, MemoryError | HubError | ImportError):
                raise
            raise _in_file(path, _line_in(problem, path), first_sentence(problem)) from None

    def _import(self, wanted: str, names: Sequence[str]) -> facade.Facade:
        """``import`` of a module of the repository; `names` are those after ``from ... import``."""
        if not self.is_module(wanted):
            raise ImportError(tell(Sentence(key="gate.import", values={"name": wanted})))
        self.run(wanted)
        for inner in (f"{wanted}.{name}" for name in names):
            if self.is_module(inner):
                self.run(inner)
        return self.view(wanted if names else wanted.partition(".")[0])


def _module_name(path: str) -> str:
    """``models/net.py`` is ``models.net``, ``models/__init__.py`` is ``models``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _absolute(path: str, package: str, level: int) -> str:
    if not level:
        return path
    around = package.split(".") if package else []
    if level > len(around):
        raise ImportError("attempted relative import beyond top-level package")
    return ".".join([*around[: len(around) - level + 1], *([path] if path else [])])


def _in_file(path: str, line: int | None, said: str) -> HubError:
    return HubError("hub.file", file=path[:120], line=str(line or "–"), said=said)


def _line_in(problem: BaseException, path: str) -> int | None:
    """The innermost line of that file which an exception passed through."""
    found, trace = None, problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == f"<hub>/{path}":
            found = trace.tb_lineno
        trace = trace.tb_next
    return found
