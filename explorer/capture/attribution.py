"""Gradient times input: for the tensors that the code still holds when their gradient comes, element by element.

To first order, the sum of the products is how much the result would change if that tensor were scaled. Leaves, named
variables, results, and what called ``retain_grad()`` are held; of a node with several outputs the first.
Cannot see: tensors that were freed before backward, and those of over `MOST_ELEMENTS`, whose product would cost a pass of its own.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from explorer.capture.private import quiet
from explorer.capture.reader import Reader
from explorer.capture.reading import Reading
from explorer.capture.walk import Walk, edge_of

MOST_ELEMENTS = 2**14
_MOST_HELD = 2**20
"""Elements of products that are held until they are read."""
_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError)


class Attribution:
    """`wanted` is for a `Flow`."""

    def __init__(self, walk: Walk, tensors: Iterable[torch.Tensor], reader: Reader) -> None:
        """`tensors` are held weakly, so that none lives longer than in the code."""
        self._products: dict[int, Reading] = {}
        self._unread: dict[int, torch.Tensor] = {}
        """Products that are held until they are read together; in all they have so many elements:"""
        self._elements = 0
        self._reader = reader
        self._held: dict[int, Any] = {}
        for tensor in tensors:
            edge = None if tensor.is_leaf else edge_of(tensor)
            at = None if edge is None or edge.output_nr else walk.ids.get(edge.node)
            if at is not None:
                self._held[at] = weakref.ref(tensor)
        for at, kind in enumerate(walk.kinds):
            if kind == "leaf":
                self._held[at] = weakref.ref(walk.nodes[at].variable)

    @property
    def products(self) -> dict[int, Reading]:
        """By node id; where several came, the last."""
        with quiet():
            self._read()
        return self._products

    def _read(self) -> None:
        readings = self._reader.read_together(list(self._unread.values()))
        self._reader.settle()
        self._products.update(zip(self._unread, readings, strict=True))
        self._unread.clear()
        self._elements = 0

    def has(self, identity: int) -> bool:
        """Whether a product of this node is known."""
        return identity in self._unread or identity in self._products

    @property
    def wanted(self) -> dict[int, Callable[[int, Sequence[torch.Tensor | None]], None]]:
        """By node id, who is to be told what comes in there."""
        return dict.fromkeys(self._held, self.came)

    def came(self, identity: int, gradients: Sequence[torch.Tensor | None]) -> None:
        """Read the product of the gradient that has come and its tensor."""
        held = self._held.get(identity)
        if held is not None and gradients:
            self._multiply(identity, held(), gradients[0])

    def _multiply(self, identity: int, tensor: torch.Tensor | None, gradient: torch.Tensor | None) -> None:
        if tensor is None or gradient is None:
            return
        try:
            with quiet(), torch.no_grad():
                if tensor.shape == gradient.shape and tensor.numel() <= MOST_ELEMENTS:
                    self._unread[identity] = gradient * tensor
                    self._elements += tensor.numel()
                    if self._elements > _MOST_HELD:
                        self._read()
        except _UNREADABLE:  # fake, meta, inside vmap
            return
