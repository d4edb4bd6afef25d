"""Local derivatives: each small node called alone, by hand, with ones for the gradient that comes in.

Cannot see: what may not be called by hand (`again.may_run_again`).
"""

from __future__ import annotations

from collections.abc import Collection
from math import prod
from typing import Any

import torch

from explorer.capture.again import may_run_again, run_again
from explorer.capture.metas import is_tensor
from explorer.capture.private import incoming_shapes
from explorer.capture.reader import Reader
from explorer.capture.reading import Reading

MOST_NODES = 300
_MOST_ELEMENTS = 16


def local_derivatives(nodes: list[Any], packed: Collection[int] = ()) -> dict[int, tuple[Reading | None, ...]]:
    """By node id and slot, for the first `MOST_NODES` nodes of few elements; not for `packed` ones, whose saved tensors only the code's own ``unpack`` gives. Under `quiet`."""
    found: dict[int, tuple[Reading | None, ...]] = {}
    reader = Reader()
    for identity, node in enumerate(nodes):
        if len(found) >= MOST_NODES:
            break
        if identity not in packed and may_run_again(node):
            derivatives = _alone(node, reader)
            if derivatives:
                found[identity] = derivatives
    reader.settle()
    return found


def _alone(node: Any, reader: Reader) -> tuple[Reading | None, ...]:
    try:
        shapes = incoming_shapes(node)
        if sum(prod(shape) for shape, _, _ in shapes) > _MOST_ELEMENTS:
            return ()
        sent = run_again(node, [torch.ones(shape, dtype=dtype, device=device) for shape, dtype, device in shapes])
        return tuple([reader.read_quietly(one, steady=True) if is_tensor(one) else None for one in sent])
    except Exception:  # a node that cannot be called has no local derivative to show
        return ()
