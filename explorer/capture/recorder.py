"""Everything that is seen of one run, by all techniques of this package together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from explorer.capture.backward import BackwardCalls
from explorer.capture.calls import CallRecords
from explorer.capture.forward import ForwardLog, OpDraft
from explorer.capture.memory import weigh
from explorer.capture.metas import Storages
from explorer.capture.modules import ModuleCalls, ModulePaths
from explorer.capture.numbers import read_stats, read_values
from explorer.capture.private import quiet
from explorer.capture.snapshot import Result, Snapshot
from explorer.capture.source import NOWHERE, Source
from explorer.capture.variables import Named, named_tensors, variables_first
from explorer.capture.walk import edge_of
from explorer.ir import BackwardCall, Call, Graph, Memory, Op, Storage, Tensor, TensorMeta


@dataclass(frozen=True)
class Recording:
    """What a run leaves, as records."""

    graph: Graph
    tensors: tuple[Tensor, ...]
    storages: tuple[Storage, ...]
    ops: tuple[Op, ...]
    calls: tuple[Call, ...]
    """Module calls, as `Op.within` counts them."""
    memory: Memory | None
    """What backward kept alive; None where there is no graph."""
    backwards: tuple[BackwardCall, ...]
    backward: int | None
    """Which of `backwards` the graph shows; None where the code made no such call."""
    first_nan: int | None = None
    """The first of `ops` that gave a NaN."""
    first_inf: int | None = None


class Recorder:
    """Watches one run: ``with recorder.watching(): ...``, then `differentiate` or `look`, then `finish` and `release`."""

    def __init__(self, code: str, chosen: int = -1) -> None:
        """`chosen` is the backward call to keep, from 0; -1 is the last."""
        self.storages = Storages()
        self.source = Source(code)
        self._modules = ModuleCalls()
        self.log = ForwardLog(self.source, self.storages, self._modules)
        self.calls = BackwardCalls(self.source, self.storages, self.log, chosen)
        self._own: Snapshot | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Record what runs inside; everything patched or hooked is put back at the end."""
        with ExitStack() as stack:
            stack.enter_context(self._modules.watching())
            stack.enter_context(self.calls.watching())
            stack.enter_context(self.log.watching())
            yield

    @property
    def snapshot(self) -> Snapshot | None:
        """The graph to show: the code's own backward, else ours."""
        return self.calls.snapshot or self._own

    def look(self, result: torch.Tensor, name: str, *scopes: Mapping[str, Any]) -> None:
        """Read the graph behind `result`, without gradients; `scopes` hold the variables, the outermost first."""
        with quiet():
            edge, named = edge_of(result), named_tensors(*scopes)
        if edge is None:
            return
        root = Result(edge.node, edge.output_nr, name, result)
        self._own = Snapshot.before_backward([root], self.storages, self.log, named)

    def differentiate(self, result: torch.Tensor, gradient: torch.Tensor | None) -> None:
        """Run backward from the result that was looked at and read the gradients; raises what backward raises."""
        if self._own is not None:
            with self.log.backward_span(NOWHERE), self._own.flow.watching():
                torch.autograd.backward(result, gradient)

    def unreadable_line(self) -> int | None:
        """The line of the first node of which a saved tensor cannot be read: it was freed, or changed in place."""
        return None if self.snapshot is None else self.snapshot.unreadable_line()

    def finish(self, variables: Mapping[str, Any], lines: Mapping[str, int], last: Named | None = None) -> Recording:
        """Write everything down. `lines` says where names were bound last; `last` is an unnamed last expression."""
        with quiet(), torch.no_grad():
            named = named_tensors(variables)
            if last is not None and all(one.tensor is not last.tensor for one in named):
                named.append(last)
            paths = ModulePaths(variables)
            snapshot = self.snapshot
            graph = snapshot.graph(paths, named, lines, self._outputs()) if snapshot else Graph()
            nodes = snapshot.ids_by_sequence_nr() if snapshot else {}
            stored = {_place_of(self.storages.meta(one.tensor)): one.name for one in reversed(named)}
            named = variables_first(named)
            if snapshot is not None:
                named += _unnamed_leaves(snapshot, graph, named)
            tensors = tuple(self._tensor(one, lines, snapshot) for one in named)
            entered = CallRecords(paths)
            ops = tuple(_op(draft, paths, entered, nodes, stored) for draft in self.log.ops)
            calls = tuple(entered.records)
            return Recording(
                graph=graph,
                tensors=tensors,
                storages=self._storages_of(named),
                ops=ops,
                calls=calls,
                memory=weigh(graph, ops, calls, tensors) if graph.nodes else None,
                backwards=tuple(self.calls.calls),
                backward=self.calls.shown,
                first_nan=self.log.finite.first_nan,
                first_inf=self.log.finite.first_inf,
            )

    def release(self) -> None:
        """Let everything of torch go that was held; to be called when the code's own variables are gone."""
        for snapshot in (self.calls.snapshot, self._own):
            if snapshot is not None:
                snapshot.walk.release()
        self.calls.snapshot = self._own = None
        self.storages.release()

    def _outputs(self) -> dict[int, TensorMeta]:
        """The tensor that each node is the grad_fn of, by sequence number."""
        outputs: dict[int, TensorMeta] = {}
        for draft in self.log.ops:
            for number, meta in zip(draft.nodes, draft.outputs, strict=True):
                if number is not None:
                    outputs.setdefault(number, meta)
        return outputs

    def _tensor(self, one: Named, lines: Mapping[str, int], snapshot: Snapshot | None) -> Tensor:
        tensor = one.tensor
        grad = tensor.grad if tensor.is_leaf or tensor.retains_grad else None
        return Tensor(
            **self.storages.fields(tensor),
            name=one.name,
            origin=one.origin,
            line=lines.get(one.name),
            value=read_values(tensor),
            value_stats=read_stats(tensor),
            grad=None if grad is None else read_values(grad),
            grad_stats=None if grad is None else read_stats(grad),
            grad_fn=snapshot.node_of(tensor) if snapshot else None,
        )

    def _storages_of(self, named: list[Named]) -> tuple[Storage, ...]:
        found: dict[int, Storage] = {}
        for one in named:
            identity = self.storages.id_of(one.tensor)
            if identity >= 0 and identity not in found:
                storage = self.storages.storage(one.tensor)
                if storage is not None:
                    found[identity] = storage
        return tuple(found[identity] for identity in sorted(found))


def _unnamed_leaves(snapshot: Snapshot, graph: Graph, named: list[Named]) -> list[Named]:
    known = {id(one.tensor) for one in named}
    return [
        Named(graph.nodes[at].variable or f"leaf{at}", tensor, "leaf")
        for at, tensor in snapshot.leaf_tensors()
        if id(tensor) not in known
    ]


def _place_of(meta: TensorMeta) -> tuple[object, ...]:
    """What two tensors have in common that are the same elements of the same memory, seen in the same shape."""
    return (meta.storage_id, meta.storage_offset, meta.shape, meta.stride)


def _op(
    draft: OpDraft,
    paths: ModulePaths,
    entered: CallRecords,
    nodes: Mapping[int | None, int],
    stored: Mapping[Any, str],
) -> Op:
    place = draft.place
    names = [name or stored.get(_place_of(meta)) for name, meta in zip(draft.input_names, draft.inputs, strict=True)]
    return Op(
        index=draft.index,
        name=draft.name,
        text=place.text,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        module=paths.path(draft.module),
        call=draft.module.call if draft.module else 0,
        within=entered.index(draft.module),
        inputs=draft.inputs,
        outputs=draft.outputs,
        input_names=tuple(names),
        in_place=draft.in_place,
        grad_fn=next((nodes[number] for number in draft.nodes if number in nodes), None),
    )
