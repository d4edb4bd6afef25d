"""From a run to what the viewer shows, and what its folding and its buttons do to the page's state."""

from __future__ import annotations

from msgspec.structs import replace

from explorer.app.state import GraphState
from explorer.graph.folding import every_module, open_to_depth, toggle
from explorer.graph.layout import LayoutError, LayoutTimeoutError, lay_out, lay_out_apart
from explorer.graph.picture import Picture, compose
from explorer.ir import Graph, Layout, Record, Run
from explorer.viewer import scene
from explorer.viewer.slices import Slices
from explorer.words import Language, say

MOST_REPEATS = 20
"""Further runs that may be asked for at once."""


GRAPHVIZ_SECONDS = 5.0
"""Wall seconds that Graphviz may take before the default's drawing is shown."""


MOST_SECONDS = 60.0
"""Wall seconds that the product's own engine may take for what is asked, before the drawing at first sight is shown instead."""


class Drawing(Record, frozen=True, kw_only=True):
    """A run drawn."""

    scene: bytes
    """For `explorer.viewer.component.graph_view`."""
    details: Slices
    """What a large scene leaves out; its page may ask for it while this is kept."""
    open_modules: tuple[str, ...]
    """What is drawn open; also where the state leaves the choice to the size of the graph."""
    note: str = ""
    """Why it is not drawn as asked, where it is not."""


def draw(run: Run, state: GraphState, language: Language) -> Drawing:
    """Compose, lay out and pack `run` as `state` wants it, or nearly so with a note that says why."""
    picture = _composed(run, state, language)
    try:
        layout, note = _placed(picture, state)
    except LayoutError:
        picture = _composed(run, replace(state, open_modules=None), language)
        layout, note = lay_out(picture, wrap=state.wrap), "graph.engine.large"
    said = say(note, language, seconds=f"{GRAPHVIZ_SECONDS:g}") if note else ""
    blob, details = scene.offer(run, layout, language)
    return Drawing(scene=blob, details=details, open_modules=picture.open_modules, note=said)


def _composed(run: Run, state: GraphState, language: Language) -> Picture:
    opened = None if state.open_modules is None else frozenset(state.open_modules)
    return compose(run.graph, run.ops, run.tensors, open_modules=opened, show_saved=state.show_saved, language=language)


def _placed(picture: Picture, state: GraphState) -> tuple[Layout, str | None]:
    """The layout that the state asks for, else the default one and the key of a sentence that says why."""
    note = None
    if state.engine == "graphviz":
        try:
            return lay_out_apart(picture, "graphviz", GRAPHVIZ_SECONDS), None
        except LayoutError as problem:
            slow = isinstance(problem, LayoutTimeoutError)
            note = "graph.engine.slow" if slow else "graph.engine.failed"
    return lay_out_apart(picture, seconds=MOST_SECONDS, wrap=state.wrap), note


def toggled(state: GraphState, open_modules: tuple[str, ...], module: str) -> GraphState:
    """The state after a double click on `module`."""
    return _opened(state, toggle(frozenset(open_modules), module))


def commanded(state: GraphState, graph: Graph, command: str) -> GraphState:
    """The state after a button of the viewer; one that is not known changes nothing."""
    match command.split(":"):
        case ["fold_all"]:
            return _opened(state, frozenset())
        case ["unfold_all"]:
            return _opened(state, every_module(graph))
        case ["depth", depth] if depth.isdecimal():
            return _opened(state, open_to_depth(graph, int(depth)))
        case ["engine", ("layered" | "graphviz") as engine]:
            return replace(state, engine=engine)
        case ["wrap", ("on" | "off") as switch]:
            return replace(state, wrap=switch == "on")
        case ["saved", ("on" | "off") as switch]:
            return replace(state, show_saved=switch == "on")
        case ["check", op] if op.isdecimal():
            return state.asking(check=int(op))
        case ["repeats", times] if times.isdecimal():
            return state.asking(repeats=min(int(times), MOST_REPEATS))
        case ["verify"]:
            return state.asking(verify="always")
        case ["storage", storage] if storage.isdecimal():
            return replace(state, storage=int(storage))
    return replace(state, look=state.look.commanded(command))


def _opened(state: GraphState, modules: frozenset[str]) -> GraphState:
    return replace(state, open_modules=tuple(sorted(modules)))
