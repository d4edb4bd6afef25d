"""Inputs that need no gradient: tensors with a name that an operation took and backward does not lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from explorer.graph.calls import made_by
from explorer.graph.memory import stretch
from explorer.graph.once import once
from explorer.ir import Graph, Nested, Op, Tensor, TensorMeta


class Given(NamedTuple):
    """One such input of one node."""

    node: int
    place: int
    """Which of the inputs of the node's forward call."""
    name: str
    meta: TensorMeta
    tensor: Tensor | None
    """The tensor of that name, where it is still the same piece of memory."""

    @property
    def frozen(self) -> bool:
        return self.tensor is not None and self.tensor.origin == "parameter"

    @property
    def value(self) -> Nested | None:
        """Its numbers, where they are few and have not been written since."""
        return self.tensor.value if self.tensor and self.tensor.version == self.meta.version else None


@once
def given(graph: Graph, ops: Sequence[Op], tensors: Sequence[Tensor] = ()) -> tuple[Given, ...]:
    """All of them, by node. Of a call that made several nodes only the last, its own grad_fn, took the inputs."""
    named = {tensor.name: tensor for tensor in tensors}
    return tuple(
        Given(node, place, name, meta, _same(meta, named.get(name)))
        for node, op in enumerate(made_by(graph, ops))
        if op is not None and op.grad_fn == node
        for place, (meta, name) in enumerate(zip(op.inputs, op.input_names, strict=False))
        if name and not meta.requires_grad
    )


def _same(meta: TensorMeta, tensor: Tensor | None) -> Tensor | None:
    return tensor if tensor and stretch(meta) == stretch(tensor) else None
