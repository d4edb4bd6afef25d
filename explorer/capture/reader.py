"""Reads the numbers of many tensors of which most will never be shown, as in all steps of a training but the last.

What lies one after the other in the CPU's memory is read where it lies, all that waits in one call (`explorer.capture.blocks`). What is
shown element by element, and small tensors that must be converted, are copied, all of one kind together (`explorer.capture.batches`).
Cannot see: as `explorer.capture.numbers`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from operator import attrgetter

import torch

from explorer.capture.batches import Batch
from explorer.capture.blocks import Blocks
from explorer.capture.elements import address_of, addresses_of
from explorer.capture.metas import Storages
from explorer.capture.numbers import Place
from explorer.capture.private import is_transformed, quiet
from explorer.capture.reading import Reading

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)
_KIND = attrgetter("shape", "dtype", "device", "layout")


class Reader:
    """Steps: `read`, `read_quietly`, `read_together`; `settle` before anything may write into what was held; `release`."""

    def __init__(self, storages: Storages | None = None, room: int = 2**22) -> None:
        """By `storages` the same elements of the same memory, unwritten since, are known again and read once.

        `room` is how many elements may be copied in all, of tensors that are shown element by element, and again of those that have
        more; what does not fit is summed up at once.
        """
        self._storages = storages
        self._room = {True: room, False: room}
        """By whether elements are shown."""
        self._known: dict[Place, Reading] = {}
        self._blocks = Blocks()
        self._batches: dict[Hashable, Batch] = {}
        self._unsettled: set[Batch] = set()

    def read(self, tensor: torch.Tensor) -> Reading:
        """The numbers of `tensor` as they are now."""
        with quiet():
            return self.read_quietly(tensor)

    def read_quietly(self, tensor: torch.Tensor, place: Place | None = None, *, steady: bool = False) -> Reading:
        """The same, to be called under `quiet`; `place` where the caller has it already. What is `steady` nothing writes into until `settle`."""
        if place is None and self._storages is not None:
            place = self._storages.key(tensor)
        if tensor.is_conj() or tensor.is_neg():
            place = None  # the memory says something else
        known = None if place is None else self._known.get(place)
        if known is None:
            known = self._read(tensor, place, steady)
            if place is not None:
                self._known[place] = known
        return known

    def read_together(self, tensors: list[torch.Tensor]) -> list[Reading]:
        """The same of several at once, to be called under `quiet`."""
        alike: defaultdict[Batch, list[int]] = defaultdict(list)
        found: dict[int, Reading] = {}
        for at, batch in enumerate(self._batches_of(tensors)):
            if batch is None or not batch.is_small:
                found[at] = self.read_quietly(tensors[at], steady=True)
            else:
                alike[batch].append(at)
        with torch.no_grad():
            for batch, places in alike.items():
                found.update(zip(places, self._read_alike(batch, [tensors[at] for at in places]), strict=True))
        self.settle()
        return list(map(found.__getitem__, range(len(tensors))))

    def _read_alike(self, batch: Batch, tensors: list[torch.Tensor]) -> list[Reading]:
        """Of small ones of one kind."""
        if batch.lies and not batch.is_shown:
            addresses = [address for address in addresses_of(tensors) if address is not None]
            if len(addresses) == len(tensors):
                return self._blocks.add_all(batch.dtype, batch.shape, tensors, addresses)
        fitting = self._fitting(batch, len(tensors))
        copied = batch.copy(tensors[:fitting]) if fitting else []
        return copied + [self._blocks.add(one, address_of(one)) for one in tensors[fitting:]]

    def settle(self) -> None:
        """Copy or read what was held, all of one kind together."""
        with quiet(), torch.no_grad():
            for batch in self._unsettled:
                batch.settle()
            self._blocks.settle()
        self._unsettled.clear()

    def release(self) -> None:
        """Let go of what nobody asked about."""
        self._known.clear()
        self._blocks.release()
        self._batches.clear()
        self._unsettled.clear()

    def _batches_of(self, tensors: list[torch.Tensor]) -> list[Batch | None]:
        """As `_batch_of`, of each."""
        if is_transformed():
            return [None] * len(tensors)
        try:
            batches = list(map(self._batches.get, map(_KIND, tensors)))
        except _UNREADABLE:
            batches = [None]
        return list(map(self._batch_of, tensors)) if None in batches else batches

    def _batch_of(self, tensor: torch.Tensor) -> Batch | None:
        """Where it may be read with others like it, if it is small; None for what is to be read alone.

        Not to be asked where it may be one of torch.func's own, which nobody can read once its transform is over.
        """
        try:
            kind = _KIND(tensor)
            batch = self._batches.get(kind)
            if batch is None:
                batch = self._batches[kind] = Batch(tensor)
        except _UNREADABLE:
            return None
        return batch

    def _fitting(self, batch: Batch, wanted: int) -> int:
        """How many of so many tensors may still be copied."""
        fitting = min(wanted, self._room[batch.is_shown] // max(1, batch.numel))
        self._room[batch.is_shown] -= fitting * batch.numel
        return fitting

    def _read(self, tensor: torch.Tensor, place: Place | None, steady: bool) -> Reading:
        batch = None if is_transformed() else self._batch_of(tensor)
        address = None if batch is not None and batch.is_shown else address_of(tensor)
        try:
            if address is None and batch is not None and batch.is_small and self._fitting(batch, 1):
                self._unsettled.add(batch)
                return batch.add(
                    tensor if steady else tensor.detach().clone() if tensor.requires_grad else tensor.clone()
                )
            reading = self._blocks.add(tensor, address, place)
            if not steady:
                with torch.no_grad():
                    self._blocks.settle()
            return reading
        except _UNREADABLE:
            return Reading()
