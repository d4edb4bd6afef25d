"""What is drawn, before anything has a place: boxes, wires and nested groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from explorer.graph.collector import put_off
from explorer.graph.folding import readable
from explorer.graph.inputs import Given, given
from explorer.graph.leaves import leaf_boxes
from explorer.graph.measure import box_size, bytes_text, count_text, shape_text, shorten, shorten_call, shorten_path
from explorer.graph.modules import Call, home_of
from explorer.graph.outline import Outline, outline
from explorer.graph.sums import total
from explorer.ir import Box, BoxKind, Graph, Nested, Node, Op, Record, Saved, Tensor, TensorMeta, Unit, Wire
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
        called = (ops[node.op] for node in graph.nodes if node.op is not None and node.op < len(ops))
        self.said = Counter((op.text, op.line) for op in called)
        self.values = {tensor.grad_fn: tensor.value for tensor in tensors if tensor.is_leaf}
        self.boxes: list[Box] = []
        self.homes: list[int | None] = []
        self.groups: list[Group] = []
        self.group_of: dict[int | None, int | None] = {None: None}
        self.folded: dict[int, int] = {}
        self.inside = about.inside
        self.place = self._place_calls()

    def compose(self, show_saved: bool) -> Picture:
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
            depth=max((call.depth + 1 for call in self.tree.calls), default=0),
        )

    def _place_calls(self) -> list[tuple[int | None, int | None]]:
        """By call: the open call that its nodes are drawn in, and the folded call that hides them (or None)."""
        place: list[tuple[int | None, int | None]] = []
        for index, call in enumerate(self.tree.calls):
            above, hidden = (None, None) if call.parent is None else place[call.parent]
            if hidden is None:
                if (name := call.opened_by(self.opened)) is not None:
                    self._open(index, call, above, name)
                    above = index
                else:
                    hidden = index
            place.append((above, hidden))
        return place

    def _open(self, index: int, call: Call, above: int | None, fold: str) -> None:
        self.group_of[index] = len(self.groups)
        title = " · ".join([self._call_title(call, above), *self._kind(call)])
        self.groups.append(
            Group(
                module=call.module,
                call=call.number,
                title=title,
                depth=call.depth,
                unit=call.unit,
                fold=fold,
                repeats=call.repeats if call.unit != "step" else 0,
                class_name=call.class_name,
                nodes=tuple(self.inside[index]),
                parent=self.group_of[above],
            )
        )

    def _call_title(self, call: Call, above: int | None) -> str:
        if call.unit == "step":
            return say("graph.step", self.language, step=f"{call.place + 1:,}", steps=f"{call.repeats:,}")
        same = call.ends is not None and call.ends[0] == call.ends[1]
        if call.span is not None and (same or call.ends is None):
            first, last = call.span
            return say("graph.range", self.language, first=f"{first:,}", last=f"{last:,}")
        if call.lines is not None:
            first, last = call.lines
            return say("graph.line" if first == last else "graph.lines", self.language, first=first, last=last)
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

    def _within(self, path: str, above: int | None) -> str:
        """`path` as it is called inside the call `above`; groups and steps are no part of a path."""
        while above is not None and self.tree.calls[above].unit != "module":
            above = self.tree.calls[above].parent
        return path if above is None else path.removeprefix(self.tree.calls[above].module + ".")

    def _add(self, above: int | None, *, title: str, subtitle: str = "", **fields: Any) -> int:
        """Add a box, of the size that its two lines need; its index."""
        width, height = box_size(title, subtitle)
        self.boxes.append(Box(title=title, subtitle=subtitle, width=width, height=height, **fields))
        self.homes.append(self.group_of[above])
        return len(self.boxes) - 1

    def _placed(self, call: int | None) -> tuple[int | None, int | None]:
        return (None, None) if call is None else self.place[call]

    def _add_operations(self) -> list[int]:
        """By node id: the box that shows it (-1 for leaves, which follow)."""
        box_of = [-1] * len(self.graph.nodes)
        for node in reversed(self.tree.order):
            above, hidden = self._placed(self.tree.owner[node])
            if hidden is None:
                record = self.graph.nodes[node]
                title, subtitle = self._operation_lines(record)
                kind: BoxKind = "custom" if record.kind == "custom" else "operation"
                box_of[node] = self._add(above, id=f"n{node}", kind=kind, title=title, subtitle=subtitle, node=node)
                continue
            if hidden not in self.folded:
                self.folded[hidden] = self._add_folded(hidden, above)
            box_of[node] = self.folded[hidden]
        return box_of

    def _add_folded(self, index: int, above: int | None) -> int:
        call = self.tree.calls[index]
        ids = tuple(self.inside[index])
        return self._add(
            above,
            id=f"m:{call.module}#{call.number}",
            kind="module",
            title=self._call_title(call, above),
            subtitle=self._contents(call, ids),
            module=call.module,
            unit=call.unit,
            fold=call.fold,
            repeats=call.repeats if call.unit != "step" else 0,
            class_name=call.class_name,
            nodes=ids,
        )

    def _contents(self, call: Call, nodes: tuple[int, ...]) -> str:
        """What is in a folded module, in short; its times and gradients change from run to run and are left to the inspector."""
        found = total(self.graph, nodes)
        parts = self._kind(call)
        if not parts or not (found.parameters or found.saved_bytes):
            parts.append(say("graph.nodes", self.language, count=f"{found.nodes:,}"))
        if found.parameters:
            parts.append(say("graph.parameters", self.language, count=count_text(found.parameters)))
        if found.saved_bytes:
            parts.append(say("graph.saved", self.language, size=bytes_text(found.saved_bytes)))
        return " · ".join(parts)

    def _operation_lines(self, node: Node) -> tuple[str, str]:
        """What a learner reads first: the source text where it means this node alone, else what was called; then the grad_fn's name."""
        op = self.ops[node.op] if node.op is not None and node.op < len(self.ops) else None
        if op is not None and op.text and self.said[op.text, op.line] == 1:
            return shorten_call(op.text), shorten(node.name)
        if op is not None and op.grad_fn == node.id:
            return shorten(op.name), shorten(node.name)
        if node.variable:
            return shorten_path(node.variable), shorten(node.name)
        return shorten(node.name), shape_text(node.output.shape) if node.output else ""

    def _add_leaves(self) -> dict[tuple[int, int], int]:
        """By (leaf, consumer): the box that the leaf has for that use."""
        found: dict[tuple[int, int], int] = {}
        for leaf in leaf_boxes(self.graph, self.about, self.place):
            node = self.graph.nodes[leaf.node]
            name = f"n{leaf.node}" if leaf.copy_at is None else f"n{leaf.node}@{leaf.copy_at}"
            box = self._add_leaf(name, node, leaf.above) if leaf.hidden is None else self.folded[leaf.hidden]
            found.update({(node.id, consumer): box for consumer in leaf.consumers})
        return found

    def _add_leaf(self, name: str, node: Node, above: int | None) -> int:
        title = shorten_path(self._within(node.variable, above)) if node.variable else node.name
        subtitle = _number_or_shape(self.values.get(node.id), node.output)
        return self._add(above, id=name, kind="leaf", title=title, subtitle=subtitle, node=node.id)

    def _wires(self, box_of: list[int], leaf_of: dict[tuple[int, int], int]) -> list[Wire]:
        """One wire for each pair of boxes with edges between them."""
        edges: dict[tuple[int, int], list[int]] = {}
        for index, (source, target) in enumerate(self.about.edges):
            consumer, producer = box_of[source], box_of[target]
            if producer < 0:
                producer = leaf_of[target, source]
            if producer == consumer:
                continue
            pair = producer, consumer
            if pair in edges:
                edges[pair].append(index)
            else:
                edges[pair] = [index]
        return [Wire(source=pair[0], target=pair[1], edges=tuple(indices)) for pair, indices in edges.items()]

    def _with_inputs(self, wires: list[Wire], box_of: list[int]) -> list[Wire]:
        """`wires` and those of the inputs that need no gradient: first arguments left of all else, further ones right."""
        homes = (
            (each, *self._placed(home_of(each.name, self.tree, each.node)))
            for each in given(self.graph, self.ops, self.tensors)
        )
        seen = [
            (each, above) for each, above, hidden in homes if hidden is None and not self._in_folded_loop(each.node)
        ]
        if max(len(self.boxes), len(seen)) > FEW_BOXES:
            return wires
        first, further = list[Wire](), list[Wire]()
        for each, above in seen:
            box = self._add_input(each, above)
            (further if each.place else first).append(Wire(source=box, target=box_of[each.node]))
        return [*first, *wires, *further]

    def _in_folded_loop(self, node: int) -> bool:
        """Whether a folded group hides `node`: what each step takes is not drawn beside it."""
        _, hidden = self._placed(self.tree.owner[node])
        return hidden is not None and self.tree.calls[hidden].unit != "module"

    def _add_input(self, each: Given, above: int | None) -> int:
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

    def _add_saved(self, box_of: list[int]) -> list[Wire]:
        wires = []
        for node in self.graph.nodes:
            above, hidden = self._placed(self.tree.owner[node.id])
            if hidden is not None:
                continue
            for index, saved in enumerate(node.saved):
                if saved.tensor is None:
                    continue
                box = self._add(above, **_saved_box(node.id, index, saved, saved.tensor))
                wires.append(Wire(source=box, target=box_of[node.id]))
        return wires

    def _add_results(self, box_of: list[int], leaf_of: dict[tuple[int, int], int]) -> list[Wire]:
        wires = []
        for index, root in enumerate(self.graph.roots):
            source = box_of[root.node]
            if source < 0:
                source = next((box for (leaf, _), box in leaf_of.items() if leaf == root.node), -1)
            if source < 0:
                lone = self.graph.nodes[root.node]
                source = self._add_leaf(f"n{lone.id}", lone, None)
            box = self._add(
                None,
                id=f"r{index}",
                kind="result",
                title=shorten_call(root.name),
                subtitle=_number_or_shape(root.value, root.tensor),
                node=root.node,
            )
            wires.append(Wire(source=source, target=box))
        return wires


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
