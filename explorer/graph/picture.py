"""What is drawn, before anything has a place: boxes, wires and nested groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explorer.graph.arrays import NONE, Whole, coded, edges, first_each, stretches, whole
from explorer.graph.calls import made_by, told_by_text
from explorer.graph.folding import readable
from explorer.graph.homes import homes
from explorer.graph.inputs import Given, given
from explorer.graph.leaves import leaf_boxes
from explorer.graph.measure import box_size, bytes_text, count_text, shape_text, shorten, shorten_call, shorten_path
from explorer.graph.modules import Call
from explorer.graph.once import once
from explorer.graph.outline import Outline, outline
from explorer.graph.sums import Sum, totals_of_calls
from explorer.ir import Box, BoxKind, Graph, Nested, Node, Op, Record, Saved, Tensor, TensorMeta, Unit, Wire
from explorer.ir.collector import put_off
from explorer.words import Language, say

FEW_BOXES = 60
"""A drawing of more boxes, or with more inputs that need no gradient, leaves those inputs out."""


class Group(Record, frozen=True, kw_only=True):
    """An open module call, group of repeats, or step; fields as in `explorer.ir.Frame`."""

    module: str
    call: int
    title: str
    depth: int
    unit: Unit = "module"
    fold: str = ""
    repeats: int = 0
    class_name: str | None = None
    nodes: tuple[int, ...] = ()
    parent: int | None = None
    """Index into `Picture.groups` of the group around it, always a smaller number."""


class Picture(Record, frozen=True, kw_only=True):
    """Boxes have a size and no place, wires no points. Wires stand in the order in which their consumers take them."""

    boxes: tuple[Box, ...] = ()
    wires: tuple[Wire, ...] = ()
    groups: tuple[Group, ...] = ()
    homes: tuple[int | None, ...] = ()
    """By box: index into `groups`; None outside every open module."""
    open_modules: tuple[str, ...] = ()
    """Names that are open, see `explorer.graph.folding`."""
    depth: int = 0
    """How many groups lie in one another where everything is open."""


def compose(
    graph: Graph,
    ops: Sequence[Op] = (),
    tensors: Sequence[Tensor] = (),
    *,
    open_modules: frozenset[str] | None = None,
    show_saved: bool = False,
    language: Language = "en",
) -> Picture:
    """Choose what is drawn of `graph`.

    Args:
        graph: a captured graph.
        ops: `Run.ops`, for the source text of each node and the inputs that need no gradient; without it nodes bear their grad_fn's
            name only.
        tensors: `Run.tensors`, for the number in a 0-dim leaf or input; without it those show their shape.
        open_modules: names of what to draw open, see `explorer.graph.folding`. None opens all of a graph of at most 300 nodes, and of a larger
            one as much as stays readable.
        show_saved: whether each saved tensor gets a box of its own above the node that saved it.
        language: of the titles that are words.
    """
    with put_off():
        opened = readable(graph) if open_modules is None else open_modules
        return _Composer(graph, ops, tensors, about=outline(graph), opened=opened, language=language).compose(
            show_saved
        )


class _Composer:
    """Collects boxes; one instance a picture."""

    def __init__(
        self,
        graph: Graph,
        ops: Sequence[Op],
        tensors: Sequence[Tensor],
        *,
        about: Outline,
        opened: frozenset[str],
        language: Language,
    ) -> None:
        self.graph, self.ops, self.tensors, self.language = graph, ops, tensors, language
        self.about, self.tree, self.opened = about, about.tree, opened
        self.made_by, self.told_by_text = made_by(graph, ops), told_by_text(graph, ops)
        self.values = _leaf_values(graph, tensors)
        self.boxes: list[Box] = []
        self.homes: list[int | None] = []
        self.groups: list[Group] = []
        self.group_of: dict[int, int] = {}
        self.place = about.placed(opened)
        self.sums: Mapping[int, Sum] = {}
        """By call that is drawn folded."""
        self.folded = np.full(len(self.tree.calls) + 1, NONE)
        """By call: its box where it is folded and in sight."""

    def compose(self, show_saved: bool) -> Picture:
        for call in np.flatnonzero(self.place.above[:-1] == np.arange(len(self.tree.calls))).tolist():
            self._open(call)
        box_of = self._add_operations()
        leaf_of = self._add_leaves()
        wires = self._with_inputs(self._wires(box_of, leaf_of), box_of)
        if show_saved:
            wires = self._add_saved(box_of) + wires
        wires += self._add_results(box_of, leaf_of)
        return Picture(
            boxes=tuple(self.boxes),
            wires=tuple(wires),
            groups=tuple(self.groups),
            homes=tuple(self.homes),
            open_modules=tuple(sorted({group.fold for group in self.groups})),
            depth=len(self.about.levels),
        )

    def _open(self, index: int) -> None:
        call, above = self.tree.calls[index], int(self.tree.parent[index])
        self.group_of[index] = len(self.groups)
        title = " · ".join([self._call_title(call, above), *self._kind(call)])
        self.groups.append(
            Group(
                module=call.module,
                call=call.number,
                title=title,
                depth=int(self.tree.depth[index]),
                unit=call.unit,
                fold=call.opened_by(self.opened) or "",
                repeats=call.repeats if call.unit != "step" else 0,
                class_name=call.class_name,
                nodes=self.about.inside(index),
                parent=self.group_of.get(above),
            )
        )

    def _call_title(self, call: Call, above: int) -> str:
        if call.unit == "step":
            return say("graph.step", self.language, step=f"{call.place + 1:,}", steps=f"{call.repeats:,}")
        same = call.ends is not None and call.ends[0] == call.ends[1]
        if call.span is not None and (same or call.ends is None):
            first, last = call.span
            return say("graph.range", self.language, first=f"{first:,}", last=f"{last:,}")
        if call.lines is not None:
            first, last = call.lines
            return say("graph.line" if first == last else "graph.lines", self.language, first=first, last=last)
        if call.unit == "group" and call.ends is None:  # a loop whose lines are not known
            return say("graph.repeated", self.language)
        ends = [shorten_path(self._within(path, above)) for path in call.ends or (call.module,)]
        if call.unit == "group":
            return ends[0] if ends[0] == ends[-1] else " … ".join(ends)
        if not call.repeated:
            return ends[0]
        return say("graph.call", self.language, module=ends[0], call=call.number + 1, calls=call.total)

    def _kind(self, call: Call) -> list[str]:
        """Its class, and how many of what it holds, as in ``22 × Bottleneck``."""
        class_name = [shorten(call.class_name)] if call.class_name else []
        if not call.repeats or call.unit == "step":
            return class_name
        count, of = f"{call.repeats:,}", call.class_name if call.unit == "group" else call.holds
        key = "graph.steps" if call.lines else "graph.repeats"
        repeats = f"{count} × {shorten(of)}" if of else say(key, self.language, count=count)
        return [repeats] if call.unit == "group" else [*class_name, repeats]

    def _within(self, path: str, above: int) -> str:
        """`path` as it is called inside the call `above`; groups and steps are no part of a path."""
        return path.removeprefix(f"{self.tree.within[above]}.")

    def _add(self, above: int, *, title: str, subtitle: str = "", **fields: Any) -> int:
        """Add a box, of the size that its two lines need; its index."""
        width, height = box_size(title, subtitle)
        self.boxes.append(Box(title=title, subtitle=subtitle, width=width, height=height, **fields))
        self.homes.append(self.group_of.get(above))
        return len(self.boxes) - 1

    def _add_operations(self) -> Whole:
        """By node id: the box that shows it (`NONE` for leaves, which follow)."""
        order = self.tree.order[::-1]
        owner = self.tree.owner[order]
        above, hidden = self.place.above[owner], self.place.hidden[owner]
        box = np.full(len(order), NONE)
        appears, _ = stretches(np.where(hidden == NONE, np.arange(len(order)), -1 - hidden))
        columns = [column[appears].tolist() for column in (order, above, hidden)]
        self.sums = totals_of_calls(self.graph, sorted({*columns[-1]} - {NONE}))
        for at, node, around, folded in zip(appears.tolist(), *columns, strict=True):
            if folded == NONE:
                box[at] = self._add_operation(self.graph.nodes[node], around)
            elif self.folded[folded] == NONE:
                self.folded[folded] = self._add_folded(folded, around)
        box_of = np.full(len(self.graph.nodes), NONE)
        box_of[order] = np.where(hidden == NONE, box, self.folded[hidden])
        return box_of

    def _add_operation(self, node: Node, above: int) -> int:
        title, subtitle = self._operation_lines(node)
        kind: BoxKind = "custom" if node.kind == "custom" else "operation"
        return self._add(above, id=f"n{node.id}", kind=kind, title=title, subtitle=subtitle, node=node.id)

    def _add_folded(self, index: int, above: int) -> int:
        call = self.tree.calls[index]
        return self._add(
            above,
            id=f"m:{call.module}#{call.number}",
            kind="module",
            title=self._call_title(call, above),
            subtitle=self._contents(index),
            module=call.module,
            unit=call.unit,
            fold=call.fold,
            repeats=call.repeats if call.unit != "step" else 0,
            class_name=call.class_name,
            nodes=self.about.inside(index),
        )

    def _contents(self, index: int) -> str:
        """What is in a folded module, in short; its times and gradients change from run to run and are left to the inspector."""
        found = self.sums[index]
        parts = self._kind(self.tree.calls[index])
        if not parts or not (found.parameters or found.saved_bytes):
            parts.append(say("graph.nodes", self.language, count=f"{found.nodes:,}"))
        if found.parameters:
            parts.append(say("graph.parameters", self.language, count=count_text(found.parameters)))
        if found.saved_bytes:
            parts.append(say("graph.saved", self.language, size=bytes_text(found.saved_bytes)))
        return " · ".join(parts)

    def _operation_lines(self, node: Node) -> tuple[str, str]:
        """What a learner reads first: the source text where it means this node alone, else what was called; then the grad_fn's name."""
        op = self.made_by[node.id]
        if op is not None and self.told_by_text[node.id]:
            return shorten_call(op.text), shorten(node.name)
        if op is not None and op.grad_fn == node.id:
            return shorten(op.name), shorten(node.name)
        if node.variable:
            return shorten_path(node.variable), shorten(node.name)
        return shorten(node.name), shape_text(node.output.shape) if node.output else ""

    def _add_leaves(self) -> Whole:
        """By use of a leaf (see `outline.Uses`): the box that the leaf has for it."""
        leaves = leaf_boxes(self.about, self.place)
        box = self.folded[leaves.hidden]
        seen = np.flatnonzero(leaves.hidden == NONE)
        columns = (column[seen].tolist() for column in (leaves.leaf, leaves.copy_at, leaves.above))
        box[seen] = [
            self._add_leaf(f"n{leaf}" if copy == NONE else f"n{leaf}@{copy}", self.graph.nodes[leaf], above)
            for leaf, copy, above in zip(*columns, strict=True)
        ]
        return box[leaves.of_use]

    def _add_leaf(self, name: str, node: Node, above: int) -> int:
        title = shorten_path(self._within(node.variable, above)) if node.variable else node.name
        subtitle = _number_or_shape(self.values.get(node.id), node.output)
        return self._add(above, id=name, kind="leaf", title=title, subtitle=subtitle, node=node.id)

    def _wires(self, box_of: Whole, leaf_of: Whole) -> list[Wire]:
        """One wire for each pair of boxes with edges between them."""
        source, target = edges(self.graph)
        use = self.about.uses.of_edge
        consumer = box_of[source]
        producer = np.where(use == NONE, box_of[target], np.append(leaf_of, NONE)[use])
        outside = np.flatnonzero(producer != consumer)
        first, wire = first_each(producer[outside] * len(self.boxes) + consumer[outside])
        by_wire = outside[np.argsort(wire, kind="stable")].tolist()
        end = np.cumsum(np.bincount(wire)).tolist()
        ends = producer[outside[first]].tolist(), consumer[outside[first]].tolist()
        return [
            Wire(source=source, target=target, edges=tuple(by_wire[start:stop]))
            for source, target, start, stop in zip(*ends, [0, *end], end, strict=False)
        ]

    def _with_inputs(self, wires: list[Wire], box_of: Whole) -> list[Wire]:
        """`wires` and those of the inputs that need no gradient: first arguments left of all else, further ones right."""
        if len(self.boxes) > FEW_BOXES:
            return wires
        taken, home = _given_homes(self.graph, self.ops, self.tensors)
        hidden = self.place.hidden[self.tree.owner[whole(each.node for each in taken)]]
        loops = [call for call in np.unique(hidden).tolist() if call != NONE and self.tree.calls[call].unit != "module"]
        seen = np.flatnonzero((self.place.hidden[home] == NONE) & ~np.isin(hidden, loops))  # not what each step takes
        if len(seen) > FEW_BOXES:
            return wires
        first, further = list[Wire](), list[Wire]()
        for at, above in zip(seen.tolist(), self.place.above[home[seen]].tolist(), strict=True):
            box = self._add_input(taken[at], above)
            (further if taken[at].place else first).append(Wire(source=box, target=int(box_of[taken[at].node])))
        return [*first, *wires, *further]

    def _add_input(self, each: Given, above: int) -> int:
        subtitle = _number_or_shape(each.value, each.meta)
        if each.frozen:
            subtitle = f"{say('graph.frozen', self.language)} · {subtitle}"
        return self._add(
            above,
            id=f"i{each.node}.{each.place}",
            kind="input",
            title=shorten_path(self._within(each.name, above)),
            subtitle=subtitle,
            node=each.node,
            input=each.place,
        )

    def _add_saved(self, box_of: Whole) -> list[Wire]:
        wires = []
        for node in np.flatnonzero(self.place.hidden[self.tree.owner] == NONE).tolist():
            for index, saved in enumerate(self.graph.nodes[node].saved):
                if saved.tensor is not None:
                    box = self._add(
                        int(self.place.above[self.tree.owner[node]]), **_saved_box(node, index, saved, saved.tensor)
                    )
                    wires.append(Wire(source=box, target=int(box_of[node])))
        return wires

    def _add_results(self, box_of: Whole, leaf_of: Whole) -> list[Wire]:
        wires = []
        for index, root in enumerate(self.graph.roots):
            source = self._box_of_result(root.node, box_of, leaf_of)
            box = self._add(
                NONE,
                id=f"r{index}",
                kind="result",
                title=shorten_call(root.name),
                subtitle=_number_or_shape(root.value, root.tensor),
                node=root.node,
            )
            wires.append(Wire(source=source, target=box))
        return wires

    def _box_of_result(self, node: int, box_of: Whole, leaf_of: Whole) -> int:
        """The box that the wire to a result begins at; a leaf that nothing uses gets one here."""
        if box_of[node] != NONE:
            return int(box_of[node])
        uses = np.flatnonzero(self.about.uses.leaf == node)
        return int(leaf_of[uses[0]]) if len(uses) else self._add_leaf(f"n{node}", self.graph.nodes[node], NONE)


@once
def _leaf_values(_graph: Graph, tensors: Sequence[Tensor]) -> dict[int | None, Nested | None]:
    """By node of a graph: the value of the leaf that it is for."""
    return {tensor.grad_fn: tensor.value for tensor in tensors if tensor.is_leaf}


@once
def _given_homes(graph: Graph, ops: Sequence[Op], tensors: Sequence[Tensor]) -> tuple[tuple[Given, ...], Whole]:
    """The inputs that need no gradient, and by input the call that it is drawn in."""
    taken = given(graph, ops, tensors)
    names = coded([each.name for each in taken])
    return taken, homes(outline(graph).tree, names, np.arange(len(taken)), whole(each.node for each in taken))


def _saved_box(node: int, index: int, saved: Saved, tensor: TensorMeta) -> dict[str, Any]:
    subtitle = f"{shape_text(tensor.shape)} · {bytes_text(saved.nbytes)}"
    return {
        "id": f"s{node}.{index}",
        "kind": "saved",
        "title": shorten(saved.name),
        "subtitle": subtitle,
        "node": node,
        "saved": index,
    }


def _number_or_shape(value: Nested | None, tensor: TensorMeta | None) -> str:
    """The number that a 0-dim tensor is, else a tensor's shape."""
    if isinstance(value, int | float):
        return f"{value:.6g}"
    return shorten(shape_text(tensor.shape)) if tensor else ""
