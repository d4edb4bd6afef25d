"""One node of the graph, called by hand outside of the engine.

A call of a grad_fn computes and leaves its buffers as they are: only the engine frees them, after the node's post hooks.
Not called: AccumulateGrad (it would add to ``.grad``), custom functions in Python and C++ (they are the user's code, with
side effects), and kernels that may write into what they have saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from explorer.capture.private import quiet
from explorer.capture.walk import node_kind

_UNSAFE = ("CopySlices", "CopyBackwards", "Cudnn", "Miopen", "Mkldnn", "Checkpoint", "Graph", "Compiled", "Cpp")
"""How the class names begin of nodes that write into their buffers, or run code of the user's or of a compiler's inside."""


def may_run_again(node: Any) -> bool:
    """Whether a node can be called by hand without a trace. It does not look for ``unpack`` hooks on saved tensors."""
    return node_kind(node) == "operation" and not type(node).__name__.startswith(_UNSAFE)


def run_again(node: Any, gradients: Sequence[torch.Tensor | None]) -> tuple[torch.Tensor | None, ...]:
    """What `node` makes of `gradients` (one per output of its forward call): one gradient per slot; raises what it raises."""
    with quiet(), torch.no_grad():
        sent = node(*gradients)
    return sent if isinstance(sent, tuple) else (sent,)
