"""Backward without the engine: each node is called by hand, in the engine's order, and gradients are summed in that order too.

So no hook runs, no ``.grad`` changes, no buffer is freed, and what other threads do with the same leaves stays apart. The numbers are equal
bit for bit to those of an engine that meets no hook (``torch/csrc/autograd/engine.cpp``: the node made last runs first, a gradient is
summed to its tensor's shape and brought to its dtype). Cannot call: what runs an engine or a compiler's code inside (`unable`), and what
was made on other CUDA streams is not waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import torch

from explorer.capture.flow import Flow
from explorer.capture.private import incoming_shapes, sequence_nr
from explorer.capture.walk import Walk, node_kind

_Gradient = torch.Tensor | None
_INSIDE = ("CheckpointFunctionBackward", "Compiled", "Graphed")
"""How the names begin of nodes that run a backward of their own, with ``.grad``, or free what they hold."""


def unable(walk: Walk) -> str | None:
    """The name of the first node that must not be called by hand."""
    return next((name for name in walk.names if name.startswith(_INSIDE)), None)


def backward(walk: Walk, flow: Flow, roots: Sequence[tuple[int, int, torch.Tensor]]) -> None:
    """Tell `flow` every gradient of the backward that starts with `roots`: node id, output number and gradient.

    Raises what a node raises, as where its buffers were freed or changed in place; until then everything was told.
    """
    sums = _Sums(walk)
    waiting = [0] * len(walk.nodes)
    for _, _, target, _ in walk.edges:
        waiting[target] += 1
    for at, output_nr, gradient in roots:
        sums.add(at, output_nr, gradient)
    ready: list[tuple[int, int]] = []
    for at in {at for at, _, _ in roots if not waiting[at]}:
        heappush(ready, (_priority(walk.nodes[at]), at))
    following = _following(walk)
    while ready:
        at = heappop(ready)[1]
        sent = _run(walk.nodes[at], sums.taken(at), at, flow)
        for slot, target, output_nr in following[at]:
            if sent[slot] is not None:
                sums.add(target, output_nr, sent[slot])
            waiting[target] -= 1
            if not waiting[target]:
                heappush(ready, (_priority(walk.nodes[target]), target))


def _priority(node: Any) -> int:
    number = sequence_nr(node)
    return -(2**64) if number is None else -number


def _following(walk: Walk) -> list[list[tuple[int, int, int]]]:
    found: list[list[tuple[int, int, int]]] = [[] for _ in walk.nodes]
    for source, slot, target, output_nr in walk.edges:
        found[source].append((slot, target, output_nr))
    return found


class _Sums:
    """What has arrived at each node, one sum for each output of its forward call."""

    def __init__(self, walk: Walk) -> None:
        self._nodes = walk.nodes
        self._arrived: dict[int, list[_Gradient]] = {}

    def add(self, at: int, output_nr: int, gradient: _Gradient) -> None:
        sums = self._arrived.get(at)
        if sums is None:
            sums = self._arrived[at] = [None] * len(incoming_shapes(self._nodes[at]))
        before = sums[output_nr]
        sums[output_nr] = gradient if before is None or gradient is None else before + gradient

    def taken(self, at: int) -> list[_Gradient]:
        return self._arrived.pop(at, None) or [None] * len(incoming_shapes(self._nodes[at]))


def _run(node: Any, gradients: list[_Gradient], at: int, flow: Flow) -> Sequence[_Gradient]:
    """What a node sends, one for each slot."""
    flow.before(at, gradients)
    kind = node_kind(node)
    if kind == "leaf":
        return ()
    sent = _custom(node, gradients) if kind == "custom" else node(*gradients)
    sent = sent if isinstance(sent, tuple) else (sent,)
    fitting = [
        None if gradient is None or target is None else _fit(gradient, incoming_shapes(target)[output_nr])
        for gradient, (target, output_nr) in zip(sent, node.next_functions, strict=True)
    ]
    flow.after(at, fitting, gradients)
    return fitting


def _custom(node: Any, gradients: list[_Gradient]) -> Sequence[_Gradient]:
    """The backward of an ``autograd.Function``: it returns one gradient for each argument of forward, of which only tensors have a slot."""
    if getattr(node, "materialize_grads", True):
        made = zip(gradients, incoming_shapes(node), strict=True)
        gradients = [
            torch.zeros(shape, dtype=dtype, device=device) if gradient is None else gradient
            for gradient, (shape, dtype, device) in made
        ]
    returned = node.apply(*gradients)
    returned = returned if isinstance(returned, tuple) else (returned,)
    needed = iter([gradient for gradient, needs in zip(returned, node.needs_input_grad, strict=False) if needs])
    return tuple(None if target is None else next(needed, None) for target, _ in node.next_functions)


def _fit(gradient: torch.Tensor, wanted: tuple[tuple[int, ...], torch.dtype, torch.device]) -> torch.Tensor:
    """As the engine's ``validate_outputs`` does: summed over what was broadcast, real where the tensor was, in its dtype."""
    shape, dtype, _ = wanted
    if gradient.layout == torch.strided and tuple(gradient.shape) != shape:
        gradient = gradient.sum_to_size(shape)
    if gradient.is_complex() and not dtype.is_complex:
        gradient = gradient.real
    return gradient if gradient.dtype == dtype else gradient.to(dtype)
