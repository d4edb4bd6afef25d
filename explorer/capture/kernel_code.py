"""Writes, in LLVM's language (https://llvm.org/docs/LangRef.html), the function that reads the elements of tensors.

Of each tensor it adds up elements and squares in float64, notes extremes and zeros, and counts a sample in bins. 32 elements are taken
at a time, in two groups whose sums do not wait for each other: main memory is the limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple

from llvmlite import ir

from explorer.capture.histogram import BINS, MOST_COUNTED
from explorer.capture.native_builder import Builder

SUMS = 6
"""Columns of a tensor's row: the sum, that of the squares, the least, the largest, zeros, and 1 where it is odd. Behind them counts by bin."""
COLUMNS = SUMS + BINS

LEAST_SQUARES = 1e-280
"""A smaller sum of squares has lost elements to underflow."""
LEAST_SHARE = 1e-6
"""A squared distance from the mean that is a smaller part of the squares has lost digits in the difference."""

_LANES = 16
"""Elements of a group."""
_CHUNK = 2**14
"""Elements after which the sample takes those that are among them: they are in the cache then. A multiple of two groups."""

_DOUBLE, _FLOAT = ir.DoubleType(), ir.FloatType()
_I16, _I32, _I64, _POINTER = ir.IntType(16), ir.IntType(32), ir.IntType(64), ir.PointerType()
_STORED = {"float64": (_DOUBLE, 8), "float32": (_FLOAT, 4), "float16": (ir.HalfType(), 2), "bfloat16": (_I16, 2)}
"""By dtype, as what its elements are loaded, and their bytes."""
DTYPES = frozenset(_STORED)


def reads(name: str, dtype: str) -> ir.Module:
    """``int64 name(int64 count, int64 *tensors, double *rows, int64 columns)``.

    `tensors` are (3, count) addresses, numbers of elements (at least 1) and strides of the sample, and `rows` (count, `columns`) to be
    filled: `COLUMNS`, or `SUMS` where nothing is to be counted. Returns how many are odd: with an element that is not finite, or of which
    float64 has lost digits. These have no counts.
    """
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(_I64, [_I64, _POINTER, _POINTER, _I64]), name)
    count, tensors, rows, columns = function.args
    b = Builder(function)
    odd, sample, bins = b.variable(_I64(0)), b.array(_real(dtype), MOST_COUNTED), b.array(_I32, BINS)
    with b.counting(_I64(0), count) as at:
        address, numel, stride = (b.fetch(_I64, tensors, b.add(at, b.mul(count, _I64(row)))) for row in range(3))
        totals, sampled = _read(b, _Tensor(dtype, b.inttoptr(address, _POINTER), numel, stride), sample)
        is_odd = _is_odd(b, totals, b.sitofp(numel, _DOUBLE))
        row = b.item(_DOUBLE, rows, b.mul(at, columns))
        for column, value in enumerate((*totals, b.uitofp(is_odd, _DOUBLE))):
            b.store(value, b.item(_DOUBLE, row, _I64(column)))
        with b.if_then(b.icmp_signed(">", columns, _I64(SUMS))):
            for place in range(BINS):
                b.store(_I32(0), b.item(_I32, bins, _I64(place)))
            with b.if_then(b.not_(is_odd)):
                _count(b, totals, sample, sampled, bins)
            for place in range(BINS):
                counted = b.sitofp(b.fetch(_I32, bins, _I64(place)), _DOUBLE)
                b.store(counted, b.item(_DOUBLE, row, _I64(SUMS + place)))
        b.store(b.add(b.value(odd), b.zext(is_odd, _I64)), odd)
    b.ret(b.value(odd))
    return module


class _Tensor(NamedTuple):
    """What is read: its elements, and how far apart those of the sample are."""

    dtype: str
    elements: ir.Value
    numel: ir.Value
    stride: ir.Value


class _Totals(NamedTuple):
    """What is told of all elements, in float64."""

    total: ir.Value
    squares: ir.Value
    low: ir.Value
    high: ir.Value
    zeros: ir.Value


class _Sums:
    """What is added up of the elements at some lanes: variables, each with a value a lane."""

    def __init__(self, b: Builder, real: ir.Type, lanes: int) -> None:
        self._b, self._lanes = b, lanes
        self._double, self._int = _of(_DOUBLE, lanes), _of(_I32, lanes)
        self._zero = _all(real, lanes, 0.0)
        self._total, self._squares = b.variable(_all(_DOUBLE, lanes, 0.0)), b.variable(_all(_DOUBLE, lanes, 0.0))
        self._low, self._high = b.variable(_all(real, lanes, math.inf)), b.variable(_all(real, lanes, -math.inf))
        self._zeros = b.variable(_all(_I32, lanes, 0))

    def add(self, elements: ir.Value) -> None:
        """One element a lane. The extremes pass over what is no number."""
        b = self._b
        doubles = elements if elements.type == self._double else b.fpext(elements, self._double)
        square = b.fmul(doubles, doubles, flags=("contract",))
        b.store(b.fadd(b.value(self._total), doubles), self._total)
        b.store(b.fadd(b.value(self._squares), square, flags=("contract",)), self._squares)
        b.store(_least(b, elements, b.value(self._low)), self._low)
        b.store(_largest(b, elements, b.value(self._high)), self._high)
        is_zero = b.fcmp_ordered("==", elements, self._zero)
        b.store(b.add(b.value(self._zeros), b.zext(is_zero, self._int)), self._zeros)

    def joined(self) -> list[ir.Value]:
        """Those of all lanes together: total, squares, least, largest, zeros."""
        variables = self._total, self._squares, self._low, self._high, self._zeros
        return [self._across(self._b.value(one), join) for one, join in zip(variables, _JOINS, strict=True)]

    def _across(self, lanes: ir.Value, join: _Join) -> ir.Value:
        """Half of the lanes are joined with the others, until one is left."""
        b, count = self._b, self._lanes
        while count > 1:
            count //= 2
            halves = (_all_of([*range(first, first + count)]) for first in (0, count))
            lanes = join(b, *(b.shuffle_vector(lanes, lanes, half) for half in halves))
        return b.extract_element(lanes, _I32(0)) if isinstance(lanes.type, ir.VectorType) else lanes


_Join = Callable[[Builder, ir.Value, ir.Value], ir.Value]


def _least(b: Builder, one: ir.Value, other: ir.Value) -> ir.Value:
    return b.select(b.fcmp_ordered("<", one, other), one, other)


def _largest(b: Builder, one: ir.Value, other: ir.Value) -> ir.Value:
    return b.select(b.fcmp_ordered(">", one, other), one, other)


_JOINS: tuple[_Join, ...] = (Builder.fadd, Builder.fadd, _least, _largest, Builder.add)


def _read(b: Builder, tensor: _Tensor, sample: ir.Value) -> tuple[_Totals, ir.Value]:
    """Add up a tensor, and put some elements into its sample; how many these are."""
    real = _real(tensor.dtype)
    groups, rest = [_Sums(b, real, _LANES), _Sums(b, real, _LANES)], _Sums(b, real, 1)
    together = _LANES * len(groups)
    sampled, following = b.variable(_I64(0)), b.variable(_I64(0))
    with b.counting(_I64(0), tensor.numel, _CHUNK) as first:
        last = b.add(first, _I64(_CHUNK))
        end = b.select(b.icmp_signed("<", last, tensor.numel), last, tensor.numel)
        whole = b.sub(end, b.and_(end, _I64(together - 1)))  # `first` is a multiple of it
        with b.counting(first, whole, together) as at:
            for group, sums in enumerate(groups):
                sums.add(_loaded(b, tensor, b.add(at, _I64(group * _LANES)), _LANES))
        with b.counting(whole, end) as at:
            rest.add(_loaded(b, tensor, at, 1))
        with b.whilst(lambda: b.icmp_signed("<", b.value(following), end)):
            at, place = b.value(following), b.value(sampled)
            b.store(_loaded(b, tensor, at, 1), b.item(real, sample, place))
            b.store(b.add(at, tensor.stride), following)
            b.store(b.add(place, _I64(1)), sampled)
    parts = zip(*(sums.joined() for sums in (*groups, rest)), strict=True)
    joined = [_double(b, reduce(partial(join, b), several)) for join, several in zip(_JOINS, parts, strict=True)]
    return _Totals(*joined), b.value(sampled)


def _count(b: Builder, totals: _Totals, sample: ir.Value, sampled: ir.Value, bins: ir.Value) -> None:
    """Count a sample of finite elements in bins, as `explorer.capture.histogram.histogram` does."""
    width = b.fsub(totals.high, totals.low)
    flat = b.fcmp_ordered("==", width, _DOUBLE(0.0))
    width = b.select(flat, _DOUBLE(1.0), width)
    with b.counting(_I64(0), sampled) as at:
        distance = b.fsub(_double(b, b.fetch(sample.holds, sample, at)), totals.low)
        place = b.fptosi(b.fmul(b.fdiv(distance, width), _DOUBLE(BINS)), _I64)
        inside = b.select(b.icmp_signed("<", place, _I64(BINS - 1)), place, _I64(BINS - 1))
        its_bin = b.item(_I32, bins, b.select(flat, _I64(BINS // 2), inside))
        b.store(b.add(b.load(its_bin, typ=_I32), _I32(1)), its_bin)


def _double(b: Builder, value: ir.Value) -> ir.Value:
    if value.type == _DOUBLE:
        return value
    return b.sitofp(value, _DOUBLE) if isinstance(value.type, ir.IntType) else b.fpext(value, _DOUBLE)


def _is_odd(b: Builder, totals: _Totals, numel: ir.Value) -> ir.Value:
    """Whether these say too little."""
    squares = totals.squares
    around = b.fsub(squares, b.fdiv(b.fmul(totals.total, totals.total), numel))
    faint = b.fcmp_ordered("<", squares, _DOUBLE(LEAST_SQUARES))
    close = b.fcmp_ordered("<", around, b.fmul(squares, _DOUBLE(LEAST_SHARE)))
    differ = b.fcmp_ordered("!=", totals.low, totals.high)
    finite = b.fcmp_ordered("<", squares, _DOUBLE(math.inf))
    return b.or_(b.not_(finite), b.and_(b.or_(faint, close), differ))


def _loaded(b: Builder, tensor: _Tensor, at: ir.Value, lanes: int) -> ir.Value:
    """As many elements as lanes, from a place on."""
    stored, nbytes = _STORED[tensor.dtype]
    found = b.load(b.item(stored, tensor.elements, at), typ=_of(stored, lanes), align=nbytes)
    if tensor.dtype == "bfloat16":  # the upper half of a float32
        return b.bitcast(b.shl(b.zext(found, _of(_I32, lanes)), _all(_I32, lanes, 16)), _of(_FLOAT, lanes))
    return found if stored is _real(tensor.dtype) else b.fpext(found, _of(_FLOAT, lanes))


def _real(dtype: str) -> ir.Type:
    """The type that elements are compared in."""
    return _DOUBLE if dtype == "float64" else _FLOAT


def _of(kind: ir.Type, lanes: int) -> ir.Type:
    """A type with as many lanes."""
    return kind if lanes == 1 else ir.VectorType(kind, lanes)


def _all(kind: ir.Type, lanes: int, value: Any) -> ir.Constant:
    """The same value at all lanes."""
    return kind(value) if lanes == 1 else ir.VectorType(kind, lanes)([kind(value)] * lanes)


def _all_of(lanes: list[int]) -> ir.Constant:
    return ir.VectorType(_I32, len(lanes))([_I32(lane) for lane in lanes])
