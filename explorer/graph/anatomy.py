"""The tree of modules of a run: what each one is, gives, holds and computes. From records alone: the run's calls and tensors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import prod

from explorer.graph.macs import macs
from explorer.ir import Op, Record, Run


class Part(Record, frozen=True, kw_only=True):
    """One module, with all that lies inside it."""

    path: str
    """As in ``model.layer1.0.conv1``."""
    depth: int = 0
    class_name: str = ""
    """Empty where no call of it was seen in the graph."""
    output: tuple[int, ...] | None = None
    """Shape of what its last call gave; None where it was not called."""
    calls: int = 0
    parameters: int = 0
    """Elements; a weight that is shared counts once."""
    trained: int = 0
    """Of those, elements that need a gradient."""
    macs: int = 0
    """Multiply-accumulates of all its calls."""
    activations: int = 0
    """Bytes of all tensors that its calls made: each storage once, parameters and views of what came in apart."""
    uncounted: tuple[str, ...] = ()
    """Functions whose multiply-accumulates cannot be told from shapes."""


def anatomy(run: Run) -> tuple[Part, ...]:
    """Every module of the run in the order of its definition, each before those inside it."""
    held = _held(run)
    made = _made(run, {storage for sizes in held.values() for storage in sizes})
    paths = _paths(run)
    return tuple(_part(run, path, held, made) for path in paths)


def root(parts: tuple[Part, ...]) -> Part | None:
    """The module with the most parameters among the outermost."""
    outermost = [part for part in parts if part.depth == 0]
    return max(outermost, key=lambda part: part.parameters, default=None)


_Held = dict[int, tuple[int, bool]]
"""By storage of a parameter: its elements, and whether it needs a gradient."""


class _Made:
    """What the calls of one module did, those of the modules inside included."""

    def __init__(self) -> None:
        self.calls: set[int] = set()
        self.last: Op | None = None
        self.macs = 0
        self.storages: dict[int, int] = {}
        self.uncounted: set[str] = set()


def _enclosing(path: str) -> Iterator[str]:
    """The path and those around it, the innermost first."""
    while path:
        yield path
        path = path.rpartition(".")[0]


def _held(run: Run) -> dict[str, _Held]:
    """Parameters by the path of each module that they lie in."""
    held: defaultdict[str, _Held] = defaultdict(dict)
    for tensor in run.tensors:
        if tensor.origin == "parameter":
            for path in _enclosing(tensor.name.rpartition(".")[0]):
                held[path][tensor.storage_id] = (prod(tensor.shape), tensor.requires_grad)
    return held


def _made(run: Run, parameters: set[int]) -> dict[str, _Made]:
    made: defaultdict[str, _Made] = defaultdict(_Made)
    before: set[int] = set()  # storages that were there already, and are only looked at anew
    for op in run.ops:
        new = {
            one.storage_id: one.storage_nbytes
            for one in op.outputs
            if one.storage_id >= 0 and one.storage_id not in parameters and one.storage_id not in before
        }
        before.update(new)
        counted = macs(op) if op.within is not None else 0
        at = op.within
        seen: set[str] = set()
        while at is not None:
            call = run.calls[at]
            for path in _enclosing(call.module):  # a Sequential is called, a ModuleList is not
                entry = made[path]
                if path == call.module:
                    entry.calls.add(call.number)
                    entry.last = op
                if path not in seen:
                    seen.add(path)
                    entry.macs += counted or 0
                    entry.storages.update(new)
                    if counted is None:
                        entry.uncounted.add(op.name)
            at = call.outer
    return made


def _paths(run: Run) -> list[str]:
    """All paths known, in the order of the parameters where these tell one, and of the calls otherwise."""
    known: dict[str, None] = {}
    children: defaultdict[str, dict[str, None]] = defaultdict(dict)
    named = [tensor.name.rpartition(".")[0] for tensor in run.tensors if tensor.origin in ("parameter", "buffer")]
    for path in (*(call.module for call in run.calls), *run.graph.classes, *named):
        for inner in _enclosing(path):
            children[inner.rpartition(".")[0]][inner] = None

    def walk(around: str) -> None:
        for path in children[around]:
            known[path] = None
            walk(path)

    walk("")
    return list(known)


def _part(run: Run, path: str, held: dict[str, _Held], made: dict[str, _Made]) -> Part:
    sizes, done = held.get(path, {}).values(), made.get(path) or _Made()
    return Part(
        path=path,
        depth=path.count("."),
        class_name=run.graph.classes.get(path, ""),
        output=done.last.outputs[0].shape if done.last is not None and done.last.outputs else None,
        calls=len(done.calls),
        parameters=sum(count for count, _ in sizes),
        trained=sum(count for count, trained in sizes if trained),
        macs=done.macs,
        activations=sum(done.storages.values()),
        uncounted=tuple(sorted(done.uncounted)),
    )
