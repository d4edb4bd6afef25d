"""Which outputs of a call are views, and of which tensor: by ``_base``, which of a view of a view is the first of them.

Cannot see: views made under ``inference_mode``, and what ``detach`` shares, which torch does not count as views. Their
storage ids are equal all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from explorer.capture.metas import Storages
from explorer.ir import TensorMeta, View


@dataclass(slots=True)
class ViewDraft:
    """A view while the names of variables are not known yet."""

    output: int
    base: TensorMeta
    input: int | None

    def record(self, name_of: Callable[[TensorMeta], str | None]) -> View:
        """The record; `name_of` tells which variable holds a tensor."""
        return View(output=self.output, shape=self.base.shape, input=self.input, name=name_of(self.base))


def views_of(
    outputs: Sequence[torch.Tensor],
    records: Sequence[TensorMeta],
    inputs: Sequence[torch.Tensor],
    given: Sequence[TensorMeta],
    storages: Storages,
) -> tuple[ViewDraft, ...]:
    """The views among `outputs`, of which `records` tell, as `given` do of `inputs`; to be asked under `quiet`."""
    found = []
    for at, record in enumerate(records):
        base = _base(outputs[at]) if record.is_view else None
        if base is not None:
            position = next((place for place, tensor in enumerate(inputs) if tensor is base), None)
            found.append(ViewDraft(at, storages.meta(base) if position is None else given[position], position))
    return tuple(found)


def _base(tensor: torch.Tensor) -> torch.Tensor | None:
    try:
        return tensor._base
    except RuntimeError:  # inside vmap
        return None
