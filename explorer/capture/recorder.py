"""Everything that is seen of one run, by all techniques of this package together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from explorer.capture.backward import BackwardCalls
from explorer.capture.blind import Unseen, limits
from explorer.capture.calls import CallRecords
from explorer.capture.cells import storages_of
from explorer.capture.check import Checker
from explorer.capture.direct import DirectForwards, may_occur
from explorer.capture.forward import ForwardLog
from explorer.capture.memory import weigh
from explorer.capture.metas import Storages, place_of
from explorer.capture.modules import ModuleCalls, ModulePaths, RunningModule
from explorer.capture.private import quiet
from explorer.capture.proof import Proof
from explorer.capture.prover import Prover
from explorer.capture.reader import Reader
from explorer.capture.recording import (
    Recording,
    leaves_as_called,
    leaves_of_modules,
    ops_of,
    outputs_of,
    tensors_of,
    unnamed_leaves,
)
from explorer.capture.snapshot import MOST_NODES_WITH_NUMBERS, Result, Snapshot
from explorer.capture.source import NOWHERE, Source
from explorer.capture.times import recorded
from explorer.capture.variables import Named, joined, modules_inside, named_tensors, variables_first
from explorer.capture.walk import MOST_NODES, edge_of, walk
from explorer.ir import Graph, TensorMeta, Verify


class Recorder:
    """Watches one run: ``with recorder.watching(): ...``, then `differentiate` or `look`, then `finish` and `release`."""

    def __init__(
        self,
        code: str | Source,
        chosen: int = -1,
        modules: RunningModule | None = None,
        verify: Verify = "auto",
        check: int | None = None,
    ) -> None:
        """`chosen` is the backward call to keep, from 0; -1 is the last. `modules` tells of module calls while `listening`. `check` is the forward call to check."""
        self._prover = Prover(verify, MOST_NODES_WITH_NUMBERS)
        self.storages = Storages()
        self.source = Source(code) if isinstance(code, str) else code
        self._modules = ModuleCalls()
        self.log = ForwardLog(self.source, self.storages, modules or self._modules)
        if isinstance(code, str) and may_occur(code):
            self.log.direct = DirectForwards(self.source, self._modules)
        self.log.checker = None if check is None else Checker(check)
        self.calls = BackwardCalls(self.source, self.storages, self.log, self._prover, chosen)
        self._own: Snapshot | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Record what runs inside; everything patched or hooked is put back at the end."""
        with ExitStack() as stack:
            stack.enter_context(self._modules.watching())
            stack.enter_context(self.calls.watching())
            stack.enter_context(self.log.watching())
            yield

    @contextmanager
    def listening(self) -> Iterator[None]:
        """As `watching`, where the process is somebody else's: by torch's own mode, on this thread alone, and nothing is patched."""
        self.log.backward = self.calls.called
        with self.log:
            yield

    @property
    def snapshot(self) -> Snapshot | None:
        """The graph to show: the code's own backward, else ours."""
        return self.calls.snapshot or self._own

    def set_aside(self, results: Sequence[Named]) -> bool:
        """Whether `results` are made of gradients (``create_graph=True``) and the call shown went not through all of them; then it is not shown."""
        with quiet():
            edges = [edge for one in results if (edge := edge_of(one.tensor)) is not None]
            shown = self.calls.snapshot.walk.ids if self.calls.snapshot else {}
            only_asked = all(call.kind == "grad" for call in self.calls.calls)
            if not only_asked or all(edge.node in shown for edge in edges):
                return False
            if self.log.orders.highest(walk([edge.node for edge in edges]).nodes) == 1:
                return False
        self.calls.put_aside()
        return True

    def look(self, results: Sequence[Named], *scopes: Mapping[str, Any]) -> None:
        """Read the graph behind `results`, without gradients; `scopes` hold the variables, the outermost first."""
        with quiet():
            named = named_tensors(*scopes)
            edges = [(one, edge) for one in results if (edge := edge_of(one.tensor)) is not None]
        if edges:
            self.show([Result(edge.node, edge.output_nr, one.name, one.tensor) for one, edge in edges], named)

    def show(self, results: Sequence[Result], named: Sequence[Named], most: int = MOST_NODES) -> Snapshot:
        """Read the graph behind several results, without gradients; of the names of one tensor the first in `named` counts."""
        self._own = Snapshot.before_backward(results, self.storages, self.log, named, most)
        return self._own

    def differentiate(self, results: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor | None]) -> None:
        """Run backward from the results that were looked at and read the gradients; raises what backward raises."""
        own = self._own
        if own is not None:
            own.prove(self._prover, "backward", (results, gradients), {})
            with self.log.backward_span(NOWHERE), own.flow.watching(accumulating=True, last=True):
                torch.autograd.backward(results, gradients)
            if isinstance(own.proof, Proof):
                own.proof.finish()

    def unreadable_line(self) -> int | None:
        """The line of the first node of which a saved tensor cannot be read: it was freed, or changed in place."""
        return None if self.snapshot is None else self.snapshot.unreadable_line()

    def finish(self, variables: Mapping[str, Any], lines: Mapping[str, int], last: Sequence[Named] = ()) -> Recording:
        """Write everything down. `lines` says where names were bound last; `last` are the tensors of an unnamed last expression."""
        with quiet(), torch.no_grad():
            named = joined(named_tensors(variables), [*last, *self.log.hooks.retained()])
            snapshot, paths = self.snapshot, ModulePaths(modules_inside(variables))
            if snapshot is not None:
                named = joined(named, leaves_as_called(snapshot, self.log.ops, named))
                named = joined(named, leaves_of_modules(snapshot, self.log.ops, paths, named))
            unseen = self._unseen(named)
            metas, graph, nodes = self._metas(reversed(named)), Graph(), {}
            if snapshot is not None:
                graph = snapshot.graph(paths, named, lines, outputs_of(self.log.ops, named, metas, snapshot))
                nodes = snapshot.ids_by_sequence_nr()
            stored = {place_of(metas[id(one.tensor)]): one.name for one in reversed(named)}
            named = variables_first(named)
            if snapshot is not None:
                leaves = unnamed_leaves(snapshot, graph, named)
                named, metas = named + leaves, metas | self._metas(leaves)
            tensors = tensors_of(named, metas, lines, snapshot, self._reader(snapshot))
            entered = CallRecords(paths)
            ops = ops_of(self.log.ops, paths, entered, nodes, stored)
            calls = tuple(entered.records)
            return Recording(
                graph=graph,
                tensors=tensors,
                storages=storages_of((one.tensor, metas[id(one.tensor)]) for one in named),
                ops=ops,
                calls=calls,
                memory=weigh(graph, ops, calls, tensors) if graph.nodes else None,
                backwards=tuple(self.calls.calls),
                backward=self.calls.shown,
                operators=tuple(self.log.operators.records),
                first_nan=self.log.finite.first_nan,
                first_inf=self.log.finite.first_inf,
                verification=snapshot.verification(named) if snapshot else None,
                times=recorded(
                    [draft.seconds for draft in self.log.ops],
                    snapshot.flow.seconds if snapshot else {},
                    len(graph.nodes),
                ),
                check=None if (checker := self.log.checker) is None else checker.check(ops, graph),
                limits=limits(graph, ops, tensors, unseen),
            )

    def release(self) -> None:
        """Let everything of torch go that was held; to be called when the code's own variables are gone."""
        for snapshot in (self.calls.snapshot, self._own):
            if snapshot is not None:
                snapshot.release()
        self.calls.snapshot = self._own = None
        self.storages.release()

    def _metas(self, named: Iterable[Named]) -> dict[int, TensorMeta]:
        """By ``id``; of storages that were not seen yet, those that come first have the smaller numbers."""
        tensors = [one.tensor for one in named]
        return dict(zip(map(id, tensors), self.storages.read_all(tensors), strict=True))

    def _unseen(self, named: Sequence[Named]) -> Unseen:
        """The facts that records do not hold; `named` are the tensors of variables."""
        snapshot, direct = self.snapshot, self.log.direct
        return Unseen(
            named=named,
            custom=snapshot.walk.of_kind("custom") if snapshot else (),
            unreadable=snapshot.packed if snapshot else (),
            direct=direct.first if direct else None,
            stopped=self.log.stopped,
            unlisted=self.calls.unlisted,
        )

    def _reader(self, snapshot: Snapshot | None) -> Reader:
        """Where no code has run since our own backward, what was read there need not be read again; ``.data`` could have changed it."""
        own = self._own if snapshot is self._own else None
        return own.reader if own and own.reader else Reader(self.storages)
