"""Local derivatives: each small node called alone, by hand, with ones for the gradient that comes in.

A call of a grad_fn computes and leaves its buffers as they are (only the engine frees them), so nothing changes.
Cannot see: AccumulateGrad (calling it would add to ``.grad``), ``autograd.Function`` (not callable) and kernels whose
backward writes into its own buffers.
"""

from __future__ import annotations

from math import prod
from typing import Any

import torch

from explorer.capture.metas import is_tensor
from explorer.capture.numbers import Reader, Reading
from explorer.capture.private import incoming_shapes, quiet
from explorer.capture.walk import node_kind

MOST_NODES = 300
_MOST_ELEMENTS = 16
_UNSAFE = ("Copy", "Cudnn", "Miopen", "Mkldnn", "Checkpoint", "Graph", "Compiled")


def local_derivatives(nodes: list[Any]) -> dict[int, tuple[Reading | None, ...]]:
    """By node id and slot, for the first `MOST_NODES` nodes of few elements."""
    found: dict[int, tuple[Reading | None, ...]] = {}
    reader = Reader()
    for identity, node in enumerate(nodes):
        if len(found) >= MOST_NODES:
            break
        if node_kind(node) == "operation" and not type(node).__name__.startswith(_UNSAFE):
            derivatives = _alone(node, reader)
            if derivatives:
                found[identity] = derivatives
    return found


def _alone(node: Any, reader: Reader) -> tuple[Reading | None, ...]:
    try:
        shapes = incoming_shapes(node)
        if sum(prod(shape) for shape, _, _ in shapes) > _MOST_ELEMENTS:
            return ()
        with quiet(), torch.no_grad():
            sent = node(*[torch.ones(shape, dtype=dtype, device=device) for shape, dtype, device in shapes])
        sent = sent if isinstance(sent, tuple) else (sent,)
        return tuple(reader.read(gradient) if is_tensor(gradient) else None for gradient in sent)
    except Exception:  # a node that cannot be called has no local derivative to show
        return ()
