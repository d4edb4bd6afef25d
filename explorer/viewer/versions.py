"""The time line of writes: what of a run it is fed with, and Streamlit's side of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from explorer.ir import Run, Tensor
from explorer.strides.history import Event, History, histories
from explorer.viewer.component import browser_module
from explorer.viewer.storages import view_words
from explorer.words import Language

MOST_STORAGES = 20
MOST_EVENTS = 60
"""Events shown of one storage; a training loop writes thousands of times, and the first and last tell it all."""

_mount = browser_module("explorer_versions", "versions.mjs", "storage.css", "versions.css")

COMPARED = """\
x = torch.tensor([1., 2., 3., 4., 5., 6., 7.], requires_grad=True)
x_clone = x.clone()
x_detach = x.detach()
x_data = x.data
x_both = x.detach().clone()
with torch.no_grad():
    x[0] = 10."""
"""What the notes compare (``z = x.clone()`` against ``z = x.detach()``), and a write to see who hears of it."""


def versions_view(run: Run, compared: Run, *, key: str, language: Language) -> None:
    """Show what happened to each storage of a run, and the ways to get a tensor from a tensor side by side.

    Args:
        run: whose storages.
        compared: the run of `COMPARED`.
        key: unique in the app.
        language: of its words.
    """
    shown, more = told(run)
    _mount(
        key=key,
        data={
            "storages": shown,
            "more": more,
            "compared": {"code": COMPARED, "rows": comparison(compared.tensors)},
            "words": view_words("versions.", language),
        },
    )


def told(run: Run) -> tuple[list[dict[str, Any]], int]:
    """The histories to show, those with writes first, and how many are left out."""
    found = [one for one in histories(run) if one.tensors or one.written or len(one.events) > 1]
    ordered = sorted(found, key=lambda one: (not one.written, not one.tensors))
    lines = run.code.split("\n")
    return [_told(one, lines) for one in ordered[:MOST_STORAGES]], max(0, len(ordered) - MOST_STORAGES)


def _told(history: History, lines: Sequence[str]) -> dict[str, Any]:
    half = MOST_EVENTS // 2
    events = history.events
    shown = events if len(events) <= MOST_EVENTS else (*events[:half], *events[-half:])
    return {
        "storage": history.storage,
        "tensors": list(history.tensors),
        "written": history.written,
        "hidden": len(events) - len(shown),
        "hiddenAt": half,
        "events": [_event(event, lines) for event in shown],
    }


def _event(event: Event, lines: Sequence[str]) -> dict[str, Any]:
    text = lines[event.line - 1].strip() if event.line and event.line <= len(lines) else ""
    through = (
        event.name if event.kind == "saved" or (event.name or "") in text else None
    )  # not by a name that stands elsewhere
    return asdict(event) | {"name": through, "text": text, "stale": [asdict(one) for one in event.stale]}


def comparison(tensors: Sequence[Tensor]) -> list[dict[str, Any]]:
    """What each tensor of `COMPARED` shares with ``x``, by the run: storage, graph, version counter, and the write."""
    x = next((one for one in tensors if one.name == "x"), None)
    if x is None:
        return []
    return [
        {
            "name": one.name,
            "storage": one.storage_id == x.storage_id,
            "graph": one.requires_grad,
            "counter": one.version == x.version,
            "first": one.value[0] if isinstance(one.value, list) else None,
        }
        for one in tensors
        if one.name.startswith("x_")
    ]
