"""The table of tensors: every live tensor of a run, with a name or saved by autograd, grouped by the storage it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.ir import Run, Tensor
from explorer.viewer.component import browser_module
from explorer.viewer.storages import facts, live_tensors, opening
from explorer.words import Language, say

MOST_ROWS = 500
"""Tensors listed; a large model has more parameters than anyone reads."""

_mount = browser_module("explorer_tensors", "tensor_table.mjs", "tensor_table.css")


def tensor_table(run: Run, *, key: str, language: Language, tensor: str | None = None) -> None:
    """List the tensors of a run; choosing one selects it, its storage and its line in every view of the page.

    Args:
        run: whose tensors.
        key: unique in the app.
        language: of its words.
        tensor: name of the tensor to begin with; None takes the one that `storage.storage_view` begins with.
    """
    tensors = live_tensors(run)
    first = opening(tensors)
    _mount(
        key=key,
        data={
            "groups": groups(tensors[:MOST_ROWS]),
            "more": max(0, len(tensors) - MOST_ROWS),
            "tensor": tensor or (first.name if first else None),
            "words": {
                "caption": say("tensors.caption", language),
                "storage": say("tensors.storage", language),
                "name": say("tensors.name", language),
                "values": say("tensors.values", language),
                "more": say("tensors.more", language),
                "title": say("storage.title", language),
                "no_strides": say("storage.no_strides", language),
            },
        },
    )


def groups(tensors: Sequence[Tensor]) -> list[dict[str, Any]]:
    """The tensors by storage, in order of first appearance; those without one (sparse ones) are a group of their own."""
    found: dict[int, list[dict[str, Any]]] = {}
    for tensor in tensors:
        found.setdefault(tensor.storage_id, []).append(facts(tensor))
    return [{"storage": storage, "tensors": members} for storage, members in found.items()]
