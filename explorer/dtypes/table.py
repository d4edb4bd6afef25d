"""Every dtype of torch 2.13 with its bits. Ranges and precision follow from the bits by arithmetic: nothing is typed in twice."""

from __future__ import annotations

from dataclasses import dataclass
from math import ldexp
from typing import Literal

Kind = Literal["bool", "integer", "float", "complex", "quantized", "bits"]


@dataclass(frozen=True)
class Float:
    """A binary floating-point format: a sign bit, `exponent` bits, `mantissa` bits."""

    exponent: int
    mantissa: int
    bias: int
    top: Literal["ieee", "nan", "zero", "scale"] = "ieee"
    """What the largest exponent is for: ``ieee`` infinities and NaN; ``nan`` numbers but for one NaN (fn);
    ``zero`` numbers only, NaN is the negative zero (fnuz); ``scale`` no sign, no mantissa, no zero (e8m0)."""

    @property
    def max(self) -> float:
        """The largest number."""
        largest = 2**self.exponent - 1 - self.bias
        steps = 2**self.mantissa
        if self.top == "ieee":
            return ldexp(2 - 1 / steps, largest - 1)
        if self.top == "nan":
            return ldexp(2 - 2 / steps, largest)
        if self.top == "scale":
            return ldexp(1.0, largest - 1)
        return ldexp(2 - 1 / steps, largest)

    @property
    def min(self) -> float:
        """The smallest number; the most negative one where there is a sign."""
        return ldexp(1.0, -self.bias) if self.top == "scale" else -self.max

    @property
    def eps(self) -> float:
        """From 1.0 to the next larger number."""
        return ldexp(1.0, -self.mantissa)

    @property
    def smallest_normal(self) -> float:
        """The smallest positive number that has all its digits."""
        return ldexp(1.0, -self.bias if self.top == "scale" else 1 - self.bias)


@dataclass(frozen=True)
class Integer:
    """An integer format of `bits` bits."""

    bits: int
    signed: bool

    @property
    def min(self) -> int:
        return -int(2 ** (self.bits - 1)) if self.signed else 0

    @property
    def max(self) -> int:
        return int(2 ** (self.bits - self.signed)) - 1


@dataclass(frozen=True)
class DType:
    """One dtype, named as torch prints it."""

    name: str
    kind: Kind
    itemsize: int
    """Bytes of one element in a storage."""
    format: Float | Integer | None = None
    """How the bits are read: of a complex dtype each of its two halves."""
    aliases: tuple[str, ...] = ()
    made_by: str = ""
    """An expression that makes a tensor of it without saying ``dtype=``, or else the shortest that does."""
    usual: bool = True
    """Whether ordinary programs meet it; the others are for quantisation, for kernels, or reserved."""


_HALF = Float(5, 10, 15)
_SINGLE = Float(8, 23, 127)
_DOUBLE = Float(11, 52, 1023)


def _small(bits: int, signed: bool) -> DType:
    name = f"{'' if signed else 'u'}int{bits}"
    return DType(name, "integer", 1, Integer(bits, signed), usual=False)


DTYPES: tuple[DType, ...] = (
    DType("bool", "bool", 1, None, (), "torch.tensor([True, False])"),
    DType("uint8", "integer", 1, Integer(8, False), (), "torch.tensor([1], dtype=torch.uint8)"),
    DType("int8", "integer", 1, Integer(8, True), (), "torch.tensor([1], dtype=torch.int8)"),
    DType("int16", "integer", 2, Integer(16, True), ("short",), "torch.tensor([1]).short()"),
    DType("int32", "integer", 4, Integer(32, True), ("int",), "torch.tensor([1]).int()"),
    DType("int64", "integer", 8, Integer(64, True), ("long",), "torch.tensor([1, 2])"),
    DType("uint16", "integer", 2, Integer(16, False), (), "torch.tensor([1], dtype=torch.uint16)"),
    DType("uint32", "integer", 4, Integer(32, False), (), "torch.tensor([1], dtype=torch.uint32)"),
    DType("uint64", "integer", 8, Integer(64, False), (), "torch.tensor([1], dtype=torch.uint64)"),
    DType("float16", "float", 2, _HALF, ("half",), "torch.ones(2).half()"),
    DType("bfloat16", "float", 2, Float(8, 7, 127), (), "torch.ones(2).bfloat16()"),
    DType("float32", "float", 4, _SINGLE, ("float",), "torch.tensor([1.0, 2.0])"),
    DType("float64", "float", 8, _DOUBLE, ("double",), "torch.from_numpy(np.ones(2))"),
    DType("complex32", "complex", 4, _HALF, ("chalf",), "torch.tensor([1j], dtype=torch.complex32)"),
    DType("complex64", "complex", 8, _SINGLE, ("cfloat",), "torch.tensor([1 + 2j])"),
    DType("complex128", "complex", 16, _DOUBLE, ("cdouble",), "torch.from_numpy(np.array([1 + 2j]))"),
    DType("float8_e4m3fn", "float", 1, Float(4, 3, 7, "nan"), (), "torch.ones(2).to(torch.float8_e4m3fn)", False),
    DType("float8_e5m2", "float", 1, Float(5, 2, 15), (), "torch.ones(2).to(torch.float8_e5m2)", False),
    DType("float8_e4m3fnuz", "float", 1, Float(4, 3, 8, "zero"), (), "torch.ones(2).to(torch.float8_e4m3fnuz)", False),
    DType("float8_e5m2fnuz", "float", 1, Float(5, 2, 16, "zero"), (), "torch.ones(2).to(torch.float8_e5m2fnuz)", False),
    DType("float8_e8m0fnu", "float", 1, Float(8, 0, 127, "scale"), (), "torch.ones(2).to(torch.float8_e8m0fnu)", False),
    DType("float4_e2m1fn_x2", "float", 1, None, usual=False),
    *(_small(bits, signed=True) for bits in range(1, 8)),
    *(_small(bits, signed=False) for bits in range(1, 8)),
    DType("qint8", "quantized", 1, Integer(8, True), usual=False),
    DType("quint8", "quantized", 1, Integer(8, False), usual=False),
    DType("qint32", "quantized", 4, Integer(32, True), usual=False),
    DType("quint4x2", "quantized", 1, None, usual=False),
    DType("quint2x4", "quantized", 1, None, usual=False),
    DType("bits1x8", "bits", 1, None, usual=False),
    DType("bits2x4", "bits", 1, None, usual=False),
    DType("bits4x2", "bits", 1, None, usual=False),
    DType("bits8", "bits", 1, None, usual=False),
    DType("bits16", "bits", 2, None, usual=False),
)

_BY_NAME = {name: dtype for dtype in DTYPES for name in (dtype.name, *dtype.aliases)}


def find(name: str) -> DType:
    """The dtype of a name or an alias; raises KeyError."""
    return _BY_NAME[name]
