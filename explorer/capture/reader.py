"""Reads the numbers of many tensors of which most will never be shown, as in all steps of a training but the last.

What lies one after the other in the CPU's memory is read where it lies, all that waits in one call (`explorer.capture.blocks`). Small tensors
that must be converted are copied, all of one kind together (`explorer.capture.batches`).
Cannot see: as `explorer.capture.numbers`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

import torch

from explorer.capture.batches import Batch
from explorer.capture.blocks import NUMPYS, Blocks
from explorer.capture.elements import address_of
from explorer.capture.facts import Facts, Form, Forms, has_strides
from explorer.capture.metas import Storages
from explorer.capture.numbers import Place, dtype_name
from explorer.capture.private import is_transformed, quiet
from explorer.capture.reading import Reading

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)
_Addresses = Sequence[int]
"""Of the first elements; 0 where they do not lie in the CPU's memory one after the other."""

_SMALL = 2**14
"""Elements of a tensor that is copied at all, or read without asking whether it is known."""


class Reader:
    """Steps: `read`, `read_quietly`, `read_together`; `settle` before anything may write into what was held; `release`."""

    def __init__(self, storages: Storages | None = None, room: int = 2**22) -> None:
        """By `storages` the same elements of the same memory, unwritten since, are known again and read once.

        `room` is how many elements may be copied in all, of tensors that are shown element by element, and again of those that have
        more; what does not fit is summed up at once.
        """
        self._storages = storages
        self._forms = Forms() if storages is None else storages.forms
        self._room = {True: room, False: room}
        """By whether elements are shown."""
        self._known: dict[Place, Reading] = {}
        self._blocks = Blocks()
        self._batches: dict[Hashable, Batch] = {}

    def read(self, tensor: torch.Tensor) -> Reading:
        """The numbers of `tensor` as they are now."""
        with quiet():
            return self.read_quietly(tensor)

    def read_quietly(self, tensor: torch.Tensor, place: Place | None = None, *, steady: bool = False) -> Reading:
        """The same, to be called under `quiet`; `place` where the caller has it already. What is `steady` nothing writes into until `settle`."""
        place = place or self.place(tensor)
        known = None if place is None or tensor.is_conj() or tensor.is_neg() else self._known.get(place)
        if known is not None:
            return known
        (reading,) = self.read_together([tensor], [place])
        if not steady:
            self.settle()
        return reading

    def read_together(
        self, tensors: list[torch.Tensor], places: Sequence[Place | None] = (), facts: Facts | None = None
    ) -> list[Reading]:
        """The same of several at once, into which nothing writes until `settle`; `places` and `facts` where the caller has them.

        Without `places` only large ones are looked for among those that are known.
        """
        facts = None if is_transformed() else facts or self._forms.facts(tensors)
        if facts is None:
            each = list(zip(tensors, places or [None] * len(tensors), strict=True))
            if len(each) == 1:
                return [self._read_alone(*each[0])]
            return [self.read_together([tensor], [place])[0] for tensor, place in each]
        alike: defaultdict[Form, list[int]] = defaultdict(list)
        for at, form in enumerate(facts.forms):
            alike[form].append(at)
        found: dict[int, Reading] = {}
        for form, those in alike.items():
            held, addresses = [tensors[at] for at in those], [facts.addresses[at] for at in those]
            if places or form.numel > _SMALL:
                its_places = [places[at] for at in those] if places else list(map(self.place, held))
                readings = self._read_placed(form, held, addresses, its_places)
            else:
                readings = self._read_alike(form, held, addresses)
            found.update(zip(those, readings, strict=True))
        return list(map(found.__getitem__, range(len(tensors))))

    def settle(self) -> None:
        """Read what was held."""
        with quiet(), torch.no_grad():
            self._blocks.settle()

    def release(self) -> None:
        """Let go of what nobody asked about."""
        self._known.clear()
        self._blocks.release()
        self._batches.clear()

    def place(self, tensor: torch.Tensor) -> Place | None:
        """By what it is known that the elements of `tensor` were read already, if that is kept in mind."""
        return None if self._storages is None else self._storages.key(tensor)

    def _read_alone(self, tensor: torch.Tensor, place: Place | None) -> Reading:
        """One of which facts cannot be told."""
        known = None if place is None else self._known.get(place)
        if known is None:
            try:
                known = self._read_odd(tensor)
            except _UNREADABLE:
                known = Reading()
            if place is not None:
                self._known[place] = known
        return known

    def _read_odd(self, tensor: torch.Tensor) -> Reading:
        address = address_of(tensor)
        if has_strides(tensor) and not is_transformed():
            return self._read_alike(self._forms.of(tensor), [tensor], [address or 0])[0]
        if address is None:
            return self._blocks.convert(tuple(tensor.shape), dtype_name(tensor.dtype), tensor)
        return self._blocks.add(self._forms.of(tensor), [tensor], [address], shown=False)[0]

    def _read_placed(
        self, form: Form, tensors: list[torch.Tensor], addresses: _Addresses, places: Sequence[Place | None]
    ) -> list[Reading]:
        """Of one form: those that are not known by their place are read."""
        known = self._known
        if not form.is_literal:
            return self._read_alike(form, tensors, addresses)
        unknown = {place: at for at, place in enumerate(places) if place is not None and place not in known}
        if not form.is_shown:
            for place, at in list(unknown.items()):
                if address := addresses[at]:
                    known[place] = self._blocks.add_at(form, tensors[at], address, place)
                    del unknown[place]
        held, where = [tensors[at] for at in unknown.values()], [addresses[at] for at in unknown.values()]
        known.update(zip(unknown, self._read_alike(form, held, where), strict=True))
        return [
            self._read_alike(form, [tensor], [address])[0] if place is None else known[place]
            for tensor, address, place in zip(tensors, addresses, places, strict=True)
        ]

    def _read_alike(self, form: Form, tensors: list[torch.Tensor], addresses: _Addresses) -> list[Reading]:
        """Of one form, none of them known."""
        if 0 in addresses:
            if not any(addresses):
                return self._copied(form, tensors)
            each = zip(tensors, addresses, strict=True)
            return [self._read_alike(form, [tensor], [address])[0] for tensor, address in each]
        shown = self._fitting(form, len(tensors)) if form.is_shown else 0
        return [
            *self._shown(form, tensors[:shown], addresses[:shown]),
            *self._blocks.add(form, tensors[shown:], addresses[shown:], shown=False),
        ]

    def _shown(self, form: Form, tensors: list[torch.Tensor], addresses: _Addresses) -> list[Reading]:
        """With their elements."""
        if form.is_contiguous and form.dtype in NUMPYS:
            return self._blocks.add(form, tensors, addresses, shown=True)
        return self._batch(form).copy(tensors) if tensors else []

    def _copied(self, form: Form, tensors: list[torch.Tensor]) -> list[Reading]:
        """Those that do not lie in the CPU's memory one element after the other: as many as fit are copied, the others summed up."""
        fitting = self._fitting(form, len(tensors)) if form.numel <= _SMALL else 0
        copied = self._batch(form).copy(tensors[:fitting]) if fitting else []
        return copied + [self._blocks.convert(form.shape, form.dtype, one) for one in tensors[fitting:]]

    def _batch(self, form: Form) -> Batch:
        kind = form.shape, form.dtype, form.device
        return self._batches.get(kind) or self._batches.setdefault(kind, Batch(form))

    def _fitting(self, form: Form, wanted: int) -> int:
        """How many of so many tensors may still be copied."""
        fitting = min(wanted, self._room[form.is_shown] // max(1, form.numel))
        self._room[form.is_shown] -= fitting * form.numel
        return fitting
