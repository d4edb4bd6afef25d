"""What native code reads of elements, against torch and against counting by hand; and which tensors it may read."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch._subclasses.fake_tensor import FakeTensorMode

from explorer.capture.elements import address_of, is_run
from explorer.capture.facts import Forms
from explorer.capture.histogram import histogram, stride_of_sample
from explorer.capture.kernel import DTYPES, SUMS, Rows, read
from explorer.capture.numbers import read_stats
from explorer.capture.reader import Reader


def addresses_of(tensors: list[torch.Tensor]) -> list[int | None]:
    facts = Forms().facts(tensors)
    return [None] * len(tensors) if facts is None else [address or None for address in facts.addresses]


dtypes = st.sampled_from(sorted(DTYPES))
numels = st.lists(
    st.one_of(st.integers(1, 70), st.sampled_from([1_023, 1_024, 1_025, 2**14 - 1, 2**14, 2**14 + 1, 40_003])),
    min_size=1,
    max_size=6,
)


def rows_of(tensors: list[torch.Tensor]) -> Rows:
    dtype = str(tensors[0].dtype).removeprefix("torch.")
    return read(dtype, [one.data_ptr() for one in tensors], [one.numel() for one in tensors])


@settings(max_examples=60, deadline=None)
@given(dtypes, numels, st.integers(0, 3), st.integers(-4, 4), st.integers(0, 2**31))
def test_sums_extremes_and_zeros_are_torchs(dtype: str, sizes: list[int], offset: int, power: int, seed: int) -> None:
    """Tensors of any number of elements, which begin anywhere in their memory, all in one call."""
    torch.manual_seed(seed)
    tensors = [
        (torch.randn(offset + numel).clamp(-1, 9) * 10.0**power).relu().sub(0.25).to(getattr(torch, dtype))[offset:]
        for numel in sizes
    ]
    for tensor, row in zip(tensors, rows_of(tensors).table.tolist(), strict=True):
        doubles = tensor.double()
        total, squares, low, high, zeros, odd = row[:SUMS]
        assert (low, high, zeros) == (doubles.min(), doubles.max(), int((doubles == 0).sum()))
        assert total == pytest.approx(float(doubles.sum()), rel=1e-12, abs=1e-12 * float(doubles.abs().sum()))
        assert squares == pytest.approx(float(doubles.square().sum()), rel=1e-12)
        around = float((doubles - doubles.mean()).square().sum())
        assert not odd or around < 1.1e-6 * squares or squares < 1e-280
        if len(tensor) > 64 and not odd:
            sample = doubles[:: stride_of_sample(len(tensor))]
            assert tuple(map(int, row[SUMS:])) == histogram(sample.numpy(), low, high)


@pytest.mark.parametrize("dtype", sorted(DTYPES))
@pytest.mark.parametrize("numel", [1, 31, 33, 5_000])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_one_element_that_is_not_finite_makes_a_tensor_odd_wherever_it_is(dtype: str, numel: int, value: float) -> None:
    torch.manual_seed(0)
    plain = torch.randn(numel + 2).to(getattr(torch, dtype))
    tensors = [plain]
    for at in {0, numel // 2, numel - 1}:
        tensors.append(torch.randn(numel).to(plain.dtype))
        tensors[-1][at] = value
    rows = rows_of(tensors)
    assert rows.which_are_odd() == list(range(1, len(tensors)))
    assert rows.odd == len(tensors) - 1
    assert not rows.table[1:, SUMS:].any()


def test_elements_that_hardly_differ_or_cannot_be_squared_are_odd_and_equal_ones_are_not() -> None:
    torch.manual_seed(0)
    near, small = 1e9 + torch.rand(1_000, dtype=torch.float64), torch.tensor([1e-200, 2e-200], dtype=torch.float64)
    flat, zero = torch.full((1_000,), 0.1, dtype=torch.float64), torch.zeros(1_000, dtype=torch.float64)
    assert rows_of([near, flat, zero, small]).which_are_odd() == [0, 3]


def test_reading_changes_nothing_and_reads_nothing_beyond() -> None:
    whole = torch.randn(3_000)
    before, part = whole.clone(), whole[7:2_900]
    whole[:7], whole[2_900:] = math.inf, math.nan
    before[:7], before[2_900:] = math.inf, math.nan
    assert rows_of([part]).odd == 0
    assert torch.equal(whole.nan_to_num(), before.nan_to_num())


def shrunk() -> torch.Tensor:
    tensor = torch.randn(100)
    tensor.untyped_storage().resize_(64)
    return tensor


def faked() -> torch.Tensor:
    with FakeTensorMode():
        return torch.empty(100)


UNREADABLE = {
    "gaps": lambda: torch.randn(10, 10)[:, ::2],
    "repeated": lambda: torch.randn(10).expand(3, 10),
    "negated": lambda: torch.randn(10, dtype=torch.complex64).conj().imag,
    "complex": lambda: torch.randn(10, dtype=torch.complex64),
    "integers": lambda: torch.arange(10),
    "empty": lambda: torch.empty(0),
    "meta": lambda: torch.empty(10, device="meta"),
    "sparse": lambda: torch.eye(3).to_sparse(),
    "quantised": lambda: torch.quantize_per_tensor(torch.randn(9), 0.1, 0, torch.qint8),
    "nested": lambda: torch.nested.nested_tensor([torch.randn(2), torch.randn(3)], layout=torch.jagged),
    "fake": faked,
    "storage made smaller": shrunk,
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors", "ignore:torch.quantize_per_tensor")
def test_no_address_is_told_of_what_does_not_lie_there(kind: str) -> None:
    tensor = UNREADABLE[kind]()
    assert address_of(tensor) is None
    if tensor.dtype is torch.float32:
        assert addresses_of([torch.randn(4), tensor])[1] is None


@pytest.mark.parametrize("numel", [5, 200, 2**14 + 1])
def test_tensors_without_memory_have_no_numbers_and_end_no_process(numel: int) -> None:
    with FakeTensorMode():
        fake = [torch.empty(numel) for _ in range(3)]
    for tensors in (fake, [torch.empty(numel, device="meta")] * 2):
        assert [(one.value, one.stats) for one in Reader().read_together(tensors)] == [(None, None)] * len(tensors)
        assert read_stats(tensors[0]) is None


def test_no_address_is_told_inside_of_a_transform() -> None:
    found: list[object] = []

    def told(one: torch.Tensor) -> torch.Tensor:
        found.extend([address_of(one), *addresses_of([one, one])])
        return one * 2

    torch.func.vmap(told)(torch.randn(3, 5))
    assert found == [None] * 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_what_is_contiguous_in_another_order_lies_one_after_the_other(shape: list[int], random: object) -> None:
    tensor = torch.randn(shape)
    order = list(range(len(shape)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis' own, of the type that the strategy names
    other = tensor.permute(order)
    assert is_run(tuple(other.shape), other.stride())
    assert addresses_of([tensor, other, tensor.requires_grad_()]) == [tensor.data_ptr()] * 3
    assert address_of(other) == tensor.data_ptr()
    beyond = torch.randn([size + 1 for size in shape])[tuple(slice(size) for size in shape)]
    if tensor.numel() > 1 and not beyond.is_contiguous():
        assert address_of(beyond) is None
