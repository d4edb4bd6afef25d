"""What is drawn, before anything has a place: boxes, wires and nested groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from explorer.graph.folding import readable
from explorer.graph.inputs import Given, given
from explorer.graph.leaves import leaf_boxes
from explorer.graph.measure import box_size, bytes_text, shape_text, shorten, shorten_call, shorten_path
from explorer.graph.memory import saved_bytes
from explorer.graph.modules import Call, ModuleTree, home_of, modules
from explorer.graph.order import depths
from explorer.ir import Box, BoxKind, Graph, Nested, Node, Op, Record, Root, Saved, Tensor, TensorMeta, Wire
from explorer.words import Language, say

FEW_BOXES = 60
"""A drawing of more boxes, or with more inputs that need no gradient, leaves those inputs out."""


class Group(Record, frozen=True, kw_only=True):
    """An open module call."""

    module: str
    call: int
    title: str
    depth: int
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
        open_modules: paths of the modules to draw open. None opens all of a graph of at most 300 nodes, and of a larger
            one as much as stays readable.
        show_saved: whether each saved tensor gets a box of its own above the node that saved it.
        language: of the titles that are words.
    """
    tree = modules(graph)
    opened = readable(graph, tree) if open_modules is None else open_modules
    return _Composer(graph, ops, tensors, tree=tree, opened=opened, language=language).compose(show_saved)


class _Composer:
    """Collects boxes; one instance a picture."""

    def __init__(
        self,
        graph: Graph,
        ops: Sequence[Op],
        tensors: Sequence[Tensor],
        *,
        tree: ModuleTree,
        opened: frozenset[str],
        language: Language,
    ) -> None:
        self.graph, self.ops, self.tensors, self.tree, self.language = graph, ops, tensors, tree, language
        self.opened = opened
        called = (ops[node.op] for node in graph.nodes if node.op is not None and node.op < len(ops))
        self.said = Counter((op.text, op.line) for op in called)
        self.values = {tensor.grad_fn: tensor.value for tensor in tensors if tensor.is_leaf}
        self.boxes: list[Box] = []
        self.homes: list[int | None] = []
        self.groups: list[Group] = []
        self.group_of: dict[int | None, int | None] = {None: None}
        self.folded: dict[int, int] = {}
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
            open_modules=tuple(sorted({group.module for group in self.groups})),
        )

    def _place_calls(self) -> list[tuple[int | None, int | None]]:
        """By call: the open call that its nodes are drawn in, and the folded call that hides them (or None)."""
        place: list[tuple[int | None, int | None]] = []
        for index, call in enumerate(self.tree.calls):
            above, hidden = (None, None) if call.parent is None else place[call.parent]
            if hidden is None:
                if call.module in self.opened:
                    self._open(index, call, above)
                    above = index
                else:
                    hidden = index
            place.append((above, hidden))
        return place

    def _open(self, index: int, call: Call, above: int | None) -> None:
        self.group_of[index] = len(self.groups)
        self.groups.append(
            Group(
                module=call.module,
                call=call.number,
                title=self._call_title(call, above),
                depth=call.depth,
                parent=self.group_of[above],
            )
        )

    def _call_title(self, call: Call, above: int | None) -> str:
        path = shorten_path(self._within(call.module, above))
        if not call.repeated:
            return path
        return say("graph.call", self.language, module=path, call=call.number + 1, calls=call.total)

    def _within(self, path: str, above: int | None) -> str:
        """`path` as it is called inside the call `above`."""
        return path if above is None else path.removeprefix(self.tree.calls[above].module + ".")

    def _add(self, box: Box, above: int | None) -> int:
        """Add a box, of the size that its two lines need; its index."""
        width, height = box_size(box.title, box.subtitle)
        self.boxes.append(msgspec.structs.replace(box, width=width, height=height))
        self.homes.append(self.group_of[above])
        return len(self.boxes) - 1

    def _placed(self, call: int | None) -> tuple[int | None, int | None]:
        return (None, None) if call is None else self.place[call]

    def _add_operations(self) -> list[int]:
        """By node id: the box that shows it (-1 for leaves, which follow)."""
        inside = self._nodes_inside()
        box_of = [-1] * len(self.graph.nodes)
        for node in reversed(self.tree.order):
            above, hidden = self._placed(self.tree.owner[node])
            if hidden is None:
                record = self.graph.nodes[node]
                title, subtitle = self._operation_lines(record)
                kind: BoxKind = "custom" if record.kind == "custom" else "operation"
                box_of[node] = self._add(
                    Box(id=f"n{node}", kind=kind, title=title, subtitle=subtitle, node=node), above
                )
                continue
            if hidden not in self.folded:
                self.folded[hidden] = self._add_folded(hidden, above, inside[hidden])
            box_of[node] = self.folded[hidden]
        return box_of

    def _nodes_inside(self) -> list[list[int]]:
        """By call: ids of all nodes in it and in the calls that it made, each once."""
        inside: list[list[int]] = [list(call.nodes) for call in self.tree.calls]
        for index in range(len(inside) - 1, -1, -1):
            parent = self.tree.calls[index].parent
            _, hidden = self.place[index]
            if parent is not None and hidden is not None and hidden != index:
                inside[parent].extend(inside[index])
        return inside

    def _add_folded(self, call: int, above: int | None, nodes: list[int]) -> int:
        record = self.tree.calls[call]
        ids = tuple(sorted(set(nodes)))
        title = self._call_title(record, above)
        subtitle = self._contents(ids)
        box = Box(
            id=f"m:{record.module}#{record.number}",
            kind="module",
            title=title,
            subtitle=subtitle,
            module=record.module,
            nodes=ids,
        )
        return self._add(box, above)

    def _contents(self, nodes: tuple[int, ...]) -> str:
        members = [self.graph.nodes[node] for node in nodes]
        saved = sum(item.tensor is not None for node in members for item in node.saved)
        count = say("graph.nodes", self.language, count=len(nodes))
        if not saved:
            return count
        return f"{count} · " + say("graph.saved", self.language, count=saved, size=bytes_text(saved_bytes(members)))

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
        depth = depths(self.graph, self.tree.order)
        for leaf in leaf_boxes(self.graph, self.tree, self.place, depth):
            node = self.graph.nodes[leaf.node]
            name = f"n{leaf.node}" if leaf.copy_at is None else f"n{leaf.node}@{leaf.copy_at}"
            if leaf.hidden is not None:
                box = self.folded[leaf.hidden]
            else:
                box = self._add(self._leaf_box(name, node, leaf.above), leaf.above)
            found.update({(node.id, consumer): box for consumer in leaf.consumers})
        return found

    def _leaf_box(self, name: str, node: Node, above: int | None) -> Box:
        title = shorten_path(self._within(node.variable, above)) if node.variable else node.name
        subtitle = _number_or_shape(self.values.get(node.id), node.output)
        return Box(id=name, kind="leaf", title=title, subtitle=subtitle, node=node.id)

    def _wires(self, box_of: list[int], leaf_of: dict[tuple[int, int], int]) -> list[Wire]:
        """One wire for each pair of boxes with edges between them."""
        edges: dict[tuple[int, int], list[int]] = {}
        for index, edge in enumerate(self.graph.edges):
            consumer = box_of[edge.source]
            producer = leaf_of.get((edge.target, edge.source), box_of[edge.target])
            if producer != consumer:
                edges.setdefault((producer, consumer), []).append(index)
        return [Wire(source=pair[0], target=pair[1], edges=tuple(indices)) for pair, indices in edges.items()]

    def _with_inputs(self, wires: list[Wire], box_of: list[int]) -> list[Wire]:
        """`wires` and those of the inputs that need no gradient: first arguments left of all else, further ones right."""
        homes = (
            (each, *self._placed(home_of(each.name, self.tree, each.node)))
            for each in given(self.graph, self.ops, self.tensors)
        )
        seen = [(each, above) for each, above, hidden in homes if hidden is None]
        if max(len(self.boxes), len(seen)) > FEW_BOXES:
            return wires
        first, further = list[Wire](), list[Wire]()
        for each, above in seen:
            box = self._add(self._input_box(each, above), above)
            (further if each.place else first).append(Wire(source=box, target=box_of[each.node]))
        return [*first, *wires, *further]

    def _input_box(self, each: Given, above: int | None) -> Box:
        subtitle = _number_or_shape(each.value, each.meta)
        if each.frozen:
            subtitle = f"{say('graph.frozen', self.language)} · {subtitle}"
        return Box(
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
                box = self._add(_saved_box(node.id, index, saved, saved.tensor), above)
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
                source = self._add(self._leaf_box(f"n{lone.id}", lone, None), None)
            box = self._add(_root_box(index, root), None)
            wires.append(Wire(source=source, target=box))
        return wires


def _saved_box(node: int, index: int, saved: Saved, tensor: TensorMeta) -> Box:
    subtitle = f"{shape_text(tensor.shape)} · {bytes_text(saved.nbytes)}"
    return Box(
        id=f"s{node}.{index}", kind="saved", title=shorten(saved.name), subtitle=subtitle, node=node, saved=index
    )


def _root_box(index: int, root: Root) -> Box:
    subtitle = _number_or_shape(root.value, root.tensor)
    return Box(id=f"r{index}", kind="result", title=shorten_call(root.name), subtitle=subtitle, node=root.node)


def _number_or_shape(value: Nested | None, tensor: TensorMeta | None) -> str:
    """The number that a 0-dim tensor is, else a tensor's shape."""
    if isinstance(value, int | float):
        return f"{value:.6g}"
    return shorten(shape_text(tensor.shape)) if tensor else ""
