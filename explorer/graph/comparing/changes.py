"""What of a matched node is not as it was: its place in the code, its neighbours, its output, what it saved, its gradient, its time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from explorer.graph.comparing.numbers import equal, shown
from explorer.graph.comparing.side import Side
from explorer.graph.measure import shape_text, shorten
from explorer.ir import Change, ChangedField, Edge, Gradient, Node, Saved


class Changes:
    """The changes of each matched node; `partner` is the whole matching, by id on the left side."""

    def __init__(
        self, left: Side, right: Side, partner: Mapping[int, int], *, tolerance: float, slower: float | None
    ) -> None:
        self.left, self.right, self.partner = left, right, partner
        self.tolerance, self.slower = tolerance, slower

    def of(self, node: int) -> tuple[Change, ...]:
        """What is not as it was, in the order of `ChangedField`; texts are at most 40 cells."""
        before, after = self.left.nodes[node], self.right.nodes[self.partner[node]]
        return tuple(
            Change(field=field, before=shorten(one, 40), after=shorten(other, 40))
            for field, one, other in self._all(before, after)
        )

    def _all(self, before: Node, after: Node) -> Iterator[tuple[ChangedField, str, str]]:
        told: tuple[tuple[ChangedField, str, str], ...] = (
            ("module", _called(before), _called(after)),
            ("variable", before.variable or "", after.variable or ""),
            ("line", str(before.line or ""), str(after.line or "")),
            ("source", self.left.source(before), self.right.source(after)),
        )
        yield from (each for each in told if each[1] != each[2])
        yield from self._inputs(before, after)
        yield from _output(before, after)
        yield from self._saved(before, after)
        yield from self._gradients(before, after)
        if before.order != after.order:
            yield "order", str(before.order), str(after.order)
        if (one := _hooks(before)) != (other := _hooks(after)):
            yield "hooks", one, other
        yield from self._time(before, after)

    def _inputs(self, before: Node, after: Node) -> Iterator[tuple[ChangedField, str, str]]:
        ours = {edge.slot: edge for edge in self.left.inputs[before.id]}
        theirs = {edge.slot: edge for edge in self.right.inputs[after.id]}
        for slot in sorted(ours.keys() | theirs.keys()):
            one, other = ours.get(slot), theirs.get(slot)
            if one is None or other is None or not self._same_input(one, other):
                yield "inputs", _taken(self.left, one, slot), _taken(self.right, other, slot)

    def _same_input(self, one: Edge, other: Edge) -> bool:
        return self.partner.get(one.target) == other.target and one.output_nr == other.output_nr

    def _saved(self, before: Node, after: Node) -> Iterator[tuple[ChangedField, str, str]]:
        ours = {saved.name: saved for saved in before.saved}
        theirs = {saved.name: saved for saved in after.saved}
        for name in dict.fromkeys([*ours, *theirs]):
            one, other = (f"{name} {_kept(side[name])}" if name in side else "" for side in (ours, theirs))
            if one != other:
                yield "saved", one, other

    def _gradients(self, before: Node, after: Node) -> Iterator[tuple[ChangedField, str, str]]:
        for one, other in zip_longest(before.incoming, after.incoming):
            if not _same_gradient(one, other, self.tolerance):
                yield "gradient", _flowed(one), _flowed(other)

    def _time(self, before: Node, after: Node) -> Iterator[tuple[ChangedField, str, str]]:
        one, other = _seconds(self.left, before), _seconds(self.right, after)
        if self.slower is None or one is None or other is None:
            return
        if max(one, other) > self.slower * min(one, other):
            yield "time", f"{one * 1e6:.3g} µs", f"{other * 1e6:.3g} µs"


def _called(node: Node) -> str:
    return f"{node.module or ''}{f' #{node.call}' if node.call else ''}"


def _taken(side: Side, edge: Edge | None, slot: int) -> str:
    if edge is None:
        return f"{slot}: -"
    node = side.nodes[edge.target]
    number = f"[{edge.output_nr}]" if edge.output_nr else ""
    return f"{slot}: {node.variable if node.kind == 'leaf' and node.variable else node.name}{number}"


def _output(before: Node, after: Node) -> Iterator[tuple[ChangedField, str, str]]:
    one, other = before.output, after.output
    if one is None or other is None:
        return
    if one.shape != other.shape:
        yield "shape", shape_text(one.shape), shape_text(other.shape)
    if one.dtype != other.dtype:
        yield "dtype", one.dtype, other.dtype
    if one.device != other.device:
        yield "device", one.device, other.device


def _kept(saved: Saved) -> str:
    """What a node put aside, but for the numbers in it, which follow from its inputs."""
    if saved.error is not None:
        return saved.error
    if saved.tensor is None:
        return saved.text or ""
    return f"{shape_text(saved.tensor.shape)} {saved.tensor.dtype}"


def _same_gradient(one: Gradient | None, other: Gradient | None, tolerance: float) -> bool:
    if one is None or other is None:
        return one is other
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.value is not None and other.value is not None:
        return equal(one.value, other.value, tolerance)
    ours, theirs = one.stats, other.stats
    counted = (ours.numel, ours.nans, ours.infs, ours.nnz) == (theirs.numel, theirs.nans, theirs.infs, theirs.nnz)
    summed = [[each.norm, each.min, each.max, each.mean] for each in (ours, theirs)]
    return counted and equal(summed[0][:1], summed[1][:1], tolerance) and equal(summed[0][1:], summed[1][1:], tolerance)


def _flowed(gradient: Gradient | None) -> str:
    if gradient is None:
        return ""
    if gradient.value is not None and not isinstance(gradient.value, list):
        return shown(gradient.value)
    return f"{shape_text(gradient.shape)} ‖g‖ {shown(gradient.stats.norm)}"


def _hooks(node: Node) -> str:
    return ", ".join([*node.hooks, *(["retain_grad()"] if node.retains_grad else [])])


def _seconds(side: Side, node: Node) -> float | None:
    times = side.run.times
    return times.backward[node.id] if times is not None and node.id < len(times.backward) else None
