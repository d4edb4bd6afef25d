"""A run's graph in Graphviz's DOT language, one cluster a module call; for people who go on with it in their own tools."""

from __future__ import annotations

from graphviz import Digraph
from graphviz.quoting import escape

from explorer.graph.folding import every_module, open_to_depth
from explorer.graph.picture import Picture, compose
from explorer.ir import Box, Run
from explorer.words import Language

_SHAPES: dict[str, dict[str, str]] = {
    "operation": {"style": "rounded,filled", "fillcolor": "#f5f7fa"},
    "custom": {"style": "rounded,filled", "fillcolor": "#f1eafa", "color": "#8a5cc4", "penwidth": "2"},
    "leaf": {"shape": "ellipse", "style": "filled", "fillcolor": "#e3f1e7", "color": "#4f9a68"},
    "input": {"style": "filled", "fillcolor": "#eceef1", "color": "#8a94a3"},
    "saved": {"style": "dashed,filled", "fillcolor": "#fdf0dd", "color": "#c98a2b"},
    "result": {"shape": "ellipse", "style": "filled,bold", "fillcolor": "#e4ecfb", "color": "#3f6fd1"},
    "module": {"shape": "box3d", "style": "filled", "fillcolor": "#f5f7fa"},
}

_DEEPEST = 40
"""Clusters in clusters."""


def write(
    run: Run, *, open_modules: frozenset[str] | None = None, show_saved: bool = False, language: Language = "en"
) -> str:
    """The graph as DOT, with what `open_modules` names open, or everything. Names of the run are labels only, never DOT.

    What lies deeper than `_DEEPEST` stays folded, since Graphviz walks clusters recursively.
    """
    every, shallow = every_module(run.graph), open_to_depth(run.graph, _DEEPEST)
    opened = shallow if open_modules is None else open_modules - (every - shallow)
    drawn = compose(run.graph, run.ops, run.tensors, open_modules=opened, show_saved=show_saved, language=language)
    return str(digraph(drawn).source)


def digraph(picture: Picture) -> Digraph:
    """`picture` for Graphviz: boxes are called ``b0``, ``b1``, ... in their order, arrows point in forward direction."""
    graph = Digraph(
        "autograd",
        graph_attr={"rankdir": "TB", "fontname": "Helvetica", "fontsize": "11"},
        node_attr={"shape": "box", "fontname": "Helvetica", "fontsize": "11", "color": "#5b6675"},
        edge_attr={"color": "#8a94a3", "arrowsize": "0.7"},
    )
    inside: dict[int | None, list[int]] = {}
    for index, home in enumerate(picture.homes):
        inside.setdefault(home, []).append(index)
    within: dict[int | None, list[int]] = {}
    for index, group in enumerate(picture.groups):
        within.setdefault(group.parent, []).append(index)
    _fill(graph, picture, (inside, within), None)
    for wire in picture.wires:
        graph.edge(f"b{wire.source}", f"b{wire.target}")
    return graph


_Tree = dict[int | None, list[int]]
"""By group: indices of what it holds."""


def _fill(graph: Digraph, picture: Picture, trees: tuple[_Tree, _Tree], home: int | None) -> None:
    """Write the boxes of a group, then the groups in it."""
    inside, within = trees
    for index in inside.get(home, ()):
        box = picture.boxes[index]
        graph.node(f"b{index}", _label(box), tooltip=_text(box.id), **_SHAPES[box.kind])
    for index in within.get(home, ()):
        with graph.subgraph(name=f"cluster_{index}") as cluster:
            cluster.attr(label=_text(picture.groups[index].title), labeljust="l", color="#c5ccd6", style="rounded")
            _fill(cluster, picture, trees, index)


def _text(text: str) -> str:
    """A label that Graphviz shows as it stands: no HTML, no escapes of its own, no NUL."""
    return str(escape("".join(one if one.isprintable() else "\ufffd" for one in text)))


def _label(box: Box) -> str:
    return _text(box.title) + (r"\n" + _text(box.subtitle) if box.subtitle else "")
