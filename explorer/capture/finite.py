"""The first forward call that gave a NaN, and the first that gave an infinity: small outputs are read many at once.

Cannot see: numbers inside vmap, on another device than the CPU, of sparse and complex outputs, of over `MOST_ELEMENTS` elements,
and in memory that was not filled yet (``torch.empty``). What views, random initialisation, and functions such as ReLU or tanh
give is not looked at: it is a NaN or an infinity only where what they were given is, which an earlier call has made.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy
import torch

from explorer.capture.elements import address_of
from explorer.capture.kernel import read
from explorer.capture.numbers import dtype_name
from explorer.capture.private import bytes_at
from explorer.ir import TensorMeta

MOST_ELEMENTS = 2**24
_SMALL = 2**12
"""Bytes of an output that is rather copied, beside others, than read where it lies."""
_ITEMS = {"float16": 2, "float32": 4, "float64": 8}
"""Bytes of an element, of the dtypes that numpy has too."""
_TESTS: Any = (numpy.isnan, numpy.isinf)
_DENSE = (torch.Tensor, torch.nn.Parameter)
"""Types whose tensors have elements of their own: a subclass may only stand for others."""
_KEEP_FINITE = frozenset(
    {"empty", "empty_like", "empty_strided", "new_empty", "zeros", "zeros_like", "zero_", "ones", "ones_like", "arange"}
    | {"rand", "rand_like", "randn", "randn_like", "uniform_", "kaiming_uniform_", "kaiming_normal_", "xavier_uniform_"}
    | {"xavier_normal_", "view", "view_as", "reshape", "flatten", "unflatten", "transpose", "permute", "t", "T", "mT"}
    | {"squeeze", "unsqueeze", "expand", "expand_as", "chunk", "split", "unbind", "narrow", "select", "__getitem__"}
    | {"contiguous", "detach", "data", "cat", "stack", "neg", "abs", "relu", "relu_", "max_pool2d"}
    | {"tanh", "tanh_", "sigmoid", "sigmoid_"}
)
"""Calls that give nothing that is not finite unless they were given it, or give memory that was not filled yet."""
_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError)


class FiniteWatch:
    """Indices of the first calls with an output that is not finite; to be told under ``quiet``."""

    def __init__(self) -> None:
        self._first: dict[Any, int] = {}
        """By numpy's test, the first call with a number that it finds."""
        self._small: defaultdict[tuple[str, int], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        """Of outputs that are still to be read, calls and addresses; by dtype and bytes."""
        self._large: defaultdict[str, list[tuple[int, torch.Tensor, int]]] = defaultdict(list)
        """The same of larger ones, with the output; by dtype."""

    @property
    def first_nan(self) -> int | None:
        return self._first.get(numpy.isnan)

    @property
    def first_inf(self) -> int | None:
        return self._first.get(numpy.isinf)

    def look(self, index: int, name: str, outputs: Sequence[torch.Tensor], metas: Sequence[TensorMeta]) -> None:
        """Look at the outputs of call number `index`, of which `metas` tell; hold them until `settle`."""
        if name in _KEEP_FINITE or len(self._first) == len(_TESTS):
            return
        for output, meta in zip(outputs, metas, strict=True):
            item = _ITEMS.get(meta.dtype)
            if item is None or meta.device != "cpu" or not meta.is_contiguous or type(output) not in _DENSE:
                self._look_at(index, output)
                continue
            nbytes = output.nbytes
            if nbytes > _SMALL or meta.storage_id < 0 or meta.storage_offset * item + nbytes > meta.storage_nbytes:
                self._look_at(index, output)
            elif nbytes:
                calls, addresses = self._small[meta.dtype, nbytes]
                calls.append(index)
                addresses.append(output.data_ptr())

    def settle(self) -> None:
        """Read the small ones, those of one size together."""
        for (dtype, nbytes), (calls, addresses) in self._small.items():
            numbers = numpy.frombuffer(bytes_at(addresses, nbytes), dtype)
            if not numpy.isfinite(numbers).all():
                for test in _TESTS:
                    found = numpy.flatnonzero(test(numbers))
                    if len(found):
                        self._found(test, calls[found[0] * numbers.itemsize // nbytes])
        self._small.clear()
        for dtype, large in self._large.items():
            rows = read(dtype, [address for *_, address in large], [output.numel() for _, output, _ in large])
            for at in rows.which_are_odd():
                index, output, _ = large[at]
                self._test(index, output)
        self._large.clear()

    def _look_at(self, index: int, output: torch.Tensor) -> None:
        try:
            if not (output.is_floating_point() and output.is_cpu and output.layout == torch.strided):
                return
            if output.numel() > MOST_ELEMENTS:
                return
            address = address_of(output)
            if address is not None:
                self._large[dtype_name(output.dtype)].append((index, output, address))
            elif not math.isfinite(output.detach().sum().item()):
                self._test(index, output)
        except _UNREADABLE:
            return

    def _test(self, index: int, output: torch.Tensor) -> None:
        for test, found in ((numpy.isnan, output.isnan()), (numpy.isinf, output.isinf())):
            if found.any():
                self._found(test, index)

    def _found(self, test: Any, index: int) -> None:
        self._first[test] = min(index, self._first.get(test, index))
