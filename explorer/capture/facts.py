"""What several tensors are and where they lie, told by torch's C++ in one call; by Python, fact by fact, where that cannot be asked.

Where `Form.lies`, elements can be read in the CPU's memory (`explorer.capture.kernel`). To be asked under `quiet`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from math import prod
from operator import attrgetter
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import msgspec
import numpy
import torch

from explorer.capture import facts_code
from explorer.capture.elements import OWN, is_run
from explorer.capture.facts_code import ADDRESS, COLUMNS, FORM, FORM_COLUMNS, NBYTES, OBJECT_BYTES, OFFSET
from explorer.capture.kernel_code import DTYPES
from explorer.capture.native import address_of_array, function_of
from explorer.capture.numbers import MOST_ELEMENTS, device_name, dtype_name
from explorer.capture.private import storage_offset, untyped_storage
from explorer.ir import PREVIEW_ELEMENTS, TensorMeta

_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)
_Tensor = torch.Tensor
_stride, _is_view, _is_contiguous, _is_neg = _Tensor.stride, _Tensor._is_view, _Tensor.is_contiguous, _Tensor.is_neg
_is_conj, _data_ptr = _Tensor.is_conj, _Tensor.data_ptr
_storage_nbytes: Callable[[torch.UntypedStorage], int] = torch.UntypedStorage.nbytes
_FACTS = attrgetter("shape", "dtype", "device", "requires_grad", "is_leaf")
_LAYOUT, _IS_NESTED = attrgetter("layout"), attrgetter("is_nested")
_STRIDED = {torch.strided}

_MOST_FORMS = 2**10
"""Forms that are known at a time by their numbers."""
_MOST_TENSORS = 2**12
"""Tensors of one call."""
_SLOTS = 2**14
"""What finds forms: a power of two, over twice as many as there can be."""
_NOWHERE = 2**48
"""More elements than any storage has."""


def _is_own(tensor: torch.Tensor) -> bool:
    return type(tensor) in OWN


_ASKED: tuple[Callable[[torch.Tensor], Any], ...] = (_stride, _is_view, _is_neg, _is_conj, _is_own)


class Form(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What tensors have in common that differ only in where they lie and how often they were written."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: str
    device: str
    requires_grad: bool
    leaf: bool | None
    is_view: bool
    is_contiguous: bool
    kind: int
    """Equal for equal dtype, device, number of dimensions, ``requires_grad`` and contiguity."""
    numel: int
    itemsize: int
    """Bytes of an element."""
    lies: bool
    """Whether there are elements, one after the other in the CPU's memory, that `explorer.capture.kernel` can read, as far as the storage is large enough."""
    is_literal: bool
    """Whether the elements are those that the memory says, neither their negatives nor conjugated."""

    @property
    def is_shown(self) -> bool:
        """Whether the elements are shown."""
        return self.numel <= PREVIEW_ELEMENTS

    def meta(self, number: int, nbytes: int, offset: int, version: int) -> TensorMeta:
        """Of a tensor of this form that lies at `offset` in storage `number`, which has `nbytes`."""
        return TensorMeta(
            shape=self.shape,
            stride=self.stride,
            storage_offset=offset,
            storage_id=number,
            storage_nbytes=nbytes,
            dtype=self.dtype,
            device=self.device,
            version=version,
            requires_grad=self.requires_grad,
            leaf=self.leaf,
            is_view=self.is_view,
            is_contiguous=self.is_contiguous,
        )


class Facts(NamedTuple):
    """Of several tensors, by position."""

    tensors: Sequence[torch.Tensor]
    forms: list[Form]
    offsets: list[int]
    """In elements."""
    nbytes: list[int]
    """Of the storages."""
    addresses: list[int]
    """From where on the elements of a form that lies can be read; 0 where they cannot."""
    versions: list[int]


class Forms:
    """The forms that were met so far."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Form] = {}
        self._kinds: dict[tuple[object, ...], int] = {}
        self._numbered: list[Form] = []
        """By the number that native code has given them."""
        most = _MOST_FORMS + _MOST_TENSORS + 1
        self._ends = numpy.zeros((2, most), numpy.int64)
        """By number: elements, and bytes of one; of a form that does not lie more elements than there can be."""
        self._rows, self._slots = numpy.empty((most, FORM_COLUMNS), numpy.int64), numpy.zeros(_SLOTS, numpy.int64)
        self._table = address_of_array(self._rows), address_of_array(self._slots), _SLOTS - 1

    def facts(self, tensors: Sequence[torch.Tensor]) -> Facts | None:
        """Of tensors that have storages and strides; None where one of them has none, or must be asked alone."""
        if len(tensors) > _MOST_TENSORS:
            return _joined(self.facts(tensors[:_MOST_TENSORS]), self.facts(tensors[_MOST_TENSORS:]))
        try:
            if True in map(_IS_NESTED, tensors):
                return None
            told = compiled() if OWN.issuperset(map(type, tensors)) else None
            return self._by_python(tensors) if told is None else self._natively(told, tensors)
        except _UNREADABLE:
            return None

    def of(self, tensor: torch.Tensor) -> Form:
        """Of one that has strides."""
        key = _key(tensor)
        return self._known.get(key) or self._new(key, tensor)

    def kind(self, *facts: object) -> int:
        """Equal for equal facts."""
        return self._kinds.setdefault(facts, len(self._kinds))

    def _natively(self, describe: Callable[..., int], tensors: Sequence[torch.Tensor]) -> Facts | None:
        numbered, self._numbered = self._numbered, []  # what is interrupted in here begins anew
        if not numbered or len(numbered) > _MOST_FORMS:
            numbered = []
            self._slots.fill(0)
        count = len(tensors)
        objects, told = numpy.fromiter(map(id, tensors), numpy.int64, count), numpy.empty((COLUMNS, count), numpy.int64)
        try:
            met = describe(count, address_of_array(objects), address_of_array(told), len(numbered), *self._table)
        except ctypes.ArgumentError as problem:  # what ctypes makes of it where the stack ends
            raise RecursionError(str(problem)) from problem
        if met > len(numbered):
            self._meet(numbered, met, tensors, told[FORM].tolist())
        self._numbered = numbered
        if (told[FORM] < 0).any():
            return None
        numels, sizes = self._ends[:, told[FORM]]
        told[ADDRESS][(told[OFFSET] + numels) * sizes > told[NBYTES]] = 0
        numbers, offsets, nbytes, addresses, versions = told.tolist()
        return Facts(tensors, list(map(numbered.__getitem__, numbers)), offsets, nbytes, addresses, versions)

    def _meet(self, numbered: list[Form], met: int, tensors: Sequence[torch.Tensor], numbers: list[int]) -> None:
        """Add forms up to the number `met`, each of the first tensor that has it."""
        for number in range(len(numbered), met):
            form = self.of(tensors[numbers.index(number)])
            self._ends[:, number] = form.numel if form.lies else _NOWHERE, form.itemsize
            numbered.append(form)

    def _by_python(self, tensors: Sequence[torch.Tensor]) -> Facts | None:
        if not _STRIDED.issuperset(map(_LAYOUT, tensors)):
            return None
        keys = list(
            zip(map(_FACTS, tensors), *[map(ask, tensors) for ask in _ASKED], strict=True)
        )  # as `_key` makes them
        forms = [self._known.get(key) or self._new(key, tensor) for key, tensor in zip(keys, tensors, strict=True)]
        offsets = list(map(storage_offset, tensors))
        nbytes = list(map(_storage_nbytes, map(untyped_storage, tensors)))
        addresses = [
            _data_ptr(tensor) if form.lies and (offset + form.numel) * form.itemsize <= room else 0
            for tensor, form, offset, room in zip(tensors, forms, offsets, nbytes, strict=True)
        ]
        return Facts(tensors, forms, offsets, nbytes, addresses, list(map(version_of, tensors)))

    def _new(self, key: tuple[object, ...], tensor: torch.Tensor) -> Form:
        dtype, device, leaf = dtype_name(tensor.dtype), device_name(tensor.device), tensor.is_leaf
        requires_grad, is_contiguous = tensor.requires_grad, _is_contiguous(tensor)
        shape, stride, numel = tuple(tensor.shape), _stride(tensor), prod(tensor.shape)
        is_literal = not _is_neg(tensor) and not _is_conj(tensor)
        form = self._known[key] = Form(
            shape=shape,
            stride=stride,
            dtype=dtype,
            device=device,
            requires_grad=requires_grad,
            leaf=leaf if leaf is requires_grad else None,
            is_view=_is_view(tensor),
            is_contiguous=is_contiguous,
            kind=self.kind(dtype, device, "strided", tensor.ndim, requires_grad, is_contiguous),
            numel=numel,
            itemsize=tensor.element_size(),
            lies=0 < numel <= MOST_ELEMENTS
            and dtype in DTYPES
            and device == "cpu"
            and _is_own(tensor)
            and is_literal
            and (is_contiguous or is_run(shape, stride)),
            is_literal=is_literal,
        )
        return form


def _joined(one: Facts | None, other: Facts | None) -> Facts | None:
    """Of several and of some more."""
    if one is None or other is None:
        return None
    (tensors, forms, *numbers), (others, their_forms, *their_numbers) = one, other
    both = [[*some, *more] for some, more in zip(numbers, their_numbers, strict=True)]
    return Facts([*tensors, *others], forms + their_forms, *both)


def has_strides(tensor: torch.Tensor) -> bool:
    """Whether it has strides, as nested tensors have not whatever their layout says."""
    return tensor.layout is torch.strided and not tensor.is_nested


def version_of(tensor: torch.Tensor) -> int:
    """How often a tensor has been written in place; to be asked under `quiet`."""
    try:
        return tensor._version
    except RuntimeError:  # an inference tensor keeps no count
        return 0


def _key(tensor: torch.Tensor) -> tuple[object, ...]:
    """What decides on its form."""
    return _FACTS(tensor), *[ask(tensor) for ask in _ASKED]


@cache
def compiled() -> Callable[..., int] | None:
    """The function of `facts_code.describes`, which the first call compiles; None where this torch has not all that it asks, or keeps its tensors elsewhere."""
    torchs = ctypes.CDLL(torch._C.__file__)
    try:
        for name in facts_code.asked():
            llvm.add_symbol(name, ctypes.cast(getattr(torchs, name), ctypes.c_void_p).value)
    except AttributeError:
        return None
    example = torch.empty(1)
    if ctypes.c_int64.from_address(id(example) + OBJECT_BYTES).value != example._cdata:
        return None
    name = "describe"
    return function_of(lambda: facts_code.describes(name), name)
