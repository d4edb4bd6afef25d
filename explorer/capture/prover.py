"""Whether a backward is executed a second time as a proof, and what with: the arguments of the code's own call.

``auto`` proves what is cheap, by counts that are the same in every run: nodes, and the elements of all gradients. They are
counted over all backward calls of the run, so a long training costs a bounded time and its last calls go without.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import prod
from typing import Any

import torch
from torch.autograd.graph import GradientEdge

from explorer.capture.metas import is_tensor
from explorer.capture.private import incoming_shapes, is_wrapped, quiet
from explorer.capture.proof import Asked, Proof
from explorer.capture.walk import Walk, edge_of
from explorer.ir import Verify

AUTO_NODES = 5_000
AUTO_ELEMENTS = 2**23
"""What ``auto`` proves at most in one run; 2^23 elements of gradients take some tenths of a second on one core."""


PARAMETERS = {
    "backward": ("tensors", "grad_tensors", "retain_graph", "create_graph", "grad_variables", "inputs"),
    "grad": (
        "outputs",
        "inputs",
        "grad_outputs",
        "retain_graph",
        "create_graph",
        "only_inputs",
        "allow_unused",
        "is_grads_batched",
        "materialize_grads",
    ),
}
"""The arguments of ``torch.autograd.backward`` and ``.grad`` by position."""


class Prover:
    """Makes the `Proof` of each backward call of one run, or says why there is none: ``asked``, ``large``, ``unreadable``."""

    def __init__(self, verify: Verify, most_nodes: int) -> None:
        """Gradients of graphs of over `most_nodes` are not followed, so there is no proof either."""
        self._verify, self._most_nodes = verify, most_nodes
        self._nodes, self._elements = AUTO_NODES, AUTO_ELEMENTS

    def proof(
        self, walk: Walk, ask: Callable[[], Asked | None], hooked: Collection[int] = (), packed: Collection[int] = ()
    ) -> Proof | str:
        """`ask` reads what the call asks for, None where it cannot; `hooked` and `packed` are as for the `Proof`."""
        if self._verify == "never":
            return "asked"
        try:
            if walk.cut or len(walk.nodes) > self._most_nodes or (self._verify == "auto" and not self._is_cheap(walk)):
                return "large"
            with quiet(), torch.no_grad():
                asked = ask()
                return "unreadable" if asked is None else Proof(walk, asked, hooked, packed)
        except (
            Exception
        ):  # arguments that torch will complain about, gradients without a shape: the code's call goes on
            return "unreadable"

    def _is_cheap(self, walk: Walk) -> bool:
        if len(walk.nodes) > self._nodes:
            return False
        self._nodes -= len(walk.nodes)
        self._elements -= sum(prod(shape) for node in walk.nodes for shape, _, _ in incoming_shapes(node))
        return self._elements >= 0


def asked_for(kind: str, args: Sequence[Any], kwargs: Mapping[str, Any], walk: Walk) -> Asked | None:
    """What a call of ``torch.autograd.backward`` or ``.grad`` asks for; None where its gradients stand for many (vmap)."""
    given = dict(zip(PARAMETERS[kind], args, strict=False)) | dict(kwargs)
    roots = []
    with quiet(), torch.no_grad():
        gradients = listed(given.get("grad_outputs", given.get("grad_tensors", given.get("grad_variables"))))
        for position, target in enumerate(listed(given.get("tensors", given.get("outputs")))):
            gradient = gradients[position] if position < len(gradients) else None
            edge = edge_to(target)
            if edge is None or edge.node not in walk.ids:
                continue
            if given.get("is_grads_batched") or (is_tensor(gradient) and is_wrapped(gradient)):
                return None
            roots.append((walk.ids[edge.node], edge.output_nr, starting(edge, gradient)))
        edges = [edge_to(target) for target in listed(given.get("inputs"))] if kind == "grad" else []
    inputs = [
        (position, walk.ids[edge.node], edge.output_nr)
        for position, edge in enumerate(edges)
        if edge is not None and edge.node in walk.ids
    ]
    return Asked(roots, inputs)


def starting(edge: GradientEdge, gradient: object) -> torch.Tensor:
    """The gradient that backward starts with at `edge`: what was given, in the dtype of the node's input, else ones."""
    shape, dtype, device = incoming_shapes(edge.node)[edge.output_nr]
    return gradient.detach().to(dtype) if is_tensor(gradient) else torch.ones(shape, dtype=dtype, device=device)


def listed(values: object) -> Sequence[Any]:
    """As torch takes one tensor or several."""
    return values if isinstance(values, tuple | list) else () if values is None else (values,)


def edge_to(target: object) -> GradientEdge | None:
    """The edge that leads to what `target` gives, where it is a tensor with a graph or an edge."""
    if isinstance(target, GradientEdge):
        return target
    return edge_of(target) if is_tensor(target) else None
