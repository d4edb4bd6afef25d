"""One `StaticRequest`, in the child: one function of the project's own, seen by define-by-run and by torch's three static ways.

Nothing that a person typed comes here: the function is chosen by its name from `explorer.models.FUNCTIONS`.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.fx
from torch import nn

from explorer.ir import Sentence, StaticAnswer, StaticRequest, Way
from explorer.models import FUNCTIONS, Function
from explorer.words import tell
from explorer.worker.output import captured
from explorer.worker.seeding import seed_everything

_Call = Callable[[torch.Tensor], torch.Tensor]

_LONGEST = 600
"""Characters of what torch says."""


def compare_ways(request: StaticRequest) -> StaticAnswer:
    """The graph that each way makes for the first input, and what each computes for both."""
    function = FUNCTIONS.get(request.function)
    if function is None:
        said = Sentence(key="statics.unknown", values={"name": request.function[:40]})
        return StaticAnswer(status="refused", sentence=said, message=tell(said))
    seed_everything(request.seed)
    call = _made(function)
    inputs = [torch.tensor(values) for values in (function.first, function.second)]
    with captured(), _unlogged():  # what torch prints and logs beside its exceptions says nothing more
        return StaticAnswer(status="ok", ways=(_eager(call, inputs), *(_static(name, call, inputs) for name in _WAYS)))


@contextmanager
def _unlogged() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _made(function: Function) -> _Call:
    """The function itself; the traces want to know which module it is of."""
    names: dict[str, Any] = {"torch": torch, "__name__": "functions"}
    exec(compile(function.code, "<function>", "exec"), names)  # noqa: S102  # the project's own text
    made: _Call = names["f"]
    return made


def _eager(call: _Call, inputs: Sequence[torch.Tensor]) -> Way:
    """Define-by-run: a graph for each call, of what was really done."""
    results = [call(one.clone().requires_grad_()) for one in inputs]
    first, second = (tuple(_grad_fns(result)) for result in results)
    return Way(
        name="eager",
        text="\n".join(f"{name}" for name in first),
        nodes=first,
        second_nodes=second,
        results=tuple(result.tolist() for result in results),
    )


def _grad_fns(result: torch.Tensor) -> list[str]:
    """Names of the backward nodes in the order in which forward made them, the leaf first."""
    names: list[str] = []
    seen: set[Any] = set()

    def walk(node: Any) -> None:
        if node is None or node in seen:
            return
        seen.add(node)
        for before, _ in node.next_functions:
            walk(before)
        names.append(type(node).__name__)

    walk(result.grad_fn)
    return names


def _trace(call: _Call, example: torch.Tensor) -> tuple[_Call, str, list[str]]:
    traced: Any = torch.jit.trace(call, (example,), check_trace=False)  # type: ignore[no-untyped-call]
    kinds = [node.kind() for node in traced.graph.nodes()]
    return traced, str(traced.graph), [kind for kind in kinds if not kind.startswith("prim::Constant")]


def _fx(call: _Call, example: torch.Tensor) -> tuple[_Call, str, list[str]]:
    module = torch.fx.symbolic_trace(call)
    return module, str(module.graph), _operations(module.graph)


class _Module(nn.Module):
    """``torch.export`` takes modules only."""

    def __init__(self, call: _Call) -> None:
        super().__init__()
        self._call = call

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._call(x)


def _export(call: _Call, example: torch.Tensor) -> tuple[_Call, str, list[str]]:
    program = torch.export.export(_Module(call), (example,))
    return program.module(), str(program.graph), _operations(program.graph)


def _operations(graph: torch.fx.Graph) -> list[str]:
    return [_target(node.target) for node in graph.nodes if node.op.startswith("call")]


def _target(target: Any) -> str:
    """A function by its own name, as ``add``; a method by what it is called; an operator with its overload, as ``aten.mul.Tensor``."""
    if isinstance(target, str | torch._ops.OpOverload):
        return str(target)
    return str(getattr(target, "__name__", target))


_WAYS: dict[Any, Callable[[_Call, torch.Tensor], tuple[_Call, str, list[str]]]] = {
    "trace": _trace,
    "fx": _fx,
    "export": _export,
}


def _static(name: Any, call: _Call, inputs: Sequence[torch.Tensor]) -> Way:
    """One static way: a graph made once, then called with both inputs."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            made, text, nodes = _WAYS[name](call, inputs[0])
        except Exception as problem:  # what cannot be traced raises, each way in its own class
            return Way(name=name, failed=True, said=_said(problem), results=(None, None))
    results: list[Any] = []
    second_said = ""
    for one in inputs:
        try:
            results.append(made(one).tolist())
        except Exception as problem:  # a graph for three numbers may refuse five
            results.append(None)
            second_said = _said(problem)
    of_ours = [str(one.message) for one in warned if one.category.__name__ == "TracerWarning"]
    said = of_ours[0].split(" This means")[0][:_LONGEST] if of_ours else ""
    return Way(
        name=name, text=text.strip(), nodes=tuple(nodes), results=tuple(results), said=said, second_said=second_said
    )


def _said(problem: Exception) -> str:
    """The class and the first line of what torch says; what follows is advice on environment variables and links."""
    return f"{type(problem).__name__}: {str(problem).strip().split(chr(10))[0]}"[:_LONGEST]
