"""Sparse and complex tensors: statistics of what is stored are those of the dense tensor, gradients those that torch gives."""

from __future__ import annotations

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import run

from explorer.capture.numbers import read_stats
from explorer.ir import Stats

NUMBERS = st.floats(-100, 100, width=32) | st.sampled_from([0.0, float("nan"), float("inf")])


def same(sparse: Stats | None, dense: Stats | None) -> None:
    assert sparse is not None
    assert dense is not None
    one, other = msgspec.structs.asdict(sparse), msgspec.structs.asdict(dense)
    for name in ("numel", "zeros", "nans", "infs", "min", "max"):
        assert one[name] == other[name], name
    for name in ("norm", "mean", "std"):
        if isinstance(other[name], float):
            assert one[name] == pytest.approx(other[name], rel=1e-6, abs=1e-6), name
        else:
            assert one[name] == other[name], name
    assert one["histogram"] == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.lists(NUMBERS, min_size=3, max_size=3)), max_size=8))
def test_statistics_of_sparse_rows_are_those_of_the_dense_tensor(rows: list[tuple[int, list[float]]]) -> None:
    """As gradients of an embedding: rows with equal indices add up."""
    indices = torch.tensor([[row for row, _ in rows]], dtype=torch.int64).reshape(1, -1)
    values = torch.tensor([row for _, row in rows], dtype=torch.float64).reshape(-1, 3)
    sparse = torch.sparse_coo_tensor(indices, values, (5, 3), check_invariants=True)
    stats = read_stats(sparse)
    same(stats, read_stats(sparse.to_dense()))
    assert stats is not None
    assert stats.nnz == 3 * len({row for row, _ in rows})


@pytest.mark.filterwarnings("ignore:Sparse (CSR|CSC|BSR|BSC) tensor support")
@pytest.mark.parametrize("layout", ["to_sparse", "to_sparse_csr", "to_sparse_csc"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex64, torch.int64])
def test_statistics_of_every_layout(layout: str, dtype: torch.dtype) -> None:
    dense = (torch.randn(20, 30).relu() * 3).to(dtype)
    sparse = getattr(dense, layout)()
    stats = read_stats(sparse)
    same(stats, msgspec.structs.replace(read_stats(dense), histogram=()))
    assert stats is not None
    assert stats.nnz == int((dense != 0).sum())


def test_a_dense_tensor_has_no_number_of_stored_elements() -> None:
    assert read_stats(torch.zeros(3)).nnz is None


def test_the_gradient_of_a_sparse_embedding() -> None:
    code = "e = nn.Embedding(10, 3, sparse={sparse})\nh = e(torch.tensor([1, 1, 4]))\nloss = (h * h).sum()\nloss.backward()"
    seen, plain = run(code.format(sparse=True)), run(code.format(sparse=False))
    assert seen.status == "ok", seen.message
    sparse, dense = (next(node for node in one.graph.nodes if node.kind == "leaf") for one in (seen, plain))
    same(sparse.incoming[0].stats, dense.incoming[0].stats)
    assert (sparse.incoming[0].shape, sparse.incoming[0].dtype, sparse.incoming[0].stats.nnz) == ((10, 3), "float32", 6)
    assert sparse.incoming[0].value is None
    same(sparse.gradient_x_input.stats, dense.gradient_x_input.stats)
    grads = {tensor.name: tensor for tensor in seen.tensors}
    assert grads["e.weight"].grad_stats.nnz == 6


def test_sparse_times_dense() -> None:
    code = "i = torch.tensor([[0, 1], [1, 0]])\ns = torch.sparse_coo_tensor(i, torch.tensor([2.0, 3.0]), (2, 2), requires_grad=True)\n"
    seen = run(code + "d = torch.ones(2, 2, requires_grad=True)\nloss = torch.sparse.mm(s, d).sum()")
    assert seen.status == "ok", seen.message
    leaves = {node.variable: node for node in seen.graph.nodes if node.kind == "leaf"}
    assert leaves["s"].output.layout == "sparse_coo"
    assert leaves["s"].incoming[0].stats.nnz == 2
    assert leaves["d"].incoming[0].value == [[3.0, 3.0], [2.0, 2.0]]
    value = next(tensor.value_stats for tensor in seen.tensors if tensor.name == "s")
    assert (value.nnz, value.numel, value.zeros, value.max) == (2, 4, 2, 3.0)


@pytest.mark.parametrize(
    "expression",
    ["(z * z.conj()).real.sum()", "z.abs().sum()", "(z * z).imag.sum()", "torch.fft.fft(z).abs().square().sum()"],
)
def test_complex_gradients(expression: str) -> None:
    seen = run(f"z = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)\nloss = {expression}")
    z = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    loss = eval(expression, {"torch": torch, "z": z})
    (gradient,) = torch.autograd.grad(loss, z)
    leaf = next(node for node in seen.graph.nodes if node.kind == "leaf")
    shown = torch.tensor([complex(one) for one in leaf.incoming[0].value])
    torch.testing.assert_close(shown, gradient, rtol=1e-5, atol=1e-5)
    assert leaf.incoming[0].dtype == "complex64"
    stats = leaf.incoming[0].stats
    assert float(stats.norm) == pytest.approx(float(torch.linalg.vector_norm(gradient)), rel=1e-6)
    assert (stats.numel, stats.min, stats.max, stats.mean) == (2, None, None, None)
    product = torch.tensor([complex(one) for one in leaf.gradient_x_input.value])
    torch.testing.assert_close(product, gradient * z.detach(), rtol=1e-5, atol=1e-4)


def test_statistics_of_many_complex_numbers() -> None:
    tensor = torch.randn(300, 300, dtype=torch.complex64)
    tensor[0, :7] = 0
    tensor[1, 1] = complex(float("nan"), 1)
    stats = read_stats(tensor)
    assert (stats.numel, stats.zeros, stats.nans, stats.norm) == (90_000, 7, 1, "NaN")
