"""The first forward call that gave a NaN, and the first that gave an infinity: those of many calls are read at once.

Cannot see: numbers inside vmap, on another device than the CPU, of sparse and complex outputs, of over `MOST_ELEMENTS` elements,
and in memory that was not filled yet (``torch.empty``). What views, random initialisation, and functions such as ReLU or tanh
give is not looked at: it is a NaN or an infinity only where what they were given is, which an earlier call has made.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from explorer.capture.facts import Form
from explorer.capture.kernel import read

MOST_ELEMENTS = 2**24
_TESTS: Any = (torch.isnan, torch.isinf)
_KEEP_FINITE = frozenset(
    {"empty", "empty_like", "empty_strided", "new_empty", "zeros", "zeros_like", "zero_", "ones", "ones_like", "arange"}
    | {"rand", "rand_like", "randn", "randn_like", "uniform_", "kaiming_uniform_", "kaiming_normal_", "xavier_uniform_"}
    | {"xavier_normal_", "view", "view_as", "reshape", "flatten", "unflatten", "transpose", "permute", "t", "T", "mT"}
    | {"squeeze", "unsqueeze", "expand", "expand_as", "chunk", "split", "unbind", "narrow", "select", "__getitem__"}
    | {"contiguous", "detach", "data", "cat", "stack", "neg", "abs", "relu", "relu_", "max_pool2d"}
    | {"tanh", "tanh_", "sigmoid", "sigmoid_"}
)
"""Calls that give nothing that is not finite unless they were given it, or give memory that was not filled yet."""
_UNKNOWN = None, 0
_UNREADABLE = (RuntimeError, NotImplementedError, TypeError, ValueError)


class FiniteWatch:
    """Indices of the first calls with an output that is not finite; to be told under ``quiet``."""

    def __init__(self) -> None:
        self._first: dict[Any, int] = {}
        """By torch's test, the first call with a number that it finds."""

    @property
    def first_nan(self) -> int | None:
        return self._first.get(torch.isnan)

    @property
    def first_inf(self) -> int | None:
        return self._first.get(torch.isinf)

    def look(
        self, calls: Iterable[tuple[int, str, Sequence[torch.Tensor]]], where: Mapping[int, tuple[Form, int]]
    ) -> None:
        """Look at calls: their index, what they are called, and their outputs. `where` tells by ``id`` what these are, and where they lie if not 0."""
        if len(self._first) == len(_TESTS):
            return
        lying: defaultdict[str, list[tuple[int, torch.Tensor, int, int]]] = defaultdict(list)
        for index, output in [(at, one) for at, name, outputs in calls if name not in _KEEP_FINITE for one in outputs]:
            form, address = where.get(id(output), _UNKNOWN)
            if form is None or not address:
                self._look_at(index, output)
            elif form.numel <= MOST_ELEMENTS:
                lying[form.dtype].append((index, output, address, form.numel))
        for dtype, held in lying.items():
            indices, gave, addresses, numels = zip(*held, strict=True)
            for at in read(dtype, addresses, numels, counting=False).which_are_not_finite():
                self._test(indices[at], gave[at])

    def _look_at(self, index: int, output: torch.Tensor) -> None:
        """The same of one that does not lie in the CPU's memory one element after the other."""
        try:
            if not (output.is_floating_point() and output.is_cpu and output.layout == torch.strided):
                return
            if output.numel() <= MOST_ELEMENTS and not math.isfinite(output.detach().sum().item()):
                self._test(index, output)
        except _UNREADABLE:
            return

    def _test(self, index: int, output: torch.Tensor) -> None:
        for test in _TESTS:
            if test(output).any():
                self._found(test, index)

    def _found(self, test: Any, index: int) -> None:
        self._first[test] = min(index, self._first.get(test, index))
