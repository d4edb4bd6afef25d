"""What few nodes of a graph have: hooks, a retained gradient, a checkpointed segment, an order above 1, gradient times input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from explorer.capture.attribution import Attribution
from explorer.capture.drafts import Span
from explorer.capture.forward import ForwardLog
from explorer.capture.hooks import ACCUMULATE
from explorer.capture.numbers import Reader
from explorer.capture.orders import Orders
from explorer.capture.saved import SavedDraft
from explorer.capture.segments import segments
from explorer.capture.walk import Walk


@dataclass(frozen=True)
class Marks:
    """By node id, as in the `Walk`."""

    hooks: dict[int, tuple[str, ...]]
    retaining: set[int]
    segments: dict[int, int]
    orders: Orders
    attribution: Attribution
    """Listens while backward runs."""

    @classmethod
    def before_backward(
        cls,
        found: Walk,
        spans: Sequence[Span | None],
        saved: Sequence[Sequence[SavedDraft]],
        tensors: Sequence[torch.Tensor],
        *,
        log: ForwardLog,
        reader: Reader | None,
    ) -> Marks:
        """`spans` tell when each node was made, `saved` what it has put aside; `tensors` are those that the code holds. Under `quiet`."""
        held = [tensor for tensor in tensors if tensor.grad_fn is not None]
        packings = [span.packing if span else None for span in spans]
        retained = [one.tensor for one in log.hooks.retained()]
        return cls(
            hooks=log.hooks.of(found.nodes, held),
            retaining=log.hooks.retaining(found.nodes, held),
            segments=segments(found.nodes, packings, saved),
            orders=log.orders,
            attribution=Attribution(found, [*held, *retained], reader or Reader()),
        )

    def of(self, at: int, number: int | None) -> dict[str, Any]:
        """The fields of `Node` for the node with this id and sequence number."""
        product = self.attribution.products.get(at)
        return {
            "order": self.orders.of(number),
            "hooks": self.hooks.get(at, ()),
            "retains_grad": at in self.retaining,
            "segment": self.segments.get(at),
            "gradient_x_input": None if product is None else product.gradient(),
        }

    def changed_by_hooks(self) -> set[int]:
        """The nodes with hooks that may change what flows."""
        return {at for at, texts in self.hooks.items() if any(not text.startswith(ACCUMULATE) for text in texts)}
