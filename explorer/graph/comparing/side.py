"""One of the two graphs, as matching reads it: nodes, what they take, who takes them, in an order that no numbering changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from explorer.ir import Edge, Node, Run

Label = tuple[str | int, ...]


class Side:
    """A run's graph; every list is by node id."""

    def __init__(self, run: Run) -> None:
        self.run, self.nodes = run, run.graph.nodes
        self.inputs: list[list[Edge]] = [[] for _ in self.nodes]
        """Edges to what a node takes, by slot."""
        for edge in run.graph.edges:
            self.inputs[edge.source].append(edge)
        self.results: list[list[int]] = [[] for _ in self.nodes]
        """Numbers of the results that a node is one of."""
        for number, root in enumerate(run.graph.roots):
            self.results[root.node].append(number)
        self.order = list(_inputs_first(self.inputs, [root.node for root in run.graph.roots]))
        self.place = [0] * len(self.nodes)
        for place, node in enumerate(self.order):
            self.place[node] = place
        self.uses: list[list[Edge]] = [[] for _ in self.nodes]
        """Edges from those that take it, in the order of the graph, then by slot."""
        for node in self.order:
            for edge in self.inputs[node]:
                self.uses[edge.target].append(edge)

    def source(self, node: Node) -> str:
        """The piece of source that made it."""
        return self.run.ops[node.op].text if node.op is not None and node.op < len(self.run.ops) else ""

    def exact(self, node: Node) -> Label:
        """What tells a node from others, its neighbours and its line's number apart (lines move when code is inserted above them)."""
        return (node.kind, node.name, node.module or "", node.call, node.variable or "", self.source(node), node.order)

    def named(self, node: Node) -> Label:
        """The same for code that was changed: its module and its variable."""
        return (node.kind, node.name, node.module or "", node.variable or "")

    def alike(self, node: Node) -> Label:
        """What a node must share at least with one that it is matched with: the function that it computes."""
        return (node.kind, node.name)


def _inputs_first(inputs: Sequence[Sequence[Edge]], roots: Sequence[int]) -> Iterator[int]:
    """Every node once, after what it takes (as far as there are no cycles), in the order of the slots; without recursion."""
    seen = [False] * len(inputs)
    for start in [*roots, *range(len(inputs))]:
        if seen[start]:
            continue
        seen[start] = True
        stack = [(start, iter(inputs[start]))]
        while stack:
            node, left = stack[-1]
            for edge in left:
                if not seen[edge.target]:
                    seen[edge.target] = True
                    stack.append((edge.target, iter(inputs[edge.target])))
                    break
            else:
                stack.pop()
                yield node
