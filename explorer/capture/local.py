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
from explorer.capture.numbers import read_values
from explorer.capture.private import incoming_shapes
from explorer.ir import Nested

MOST_NODES = 300
_MOST_ELEMENTS = 16


def local_derivatives(nodes: list[Any], packed: Collection[int] = ()) -> dict[int, tuple[Nested | None, ...]]:
    """By node id and slot, for the first `MOST_NODES` nodes of few elements; not for `packed` ones, whose saved tensors only the code's own ``unpack`` gives. Under `quiet`."""
    found: dict[int, tuple[Nested | None, ...]] = {}
    for identity, node in enumerate(nodes):
        if len(found) >= MOST_NODES:
            break
        if identity not in packed and may_run_again(node):
            derivatives = _alone(node)
            if derivatives:
                found[identity] = derivatives
    return found


def _alone(node: Any) -> tuple[Nested | None, ...]:
    try:
        shapes = incoming_shapes(node)
        if sum(prod(shape) for shape, _, _ in shapes) > _MOST_ELEMENTS:
            return ()
        sent = run_again(node, [torch.ones(shape, dtype=dtype, device=device) for shape, dtype, device in shapes])
        return tuple([read_values(one) if is_tensor(one) else None for one in sent])
    except Exception:  # a node that cannot be called has no local derivative to show
        return ()
