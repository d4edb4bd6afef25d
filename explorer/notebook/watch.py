"""One trace while it is made: the recorder, its gradients by hand, and what is said about them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from types import FrameType
from typing import Any

import torch

from explorer import ir
from explorer.capture import Recorder
from explorer.capture.metas import is_tensor
from explorer.capture.private import quiet, sequence_nr
from explorer.capture.snapshot import MOST_NODES_WITH_NUMBERS, Result, Snapshot
from explorer.capture.variables import Named, named_tensors
from explorer.capture.walk import MOST_NODES
from explorer.capture.wreck import given_to_failed, newest
from explorer.ir import Sentence
from explorer.notebook.by_hand import backward, unable
from explorer.notebook.engine import by_engine, full_precision, starts
from explorer.notebook.listing import Listing, NoListing
from explorer.notebook.naming import relevant, tensor_ids
from explorer.notebook.options import TraceOptions
from explorer.notebook.outputs import results_of
from explorer.notebook.run import Run
from explorer.notebook.stack import ModuleStack
from explorer.words import tell

MOST_NODES_OF_OTHERS = 20_000
"""Of a graph that goes on living after the trace. In torch 2.13 a node that Python has looked at is freed by recursion, and 60,000 in a
row overflow a stack of 8 MiB when the user lets go of them."""

_COMPILED = "CompiledFunction"


class Watch:
    """Steps: `listening`, `show`, `differentiate`, `run`; `release` always."""

    def __init__(
        self,
        source: Listing | NoListing,
        stack: ModuleStack | None,
        options: TraceOptions,
        scopes: Sequence[Mapping[str, Any]],
    ) -> None:
        """`scopes` hold what the user calls things, the first wins."""
        self.language = options.language
        self._source, self._options, self._scopes = source, options, scopes
        self._recorder = Recorder(source, modules=stack)
        self.met: set[int] = set()
        """Ids of modules that take part."""
        self._own: list[Result] = []
        self._snapshot: Snapshot | None = None
        self._most = MOST_NODES
        self._blind = False
        self._notes: list[Sentence] = []
        self._problem: Exception | None = None
        self._began = time.perf_counter()
        self._timings: dict[str, float] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Record what this thread does inside."""
        began = time.perf_counter()
        try:
            with nullcontext() if self._blind else self._recorder.listening():
                yield
        finally:
            self._timings["forward"] = time.perf_counter() - began

    def look_away(self) -> None:
        """Record no calls: the compiler would take our mode for a part of the program, and compile it all once more."""
        self._blind = True

    def has_scripted(self) -> None:
        """Say that C++ makes the calls of what ``torch.jit`` scripted."""
        self._note("notebook.note.scripted")

    def has_own_backward(self, outputs: Sequence[tuple[str, torch.Tensor]] = ()) -> bool:
        """Whether what ran called backward itself, and not only to make `outputs` of gradients: then that is shown."""
        return bool(self._recorder.calls.calls) and not self._recorder.set_aside([Named(*one) for one in outputs])

    def show(
        self, outputs: list[tuple[str, torch.Tensor]], most: int = MOST_NODES, *, made_before: bool = False
    ) -> None:
        """Read the graph behind `outputs`; with `made_before` its nodes were all there before the trace."""
        results = self._own = results_of(outputs)
        self._most = most
        variables = self._variables(results)
        with quiet():
            named = named_tensors(variables)
        snapshot = self._snapshot = self._recorder.show(results, named, most)
        if snapshot.walk.cut:
            self._note("notebook.note.cut", count=most)
        if made_before:
            numbers = [number for node in snapshot.walk.nodes if (number := sequence_nr(node)) is not None]
            snapshot.first = min(numbers, default=0)

    def unreadable(self) -> bool:
        """Whether saved tensors were freed or changed, or are packed: then backward would raise, or run code of the user's."""
        saved = self._snapshot.saved if self._snapshot else ()
        said = next((one.error for kept in saved for one in kept if one.error), None)
        if said is not None and self._options.gradients:
            self._note("notebook.note.gradients", said=said)
        return said is not None

    def differentiate(self) -> None:
        """Compute the gradients of the graph that was read, by hand or by the engine; a failure becomes a note."""
        snapshot, options = self._snapshot, self._options
        if snapshot is None or not options.gradients or len(snapshot.walk.nodes) > MOST_NODES_WITH_NUMBERS:
            return
        began = time.perf_counter()
        gradients = starts(self._own, options.gradient, self.language)
        if (name := unable(snapshot.walk)) is not None:
            self._note("notebook.note.unable", name=name)
            return
        snapshot.proof = "asked" if options.by_engine else "by_hand"
        try:
            with torch.no_grad(), full_precision(gradients):
                if options.by_engine:
                    by_engine(snapshot, self._own, gradients, options.verify)
                else:
                    at = [(snapshot.walk.ids[one.node], one.output_nr) for one in self._own]
                    backward(
                        snapshot.walk, snapshot.flow, [(*where, one) for where, one in zip(at, gradients, strict=True)]
                    )
        except Exception as problem:  # a node's, or of the user's own backward
            snapshot.proof = "raised"
            self._note("notebook.note.gradients", said=_said(problem))
        self._timings["backward"] = time.perf_counter() - began

    def failed(self, problem: Exception) -> None:
        """Keep the user's exception, and the graph behind the last tensor that the innermost function made, or what the call was given that failed."""
        self._problem = problem
        if self.has_own_backward():
            return
        scopes = [frame.f_locals for frame in reversed(_frames(problem))]
        held = next((found[-1:] for scope in scopes if (found := _made(scope))), [])
        given = given_to_failed(problem, self._recorder.log.ops)
        furthest = (held, given)[newest(held, given)]
        if furthest:
            self.show(
                [(one.name, one.tensor) for one in furthest], MOST_NODES_OF_OTHERS
            )  # the exception holds the variables

    def run(self) -> Run:
        """Everything as records."""
        snapshot = self._recorder.snapshot
        self._snapshot = self._snapshot or snapshot
        began = time.perf_counter()
        recording = self._recorder.finish(self._variables(self._own), {})
        self._timings["capture"] = time.perf_counter() - began
        self._remark(recording.graph)
        known = set(ir.Run.__struct_fields__)
        root = recording.graph.roots[0] if recording.graph.roots else None
        sentence = self._sentence()
        record = ir.Run(
            **{field.name: getattr(recording, field.name) for field in fields(recording) if field.name in known},
            status="ok" if self._problem is None else "error",
            sentence=sentence,
            message=None if sentence is None else tell(sentence),
            line=None if self._problem is None else self._line(self._problem),
            notes=(*self._notes, *recording.limits),
            seconds=time.perf_counter() - self._began,
            timings=self._timings,
            code=self._source.text,
            device=root.tensor.device if root and root.tensor else "cpu",
            result=root.name if root else None,
            results=tuple(root.name for root in recording.graph.roots),
            result_shape=root.tensor.shape if root and root.tensor else None,
        )
        return Run(record, language=self.language, exception=self._problem)

    def release(self) -> None:
        """Let go of everything of torch."""
        self._own, self._snapshot = [], None
        self._recorder.release()

    def _variables(self, results: Sequence[Result]) -> dict[str, Any]:
        met = {id(one.tensor) for one in results} | self.met
        for scope in self._scopes[1:]:
            met |= tensor_ids(scope) | {id(value) for value in scope.values()}
        roots = [one.node for one in results] or (self._snapshot.walk.nodes[:1] if self._snapshot else [])
        variables = relevant(self._scopes, roots, met, self._most)
        named = {id(value) for value in variables.values()}
        for one in results:
            if id(one.tensor) not in named and one.name not in variables:
                variables[one.name] = one.tensor
        return variables

    def _remark(self, graph: ir.Graph) -> None:
        if len(graph.nodes) > MOST_NODES_WITH_NUMBERS:
            self._note("session.note.numbers", count=MOST_NODES_WITH_NUMBERS)
        if self._blind or any(node.name.startswith(_COMPILED) for node in graph.nodes):
            self._note("notebook.note.compiled")
        if self._options.gradients and not self._options.by_engine and any(node.hooks for node in graph.nodes):
            self._note("notebook.note.hooks")

    def _note(self, key: str, **values: object) -> None:
        self._notes.append(Sentence(key=key, values={name: str(value) for name, value in values.items()}))

    def _sentence(self) -> Sentence | None:
        if self._problem is None:
            return None
        key = "notebook.raised" if self._snapshot is not None else "notebook.raised_before"
        return Sentence(key=key, values={"said": _said(self._problem)})

    def _line(self, problem: Exception) -> int | None:
        for frame in reversed(_frames(problem)):
            if next(self._source.frames(frame), None) is frame:
                return self._source.here(frame).line
        return None


def _frames(problem: Exception) -> list[FrameType]:
    """The frames that an exception passed through, from the callable on, the outermost first."""
    found, at = [], problem.__traceback__
    while at is not None:
        found.append(at.tb_frame)
        at = at.tb_next
    return found[2:]


def _made(scope: Mapping[str, Any]) -> list[Named]:
    """The variables that are tensors with a grad_fn."""
    with quiet():
        return [Named(name, one) for name, one in scope.items() if is_tensor(one) and one.grad_fn is not None]


def _said(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".split("\n")[0][:300]
