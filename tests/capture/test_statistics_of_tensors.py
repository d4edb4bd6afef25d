"""Statistics and histograms of many tensors and of large ones, against torch and against counting by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import run

from explorer.capture.kernel import Rows, read
from explorer.capture.metas import Storages
from explorer.capture.numbers import read_stats, read_values
from explorer.capture.reader import Reader
from explorer.capture.recorder import Recorder
from explorer.ir import Stats


def counted_by_torch(tensor: torch.Tensor) -> tuple[int, ...]:
    """24 bins over the finite elements."""
    doubles = tensor.double().flatten()
    finite = doubles[doubles.isfinite()]
    counts = torch.histc(finite, 24, float(finite.min()), float(finite.max()))
    return tuple(map(int, counts.tolist()))


def agree(stats: Stats | None, tensor: torch.Tensor, rel: float) -> None:
    doubles = tensor.double().flatten()
    assert stats is not None
    assert (stats.numel, stats.zeros) == (tensor.numel(), int((doubles == 0).sum()))
    assert (stats.min, stats.max) == (float(doubles.min()), float(doubles.max()))
    norm, size = float(doubles.norm()), float(doubles.norm()) / math.sqrt(tensor.numel())
    assert stats.norm == pytest.approx(norm, rel=rel)
    assert stats.mean == pytest.approx(float(doubles.mean()), rel=rel, abs=rel * size)
    assert stats.std == pytest.approx(float(doubles.std(correction=0)), rel=3 * rel, abs=rel * rel * size)


@pytest.mark.parametrize("numel", [65, 500, 1_024])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int32])
def test_histogram_of_all_elements_equals_torch(numel: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    tensor = (torch.randn(numel) * 20).to(dtype)
    stats = read_stats(tensor)
    assert stats is not None
    assert (stats.histogram, stats.counted) == (counted_by_torch(tensor), None)


@pytest.mark.parametrize("numel", [1_025, 20_000, 1_000_003])
def test_histogram_of_many_elements_counts_an_even_sample(numel: int) -> None:
    tensor = torch.linspace(-3.0, 5.0, numel)
    stats = read_stats(tensor)
    assert stats is not None
    assert stats.counted is not None
    assert numel / 4_096 < stats.counted <= 4_096
    assert sum(stats.histogram) == stats.counted
    assert (
        max(abs(count - stats.counted / 24) for count in stats.histogram) <= 2
    )  # evenly spread elements fill bins evenly


def test_histogram_leaves_out_what_is_not_finite_and_bins_constants_in_the_middle() -> None:
    tensor = torch.randn(200)
    tensor[3], tensor[7] = float("nan"), float("inf")
    stats = read_stats(tensor)
    assert stats is not None
    assert stats.histogram == counted_by_torch(tensor)
    assert sum(stats.histogram) == 198
    flat = read_stats(torch.full((100,), 1e30))
    assert flat is not None
    assert (flat.histogram[12], sum(flat.histogram)) == (100, 100)
    few = read_stats(torch.randn(64))
    assert few is not None
    assert few.histogram == ()


def test_elements_repeated_by_a_stride_of_zero_are_counted_each() -> None:
    row = torch.randn(50)
    stats = read_stats(row.expand(7, 50))
    assert stats is not None
    assert (stats.numel, sum(stats.histogram)) == (350, 350)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([(), (3,), (100,), (2, 700), (5_000,)]), min_size=1, max_size=12), st.integers(0, 2**31)
)
def test_tensors_read_together_have_the_statistics_of_each_alone(shapes: list[tuple[int, ...]], seed: int) -> None:
    torch.manual_seed(seed)
    tensors = [(torch.randn(shape) * 10 ** torch.randint(-3, 4, ()).item()).relu() - 0.1 for shape in shapes]
    reader = Reader()
    readings = [reader.read(tensor) for tensor in tensors]
    for tensor, reading in zip(tensors, readings, strict=True):
        agree(reading.stats, tensor, 1e-9)
        assert reading.value == (tensor.tolist() if tensor.numel() <= 64 else None)


def test_a_tensor_that_needs_care_is_read_with_care_among_others() -> None:
    plain, odd, huge = torch.tensor([1.0, 2.0]), torch.tensor([float("nan"), 2.0]), torch.tensor([1e300, 1e300])
    reader = Reader()
    first, second = reader.read(plain), reader.read(odd)
    third, fourth = reader.read(huge.double()), reader.read(torch.tensor([1e200, 0.0], dtype=torch.float64))
    assert (first.value, second.value) == ([1.0, 2.0], ["NaN", 2.0])
    assert second.stats is not None
    assert (second.stats.norm, second.stats.nans, second.stats.max) == ("NaN", 1, 2.0)
    assert fourth.stats is not None
    assert fourth.stats.norm == pytest.approx(1e200)
    assert third.stats is not None


@pytest.mark.parametrize("numel", [2**14 + 1, 2**17 + 3, 1_000_000])
@pytest.mark.parametrize("shift", [0.0, 3.0, 1e4])
@pytest.mark.parametrize("scale", [1.0, 1e-15, 1e15])
def test_large_float32_tensors_have_six_digits_at_any_size_of_their_elements(
    numel: int, shift: float, scale: float
) -> None:
    torch.manual_seed(1)
    tensor = (torch.randn(numel) + shift) * scale
    tensor[::3], tensor[1:10:3] = 0.0, -0.0
    agree(read_stats(tensor), tensor, 1e-6)


def test_what_was_read_once_is_read_again_only_where_memory_or_version_differ() -> None:
    storages = Storages()
    reader = Reader(storages)
    tensor = torch.randn(30_000)
    first = reader.read(tensor)
    assert reader.read(tensor.detach()) is first
    assert reader.read(tensor[1:]) is not first
    assert reader.read(tensor.view(100, 300)) is not first
    tensor.zero_()
    again = reader.read(tensor)
    assert again is not first
    assert again.stats is not None
    assert again.stats.norm == 0.0
    storages.release()


def test_what_was_read_is_never_taken_for_another_tensor_that_came_later() -> None:
    """Matrices, their transposes, and tensors of other kinds are read together; all die, and later ones have their ids and addresses."""
    reader = Reader(Storages())
    for at in range(200):
        matrix = torch.full((20, 50), float(at))
        tensors = [
            matrix,
            torch.full((3,), float(-at)),
            matrix.t(),
            torch.full((1_000,), at + 0.5),
            torch.full((200, 200), at + 2.0),
        ]
        found = reader.read_together(tensors)
        assert [one.shape for one in found] == [tuple(one.shape) for one in tensors]
        assert [one.stats and one.stats.max for one in found] == [at, -at, at, at + 0.5, at + 2]
        assert found[1].value == [-at] * 3


def test_numbers_that_are_asked_about_before_all_is_settled_do_not_become_those_of_later_tensors() -> None:
    reader = Reader()
    tensors = [torch.full((100,), float(at)) for at in range(4)]
    readings = []
    for tensor in tensors:
        readings.append(reader.read_quietly(tensor, steady=True))
        first = readings[0].stats
        assert first is not None
        assert first.max == 0
    reader.settle()
    assert [one.stats and one.stats.max for one in readings] == [0, 1, 2, 3]


def test_what_does_not_fit_into_the_room_is_read_where_it_lies() -> None:
    reader = Reader(room=2_500)
    found = reader.read_together([torch.full((1_000,), float(at)) for at in range(5)])
    assert [one.stats and one.stats.max for one in found] == [0, 1, 2, 3, 4]


def test_what_is_shown_element_by_element_has_a_room_of_its_own() -> None:
    """As the counts of batches in a model with millions of other numbers."""
    reader = Reader(room=1_000)
    reader.read(torch.zeros(1_000))
    counts = [torch.tensor(at) for at in range(3)]
    assert [one.value for one in reader.read_together(counts)] == [0, 1, 2]
    assert [reader.read(one).value for one in counts] == [0, 1, 2]


def test_the_same_elements_in_another_order_are_added_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    summed: list[int] = []

    def counted(dtype: str, addresses: list[int], numels: list[int]) -> Rows:
        summed.extend(numels)
        return read(dtype, addresses, numels)

    for module in ("blocks", "pieces"):
        monkeypatch.setattr(f"explorer.capture.{module}.read", counted)
    storages = Storages()
    reader = Reader(storages)
    tensor = torch.randn(200, 300)
    others = [tensor.t(), tensor.view(2, 100, 300).permute(2, 0, 1), tensor.flatten(), tensor[None].expand(1, 200, 300)]
    first = reader.read(tensor)
    assert [reader.read(other).stats for other in others] == [first.stats] * 4
    assert [tuple(reader.read(other).shape) for other in others] == [tuple(other.shape) for other in others]
    assert summed == [60_000]
    for part in (tensor[:100], tensor[100:], tensor[:, ::2], tensor[:, 1::2], tensor.expand(2, 200, 300)):
        agree(reader.read(part).stats, part, 1e-6)
    assert summed == [60_000, 30_000, 30_000, 30_000, 30_000, 60_000]
    storages.release()


@pytest.mark.parametrize("numel", [3, 20_000])
def test_what_a_view_only_says_to_be_conjugated_or_negated_is_read_as_it_says(numel: int) -> None:
    storages = Storages()
    reader = Reader(storages)
    tensor = torch.view_as_complex(torch.rand(numel, 2) + 1)
    for one in (tensor, tensor.conj(), tensor.imag, tensor.conj().imag):
        reading = reader.read(one)
        alone = read_stats(one)
        assert reading.value == read_values(one)
        assert reading.stats is not None
        assert alone is not None
        assert (reading.stats.min, reading.stats.max) == (alone.min, alone.max)
    lowest = reader.read(tensor.conj().imag).stats
    assert lowest is not None
    assert lowest.min == -float(tensor.imag.max())
    storages.release()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16, torch.int64, torch.uint8, torch.bool])
def test_large_tensors_of_every_dtype_agree_with_torch(dtype: torch.dtype) -> None:
    torch.manual_seed(2)
    tensor = (torch.randn(2**17 + 5).clamp(-2, 7).relu() * 9).to(dtype)
    agree(read_stats(tensor), tensor, 1e-9 if dtype not in (torch.bfloat16, torch.float16) else 1e-6)


@pytest.mark.parametrize(("scale", "shift"), [(1e-150, 0.0), (1e150, 0.0), (1.0, 1e9)])
def test_large_float64_tensors_that_cannot_be_squared_are_read_with_care(scale: float, shift: float) -> None:
    torch.manual_seed(3)
    tensor = torch.randn(40_000, dtype=torch.float64) * scale + shift
    stats = read_stats(tensor)
    assert stats is not None
    assert stats.norm == pytest.approx(float((tensor / scale).norm()) * scale, rel=1e-9)
    assert stats.std == pytest.approx(float(((tensor - shift) / scale).std(correction=0)) * scale, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-200, 1e-300, 1e200, 1e300])
@pytest.mark.parametrize("numel", [9, 500, 300_000])
def test_the_std_of_numbers_whose_squares_vanish_or_overflow(scale: float, numel: int) -> None:
    torch.manual_seed(5)
    plain = torch.randn(numel, dtype=torch.float64) + 1
    stats = read_stats(plain * scale)
    assert stats is not None
    assert stats.std == pytest.approx(float(plain.std(correction=0)) * scale, rel=1e-12)
    assert stats.norm == pytest.approx(float(plain.norm()) * scale, rel=1e-12)
    assert stats.mean == pytest.approx(float(plain.mean()) * scale, rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_one_element_that_outweighs_all_others_costs_no_digits(dtype: torch.dtype) -> None:
    torch.manual_seed(4)
    tensor = torch.randn(200_000).to(dtype)
    tensor[5] = 1e4
    agree(read_stats(tensor), tensor, 1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5_000), st.integers(0, 40), st.integers(-30, 30), st.integers(0, 2**31))
def test_statistics_hold_at_every_size_and_alignment(numel: int, offset: int, power: int, seed: int) -> None:
    torch.manual_seed(seed)
    tensor = (torch.randn(offset + numel) * 10.0**power)[offset:]
    agree(read_stats(tensor), tensor, 1e-11)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-30, -3e-44])
def test_large_tensors_of_one_value_have_exactly_that_value(value: float) -> None:
    tensor = torch.full((150_000,), value)
    stats = read_stats(tensor)
    agree(stats, tensor, 1e-6)
    assert stats is not None
    assert (stats.mean, stats.std) == (tensor[0].item(), 0.0)


def test_a_hook_that_writes_into_its_gradient_does_not_change_what_its_edge_carried() -> None:
    seen = run(
        "x = torch.full((3,), 2.0, requires_grad=True)\nx.register_hook(lambda g: g.clamp_(-1, 1))\ny = (x * 5).sum()"
    )
    leaf = next(node for node in seen.graph.nodes if node.kind == "leaf")
    edge = next(edge for edge in seen.graph.edges if edge.target == leaf.id)
    assert edge.gradient is not None
    assert leaf.incoming[0] is not None
    assert (edge.gradient.value, leaf.incoming[0].value) == ([5.0] * 3, [1.0] * 3)


def test_a_custom_function_that_writes_into_its_gradient_is_shown_what_it_was_given() -> None:
    seen = run(
        "class F2(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        return x * 1\n"
        "    @staticmethod\n    def backward(ctx, g):\n        return g.mul_(3)\n"
        "x = torch.ones(2, requires_grad=True)\ny = (F2.apply(x * 1) * 2).sum()"
    )
    custom = next(node for node in seen.graph.nodes if node.kind == "custom")
    edge = next(edge for edge in seen.graph.edges if edge.source == custom.id)
    assert custom.incoming[0] is not None
    assert edge.gradient is not None
    assert (custom.incoming[0].value, edge.gradient.value) == ([2.0, 2.0], [6.0, 6.0])


LARGE = """\
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.3), nn.Flatten(), nn.Linear(8 * {side} * {side}, 10)
)
optimizer = optim.Adam(model.parameters(), lr=0.01)
x, target = torch.randn(4, 1, {side}, {side}), torch.randint(10, (4,))
for step in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), target)
    loss.backward()
    optimizer.step()
"""


@pytest.mark.parametrize("side", [18, 56, 112])
def test_capture_changes_no_bit_of_large_tensors(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 10^6 elements, with batch norm, dropout and Adam: gradients, parameters and running statistics are equal bit for bit."""
    kept: list[torch.Tensor] = []
    code = LARGE.format(side=side)
    plain: dict[str, object] = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim}
    torch.manual_seed(0)
    exec(code, plain)  # a text of this test, without us: the oracle
    model = plain["model"]
    assert isinstance(model, torch.nn.Module)
    expected = [tensor for p in model.parameters() for tensor in (p.detach(), p.grad)] + list(model.buffers())
    finish = Recorder.finish

    def kept_at_the_end(self: Recorder, variables: object, *rest: object, **more: object) -> object:
        watched = variables["model"]  # type: ignore[index]  # the variables of the code
        kept.extend(t.clone() for p in watched.parameters() for t in (p.detach(), p.grad))
        kept.extend(one.clone() for one in watched.buffers())
        return finish(self, variables, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Recorder, "finish", kept_at_the_end)
    seen = run(code, seed=0, verify="never")
    assert seen.status == "ok", seen.message
    assert len(kept) == len(expected)
    for mine, theirs in zip(kept, expected, strict=True):
        assert theirs is not None
        assert torch.equal(mine, theirs)
