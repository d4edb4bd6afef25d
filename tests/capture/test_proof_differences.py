"""How the proof compares two gradients, beside numpy's view of the bits and of the numbers."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from explorer.capture.differences import difference, magnitude, same_bits, tolerance

floats = st.floats(width=32, allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, -0.0, math.nan, math.inf])
pairs = st.integers(0, 6).flatmap(
    lambda n: st.tuples(st.lists(floats, min_size=n, max_size=n), st.lists(floats, min_size=n, max_size=n))
)


@given(pairs)
def test_beside_numpy(pair: tuple[list[float], list[float]]) -> None:
    one, other = (np.array(values, dtype=np.float32) for values in pair)
    left, right = torch.from_numpy(one.copy()), torch.from_numpy(other.copy())
    assert same_bits(left, right) == (one.tobytes() == other.tobytes())
    apart = [
        0.0 if a == b or (math.isnan(a) and math.isnan(b)) else abs(a - b)
        for a, b in zip(one.tolist(), other.tolist(), strict=True)
    ]
    expected = max((math.inf if math.isnan(gap) else gap for gap in apart), default=0.0)
    assert difference(left, right) == expected
    assert magnitude(left) == max((abs(a) for a in one.tolist() if math.isfinite(a)), default=0.0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.complex64])
def test_tolerance_is_above_rounding_and_below_half_the_digits(dtype: torch.dtype) -> None:
    eps = torch.finfo(dtype).eps
    assert eps < tolerance(dtype, "cpu") <= tolerance(dtype, "cuda") == math.sqrt(eps)


def test_shapes_dtypes_layouts_and_views() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    assert same_bits(x.T, x.T.contiguous())
    assert same_bits(x[:1].expand(4, 3), x[:1].repeat(4, 1))
    assert not same_bits(x, x.double())
    assert difference(x, x.double()) == 0
    assert difference(x, x[:1]) == math.inf
    assert same_bits(x.to_sparse(), x.to_sparse())
    assert difference(x.to_sparse(), x + 2) == 2
    assert same_bits(torch.tensor(1 + 2j).conj(), torch.tensor(1 - 2j))
    assert difference(torch.tensor(3 + 4j), torch.tensor(0j)) == 5
    assert same_bits(torch.tensor(2.0), torch.tensor(2.0))
