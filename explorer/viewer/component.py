"""Streamlit's side of the browser modules: what a page calls to show the graph, and the helper that every such view is made with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from msgspec.structs import asdict

from explorer.viewer import assets
from explorer.viewer.look import Look

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_STUB = (Path(__file__).parent / "stub.js").read_text(encoding="utf-8")


def browser_module(name: str, module: str, *styles: str) -> ComponentRenderer:
    """Register a v2 component whose code is a module of `explorer/viewer/js`; call it once, at import.

    The module exports ``mount(root, port)``: `root` is the component's ShadowRoot, with the `styles` already adopted;
    ``port.set(name, value)`` sets a state value and ``port.trigger(name, value)`` a trigger value of the mount, both
    answered by a rerun. It returns ``{update(data), unmount()}``: `update` gets what Python passed as ``data``, at once and
    again whenever it or the theme changes; whatever the person did lives in the module and survives reruns.

    Args:
        name: unique in the app, as in ``explorer_graph``.
        module: file name in `explorer/viewer/js`, as in ``graph_view.mjs``.
        styles: style sheets beside it, as in ``viewer.css``.
    """
    stub = _STUB.replace("FOLDER", assets.folder()).replace('"MODULE"', json.dumps(module))
    return st.components.v2.component(name, js=stub.replace("STYLES", json.dumps(styles)))


_scene = browser_module("explorer_scene", "scene_mount.mjs")
_graph = browser_module("explorer_graph", "graph_mount.mjs", "viewer.css", "export_menu.css")


@dataclass(frozen=True)
class GraphEvents:
    """What the person did in the graph."""

    selected: int | None = None
    """Id of the selected node; None where nothing is selected, or a folded module."""
    toggled: str | None = None
    """Path of a module to open or to fold; set in one rerun only."""
    command: str | None = None
    """``fold_all``, ``unfold_all``, ``depth:2``, ``saved:on``, ``saved:off``, ``wrap:on``, ``engine:graphviz``, ``check:7`` (a forward call), ``repeats:5``, ``verify``,
    ``storage:3`` (chosen by its tag), or what `look.Look.commanded` reads; set in one rerun only."""


DEFAULT = Look()


def _ignore() -> None:
    """Streamlit keeps the states and triggers of a mount that have a callback."""


def graph_view(
    scene: bytes,
    *,
    key: str,
    height: int = 620,
    overview: bool = False,
    selected: int | None = None,
    look: Look = DEFAULT,
    exports: Mapping[str, str] | None = None,
    on_selected: Callable[[], Any] = _ignore,
    on_toggled: Callable[[], Any] = _ignore,
    on_command: Callable[[], Any] = _ignore,
) -> GraphEvents:
    """Show a scene, with its inspector beside it, or below where the page is narrow.

    Args:
        scene: what `explorer.viewer.scene.encode` packed; its language is the view's. An equal scene is not sent again.
        key: names the view on the page; camera, selection and search belong to it and survive reruns.
        height: px of the drawing, and of the inspector beside it.
        overview: whether the drawing comes first: as much of it as can be read is seen at first, the inspector stands below it, the legend is folded.
        selected: node to select from outside. Only a change of this argument counts: it never undoes what the person selected since.
        look: view, overlay and what else to show, under the same rule.
        exports: ``token`` of the session's offer (`explorer.app.exports`) and the ``name`` of its files; None offers an image only.
        on_selected: called before a rerun that a new selection caused, with the answer in ``st.session_state[key]``.
        on_toggled: the same for `GraphEvents.toggled`.
        on_command: the same for `GraphEvents.command`.
    """
    with st.container(gap=None):
        _scene(key=f"{key}-scene", data=_addressed(key, scene))
        result = _graph(
            key=key,
            data={
                "channel": key,
                "height": height,
                "overview": overview,
                "selected": selected,
                "look": asdict(look),
                "exports": exports,
            },
            on_selected_change=on_selected,
            on_toggled_change=on_toggled,
            on_command_change=on_command,
        )
    return GraphEvents(result.get("selected"), result.get("toggled"), result.get("command"))


def _addressed(key: str, scene: bytes) -> bytes:
    """The scene with the key of the view that it is for in front; `js/scene_mount.mjs` is the reader."""
    address = len(key.encode()).to_bytes(4, "little") + key.encode()
    return address + b"\0" * (-len(address) % 8) + scene
