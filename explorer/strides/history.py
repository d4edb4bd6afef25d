"""What happened to each storage of a run, in order: made, viewed, saved by autograd, written to, and which saved tensor a write made stale.

Read from the forward log: it has the version of every tensor before and after a call. What autograd finds stale is torch's own word,
taken when the saved tensors were read, before backward; here it is put on the line that wrote. A write through ``.data`` or through
``storage()`` has a counter of its own, which is how it is told from one that autograd sees. Cannot see: writes through
``untyped_storage()``, which no part of torch counts or reports.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from msgspec.structs import replace

from explorer.ir import Node, Op, Record, Run, Tensor, TensorMeta
from explorer.strides.layout import Layout

EventKind = Literal["made", "view", "saved", "write"]

_EXACT = 4096
"""Elements up to which cells are compared one by one; beyond, their ranges."""

_ASIDE = re.compile(r"\.data\b|storage\(")

_STALE = re.compile(r"is at version (\d+); expected version (\d+)")


class Stale(Record, frozen=True, kw_only=True):
    """A saved tensor that a write made useless for backward."""

    node: int
    node_name: str
    saved: str
    line: int | None
    """Where it was saved."""
    expected: int
    now: int
    said: str
    """torch's words for it."""


class Event(Record, frozen=True, kw_only=True):
    """One thing that happened to a storage."""

    kind: EventKind
    op: int
    """Index of the forward call."""
    line: int | None
    name: str | None
    """The variable that was read or written through; for what was saved, the attribute of the node."""
    before: int = 0
    after: int = 0
    """Version of the tensor it happened through, before and after."""
    address: int = 0
    """Bytes from the start of the storage to the first element of that tensor; a write never moves it."""
    counted: bool = True
    """Whether autograd's counter of the tensors with names noticed the write."""
    changed: tuple[str, ...] = ()
    """Tensors with names that read a written cell."""
    stale: tuple[Stale, ...] = ()
    node: int | None = None


class History(Record, frozen=True, kw_only=True):
    """One storage."""

    storage: int
    tensors: tuple[str, ...]
    """With names, over it at the end of the run."""
    events: tuple[Event, ...]

    @property
    def written(self) -> bool:
        return any(event.kind == "write" for event in self.events)


def histories(run: Run) -> tuple[History, ...]:
    """Each storage that a call of the run made or read, by id; events in the order in which they happened."""
    events: dict[int, list[Event]] = {}
    for op in run.ops:
        for storage, event in _of_op(op, run):
            events.setdefault(storage, []).append(event)
    for storage, event in _saved(run):
        events.setdefault(storage, []).append(event)
    stale = [found for node in run.graph.nodes for found in _stale(node, run.ops)]
    return tuple(_history(storage, events[storage], stale, run) for storage in sorted(events) if storage >= 0)


def _of_op(op: Op, run: Run) -> list[tuple[int, Event]]:
    """A call that made storages, viewed some, or wrote to some."""
    found: list[tuple[int, Event]] = []
    read = {meta.storage_id for meta in op.inputs}
    for meta in op.outputs:
        if meta.storage_id not in read:
            found.append(
                (meta.storage_id, Event(kind="made", op=op.index, line=op.line, name=None, after=meta.version))
            )
        elif not op.in_place and meta.is_view:
            found.append(
                (meta.storage_id, Event(kind="view", op=op.index, line=op.line, name=None, after=meta.version))
            )
    for meta, name, after in zip(op.inputs, op.input_names, op.versions_after, strict=False):
        if after != meta.version:
            found.append((meta.storage_id, _write(op, meta, name, after, run)))
    return found


def _write(op: Op, meta: TensorMeta, name: str | None, after: int, run: Run) -> Event:
    changed = tuple(one.name for one in _with_names(run) if one.storage_id == meta.storage_id and _meet(meta, one))
    width = _width(meta)
    return Event(
        kind="write",
        op=op.index,
        line=op.line,
        name=name,
        before=meta.version,
        after=after,
        address=meta.storage_offset * width,
        changed=changed,
    )


def _with_names(run: Run) -> list[Tensor]:
    return [one for one in run.tensors if one.origin != "result"]


def _width(meta: TensorMeta) -> int:
    """Bytes of an element, from the bits in the dtype's name."""
    bits = re.search(r"(\d+)(?:_|$)", meta.dtype)
    return int(bits[1]) // 8 if bits else 1


def _meet(one: TensorMeta, other: TensorMeta) -> bool:
    """Whether two tensors over one storage have a cell in common."""
    first, second = _layout(one), _layout(other)
    if not first.numel or not second.numel:
        return False
    if one.dtype == other.dtype and max(first.numel, second.numel) <= _EXACT:
        return not set(first.addresses()).isdisjoint(second.addresses())
    (low, high), (other_low, other_high) = _range(one, first), _range(other, second)
    return low < other_high and other_low < high


def _layout(meta: TensorMeta) -> Layout:
    return Layout(shape=meta.shape, stride=meta.stride, offset=meta.storage_offset)


def _range(meta: TensorMeta, layout: Layout) -> tuple[int, int]:
    """First byte, and the one after the last."""
    width = _width(meta)
    return layout.offset * width, (layout.last() + 1) * width


def _saved(run: Run) -> list[tuple[int, Event]]:
    """What autograd put aside and could still be read."""
    found = []
    for node in run.graph.nodes:
        for saved in node.saved:
            if saved.tensor is not None and node.op is not None:
                event = _saving(node, saved.name, saved.tensor.version, run.ops[node.op])
                found.append((saved.tensor.storage_id, event))
    return found


def _saving(node: Node, name: str, version: int, op: Op) -> Event:
    attribute = f"{node.name}._saved_{name}"
    return Event(kind="saved", op=op.index, line=op.line, name=attribute, before=version, after=version, node=node.id)


class _StaleAt(Record, frozen=True, kw_only=True):
    """A stale tensor and the storage that it lies in."""

    storage: int
    event: Event
    stale: Stale


def _stale(node: Node, ops: Sequence[Op]) -> list[_StaleAt]:
    """What torch refused to give back, with the storage it must lie in: an argument or a result of the call, at the version expected."""
    found: list[_StaleAt] = []
    if node.op is None:
        return found
    op = ops[node.op]
    for saved in node.saved:
        versions = _STALE.search(saved.error or "")
        if not versions:
            continue
        now, expected = map(int, versions.groups())
        after = op.versions_after or tuple(meta.version for meta in op.inputs)
        metas = [*op.outputs, *(replace(meta, version=version) for meta, version in zip(op.inputs, after, strict=True))]
        ordered = metas if saved.name.startswith(("result", "output")) else metas[len(op.outputs) :] + metas
        storages = [
            meta.storage_id for meta in ordered if meta.version == expected and _reaches(ops, op.index, meta, now)
        ]
        if storages:
            said = (saved.error or "").split(". Hint")[0]
            stale = Stale(
                node=node.id,
                node_name=node.name,
                saved=saved.name,
                line=op.line,
                expected=expected,
                now=now,
                said=said,
            )
            event = _saving(node, saved.name, expected, op)
            found.append(_StaleAt(storage=storages[0], event=event, stale=stale))
    return found


def _reaches(ops: Sequence[Op], since: int, meta: TensorMeta, version: int) -> bool:
    """Whether a later call wrote the storage up to that version."""
    return any(
        after >= version and one.storage_id == meta.storage_id and after != one.version
        for op in ops[since + 1 :]
        for one, after in zip(op.inputs, op.versions_after, strict=False)
    )


def _history(storage: int, events: list[Event], stale: list[_StaleAt], run: Run) -> History:
    mine = [one for one in stale if one.storage == storage]
    over = [tensor for tensor in _with_names(run) if tensor.storage_id == storage]
    ordered = sorted([*events, *(one.event for one in mine)], key=lambda event: (event.op, event.kind == "saved"))
    counted = _counted(ordered, over, run.ops)
    blamed = [_blame(event, [one.stale for one in mine if one.event.op <= event.op]) for event in counted]
    return History(storage=storage, tensors=tuple(tensor.name for tensor in over), events=tuple(blamed))


def _counted(events: Sequence[Event], over: Sequence[Tensor], ops: Sequence[Op]) -> list[Event]:
    """Mark the writes that the counter of the first tensor with a name does not have.

    One that says ``.data`` or ``storage()`` has a counter of its own. A variable tells by its last version whether it shares that of the
    first. A write through no variable (``points[1][0] = 10.``) shares it, unless one that surely does made the same version.
    """
    if not over:
        return list(events)
    shares = {tensor.name: tensor.version == over[0].version for tensor in over}
    aside = {event.op for event in events if _ASIDE.search(ops[event.op].text)}
    sure = {
        event.after
        for event in events
        if event.kind == "write" and event.op not in aside and shares.get(event.name or "")
    }

    def counts(event: Event) -> bool:
        if event.kind != "write" or event.op in aside:
            return event.kind != "write"
        return shares.get(event.name or "", event.after <= over[0].version and event.after not in sure)

    return [replace(event, counted=counts(event)) for event in events]


def _blame(event: Event, stale: Sequence[Stale]) -> Event:
    """The write that first moved a saved tensor's version on."""
    if event.kind != "write" or not event.counted:
        return event
    return replace(event, stale=tuple(one for one in stale if event.before == one.expected))
