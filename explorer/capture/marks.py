"""What few nodes of a graph have: hooks, a retained gradient, a checkpointed segment, an order above 1, gradient times input."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from explorer.capture.attribution import Attribution
from explorer.capture.drafts import Span
from explorer.capture.forward import ForwardLog
from explorer.capture.hooks import ACCUMULATE
from explorer.capture.orders import Orders
from explorer.capture.reader import Reader
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
        packed: Collection[int],
        tensors: Sequence[torch.Tensor],
        *,
        log: ForwardLog,
        reader: Reader | None,
    ) -> Marks:
        """`spans` tell when each node was made, `saved` what it has put aside, `packed` those of which some cannot be read; `tensors` are those that the code holds. Under `quiet`."""
        held = [tensor for tensor in tensors if tensor.grad_fn is not None]
        packings = [span.packing if span else None for span in spans]
        retained = [one.tensor for one in log.hooks.retained()]
        return cls(
            hooks=log.hooks.of(found, held),
            retaining=log.hooks.retaining(found, held),
            segments=segments(found, packings, saved, packed),
            orders=log.orders,
            attribution=Attribution(found, [*held, *retained], reader or Reader()),
        )

    def rare(self, numbers: Sequence[int | None]) -> defaultdict[int, dict[str, Any]]:
        """The fields of `Node` that few nodes have, of those that have any; `numbers` are the sequence numbers of all."""
        fields: defaultdict[int, dict[str, Any]] = defaultdict(dict)
        for at, texts in self.hooks.items():
            fields[at]["hooks"] = texts
        for at in self.retaining:
            fields[at]["retains_grad"] = True
        for at, segment in self.segments.items():
            fields[at]["segment"] = segment
        for at, product in self.attribution.products.items():
            fields[at]["gradient_x_input"] = product.gradient()
        for at, order in self.orders.above_first(numbers):
            fields[at]["order"] = order
        return fields

    def changed_by_hooks(self) -> set[int]:
        """The nodes with hooks that may change what flows."""
        return {at for at, texts in self.hooks.items() if any(not text.startswith(ACCUMULATE) for text in texts)}
