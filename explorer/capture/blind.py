"""What this run did that the capture cannot see, as a sentence each: asked of the records, and of the few facts that they do not hold.

`docs/capture.md` lists what each technique cannot see at all; a sentence comes only where the run at hand touched it.
Cannot see: limits that leave no trace, as a choice of kernel by a later call of a kind, or code on other threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from explorer.capture.forward import MOST_OPS, MOST_TENSORS
from explorer.capture.metas import is_tensor
from explorer.capture.numbers import MOST_ELEMENTS
from explorer.capture.segments import BY_CHECKPOINT, BY_CODE, FOR_MUTATION, ON_CPU
from explorer.capture.snapshot import MOST_NODES_WITH_SAVED
from explorer.capture.source import Place
from explorer.capture.variables import MOST_NAMED, Named
from explorer.capture.walk import node_name
from explorer.ir import Graph, Op, Sentence, Tensor

_PACKED = {
    BY_CHECKPOINT: "limits.checkpoint",
    BY_CODE: "limits.packed",
    ON_CPU: "limits.on_cpu",
    FOR_MUTATION: "limits.mutation",
}
_DEPTH = 2


@dataclass(frozen=True)
class Unseen:
    """What records do not tell of a run."""

    named: Sequence[Named] = ()
    custom: Sequence[Any] = ()
    """The grad_fn objects of the graph that custom functions made."""
    unreadable: Collection[int] = ()
    """Ids of the nodes of which a saved tensor cannot be read."""
    direct: tuple[str, Place] | None = None
    """The class of a module whose ``forward`` was called directly first, and where."""
    stopped: Place | None = None
    """Where the first call was made that is not listed."""
    unlisted: int = 0
    """Backward calls beyond those that are listed."""


def limits(graph: Graph, ops: Sequence[Op], tensors: Sequence[Tensor], unseen: Unseen) -> tuple[Sentence, ...]:
    """One sentence for each limit that the run touched; none for most runs. In time linear in the records."""
    found = [
        *_saved(graph, unseen.unreadable),
        *_on_ctx(unseen.custom),
        *_of_func(ops),
        *_dual(ops),
        *_without_numbers(tensors),
        *_inference(unseen.named, tensors),
        *_direct(unseen.direct),
        *_too_many(graph, ops, unseen),
    ]
    known = {sentence.key for sentence in found} & {"limits.meta", "limits.layout", "limits.func"}
    return tuple(found if known else [*found, *_gradients(graph)])


def _saved(graph: Graph, unreadable: Iterable[int]) -> Iterator[Sentence]:
    """Saved tensors that something packed, counted by what it was."""
    packed = Counter(saved.error for at in unreadable for saved in graph.nodes[at].saved)
    for reason, key in _PACKED.items():
        if packed[reason]:
            yield _sentence(key, count=packed[reason])


def _on_ctx(nodes: Sequence[Any]) -> Iterator[Sentence]:
    """Tensors that a custom function keeps beside ``save_for_backward``."""
    for node in nodes:
        made_by = getattr(type(node), "_forward_cls", None)
        if made_by is None or _is_torchs(made_by):
            continue
        own = getattr(node, "__dict__", None)
        held = own.items() if type(own) is dict else ()
        names = [name for name, value in held if type(name) is str and _holds_tensor(value)]
        if names:
            yield _sentence("limits.ctx", name=node_name(node), names=", ".join(f"ctx.{name}" for name in names[:3]))
            return


def _is_torchs(function: type) -> bool:
    module = type.__getattribute__(function, "__module__")
    return type(module) is str and module.startswith("torch.")


def _holds_tensor(value: Any, depth: int = 0) -> bool:
    kind = type(value)
    if kind is list or kind is tuple:
        return depth < _DEPTH and any(_holds_tensor(item, depth + 1) for item in value)
    return is_tensor(value)


def _of_func(ops: Sequence[Op]) -> Iterator[Sentence]:
    """Inside of torch.func tensors are wrapped: strided, yet without a storage."""
    without = {op.index for op in ops for meta in op.inputs if meta.storage_id < 0 and meta.layout == "strided"}
    without |= {op.index for op in ops for meta in op.outputs if meta.storage_id < 0 and meta.layout == "strided"}
    if without:
        yield _sentence("limits.func", count=len(without), line=ops[min(without)].line)


def _dual(ops: Sequence[Op]) -> Iterator[Sentence]:
    lines = [op.line or "?" for op in ops if op.name == "_make_dual"]
    if lines:
        yield _sentence("limits.dual", line=lines[0])


_NESTED = ("nested", "jagged")


def _without_numbers(tensors: Sequence[Tensor]) -> Iterator[Sentence]:
    """By device, by layout, by size: one example of each with how many there are."""
    unread = [tensor for tensor in tensors if tensor.value_stats is None]
    reasons: dict[str, Callable[[Tensor], bool]] = {
        "limits.meta": lambda tensor: tensor.device == "meta",
        "limits.nested": lambda tensor: tensor.layout in _NESTED,
        "limits.layout": lambda tensor: tensor.device != "meta" and tensor.layout not in ("strided", *_NESTED),
        "limits.large": lambda tensor: tensor.device != "meta" and _elements(tensor) > MOST_ELEMENTS,
    }
    for key, applies in reasons.items():
        met = [tensor for tensor in unread if applies(tensor)]
        if met:
            yield _sentence(key, name=met[0].name, count=len(met), layout=met[0].layout, most=f"{MOST_ELEMENTS:,}")


def _elements(tensor: Tensor) -> int:
    elements = 1
    for size in tensor.shape:
        elements *= size
    return elements


def _inference(named: Sequence[Named], tensors: Sequence[Tensor]) -> Iterator[Sentence]:
    """An inference tensor that shares its memory and says of no other that it is its base."""
    shared = Counter(tensor.storage_id for tensor in tensors if tensor.storage_id >= 0)
    storages = {tensor.name: tensor.storage_id for tensor in tensors}
    for one in named:
        if torch.Tensor.is_inference(one.tensor) and shared[storages.get(one.name, -1)] > 1:
            yield _sentence("limits.inference", name=one.name)
            return


def _direct(direct: tuple[str, Place] | None) -> Iterator[Sentence]:
    if direct is not None:
        kind, place = direct
        yield _sentence("limits.forward", kind=kind, line=place.line)


def _too_many(graph: Graph, ops: Sequence[Op], unseen: Unseen) -> Iterator[Sentence]:
    """What is not listed, since there is more of it than is kept."""
    if unseen.stopped is not None:
        yield _sentence("limits.ops", count=f"{MOST_OPS:,}", line=unseen.stopped.line)
    full = [op for op in ops if len(op.inputs) >= MOST_TENSORS or len(op.outputs) >= MOST_TENSORS]
    long = next((op for op in full if _has_more(op, graph)), None)
    if long is not None:
        yield _sentence("limits.tensors", name=long.name, line=long.line, count=MOST_TENSORS)
    if len(graph.nodes) > MOST_NODES_WITH_SAVED:
        yield _sentence("limits.saved", count=f"{MOST_NODES_WITH_SAVED:,}")
    if unseen.unlisted:
        yield _sentence("limits.backwards", count=unseen.unlisted)
    if len(unseen.named) >= MOST_NAMED:
        yield _sentence("limits.named", count=f"{MOST_NAMED:,}")


def _has_more(op: Op, graph: Graph) -> bool:
    """Whether a call took or gave more tensors than are kept, as many as are: its node tells."""
    if op.grad_fn is None:
        return False
    node = graph.nodes[op.grad_fn]
    return max(node.slots, len(node.incoming)) > MOST_TENSORS


def _gradients(graph: Graph) -> Iterator[Sentence]:
    """Gradients that came and could not be read, though nothing said so far tells why: as under ``is_grads_batched``."""
    count = sum(node.unread for node in graph.nodes)
    if count:
        yield _sentence("limits.gradients", count=count)


def _sentence(key: str, **values: object) -> Sentence:
    return Sentence(key=key, values={name: "?" if value is None else str(value) for name, value in values.items()})
