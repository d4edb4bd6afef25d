"""The table and the rules against torch itself: every dtype, every pair, every role."""

import itertools
import math

import numpy as np
import pytest
import torch

from explorer.dtypes import DTYPES, Float, Integer, Operand, PromotionError, find, promote, result_type

TORCHS = {str(value).removeprefix("torch."): value for value in vars(torch).values() if isinstance(value, torch.dtype)}
USUAL = [dtype.name for dtype in DTYPES if dtype.usual]
pytestmark = pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
FLOATS = [dtype for dtype in DTYPES if isinstance(dtype.format, Float)]


def test_the_table_has_every_dtype_of_torch():
    assert [dtype.name for dtype in DTYPES] == sorted(TORCHS, key=[dtype.name for dtype in DTYPES].index)
    for dtype in DTYPES:
        assert TORCHS[dtype.name].itemsize == dtype.itemsize
        assert all(getattr(torch, alias) is TORCHS[dtype.name] for alias in dtype.aliases)


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.name)
def test_floats_are_as_torch_finfo_says(dtype):
    said, ours = torch.finfo(TORCHS[dtype.name]), dtype.format
    assert (ours.max, ours.min, ours.smallest_normal) == (said.max, said.min, said.smallest_normal)
    if dtype.name == "float8_e5m2fnuz":  # torch 2.13 says 0.125 here; the number after 1.0 in that format is 1.25
        one = torch.ones(1).to(torch.float8_e5m2fnuz).view(torch.uint8)
        assert (one + 1).view(torch.float8_e5m2fnuz).float().item() == 1 + ours.eps
    else:
        assert ours.eps == said.eps


def test_integers_are_as_torch_iinfo_says():
    asked = 0
    for dtype in DTYPES:
        if isinstance(dtype.format, Integer) and dtype.format.bits >= 8:
            said = torch.iinfo(TORCHS[dtype.name])
            assert (dtype.format.min, dtype.format.max, dtype.format.bits) == (said.min, said.max, said.bits)
            asked += 1
    assert asked == 11


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype.made_by], ids=lambda dtype: dtype.name)
def test_the_expression_makes_it(dtype):
    assert eval(dtype.made_by, {"torch": torch, "np": np}).dtype is TORCHS[dtype.name]  # the product's own text


PROMOTED = [*USUAL, *(name for name in TORCHS if name.startswith("float8"))]
"""Sub-byte and reserved dtypes are left out: they have no arithmetic to promote for."""


def test_every_pair_promotes_as_torch_promotes_it():
    for first, second in itertools.product(PROMOTED, repeat=2):
        try:
            expected = str(torch.promote_types(TORCHS[first], TORCHS[second])).removeprefix("torch.")
        except RuntimeError:
            expected = None
        try:
            found = promote(first, second).dtype
        except PromotionError:
            found = None
        assert found == expected, (first, second)


def _value(dtype, role):
    if role == "number":
        return {"bool": True, "int64": 1, "float32": 1.0, "complex64": 1j}[dtype]
    return torch.zeros((2,) if role == "tensor" else (), dtype=TORCHS[dtype])


def _operands():
    for role in ("tensor", "zero_dim"):
        yield from (Operand(name, role) for name in USUAL)
    yield from (Operand(name, "number") for name in ("bool", "int64", "float32", "complex64"))


def test_every_pair_of_operands_gives_the_dtype_that_torch_gives():
    checked = 0
    for one, other in itertools.product(_operands(), repeat=2):
        if one.role == other.role == "number":
            continue
        try:
            said = torch.result_type(_value(one.dtype, one.role), _value(other.dtype, other.role))
            expected = str(said).removeprefix("torch.")
        except RuntimeError:
            expected = None
        try:
            found = result_type(one, other).dtype
        except PromotionError:
            found = None
        assert found == expected, (one, other)
        checked += 1
    assert checked == 36**2 - 16


def test_the_notes_product_of_double_and_short():
    """Notes 3.5.3."""
    points_64 = torch.rand(5, dtype=torch.double)
    product = points_64 * points_64.to(torch.short)
    assert (product.tolist(), str(product.dtype)) == ([0, 0, 0, 0, 0], "torch.float64")
    assert promote("double", "short").dtype == "float64"
    double_points, short_points = (
        torch.ones(10, 2, dtype=torch.double),
        torch.tensor([[1, 2], [3, 4]], dtype=torch.short),
    )
    assert (double_points.dtype, short_points.dtype) == (torch.float64, torch.int16)
    assert (torch.zeros(10, 2).double().dtype, torch.ones(10, 2).to(dtype=torch.short).dtype) == (
        torch.float64,
        torch.int16,
    )
    assert double_points.to(torch.double) is double_points  # "to" converts only where it must
    assert math.isinf(torch.tensor(70000.0).half().item())
    assert find("half").format.max == 65504
