"""What torch's C++ tells of many tensors, against what Python tells of each; and what it may not be asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from samples import run

from explorer.capture import facts as module
from explorer.capture import facts_code
from explorer.capture.facts import Facts, Forms
from explorer.capture.metas import Storages
from explorer.capture.reader import Reader
from explorer.ir import Run, encode

DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.complex64)
shapes = st.lists(st.integers(0, 3), max_size=9)


@contextmanager
def by_python() -> Iterator[None]:
    before = module.compiled
    module.compiled = lambda: None  # type: ignore[assignment]  # as where torch cannot be asked
    try:
        yield
    finally:
        module.compiled = before


def told(facts: Facts | None) -> list[tuple[Any, ...]]:
    assert facts is not None
    known = (
        "shape",
        "stride",
        "dtype",
        "device",
        "requires_grad",
        "leaf",
        "is_view",
        "is_contiguous",
        "numel",
        "itemsize",
    )
    return [
        (
            *[getattr(form, name) for name in (*known, "lies", "is_literal")],
            *[column[at] for column in (facts.offsets, facts.nbytes, facts.versions)],
            facts.addresses[at],
        )
        for at, form in enumerate(facts.forms)
    ]


def made(shape: list[int], dtype: torch.dtype, how: int) -> torch.Tensor:
    """Tensors of all kinds: views with offsets, transposed, negated, conjugated, written, parameters, results, on the meta device."""
    tensor = torch.ones(shape).to(dtype)
    floating = dtype.is_floating_point
    ways = [
        lambda: tensor,
        lambda: tensor.T if tensor.ndim == 2 else tensor[..., :1] if tensor.ndim else tensor,
        lambda: torch.ones([2, *shape]).to(dtype)[1],
        lambda: tensor.expand([3, *shape]),
        tensor.conj,
        lambda: torch.ones(shape, dtype=torch.complex64).conj().imag,
        lambda: tensor.fill_(1).fill_(0),
        lambda: torch.nn.Parameter(tensor, requires_grad=floating),
        lambda: tensor.requires_grad_(floating) * 2,
        lambda: (tensor.requires_grad_(floating) * 2).view(-1),
        lambda: tensor.to("meta"),
        tensor.detach,
    ]
    return ways[how % len(ways)]()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(shapes, st.sampled_from(DTYPES), st.integers(0, 11)), min_size=1, max_size=12))
@pytest.mark.filterwarnings("ignore:The use of `x.T`")
def test_torch_tells_of_many_what_python_tells_of_each(wanted: list[tuple[list[int], torch.dtype, int]]) -> None:
    tensors = [made(*one) for one in wanted]
    with torch.inference_mode():
        tensors.append(torch.ones(3))
    forms = Forms()
    natively = forms.facts(tensors)
    with by_python():
        expected = told(Forms().facts(tensors))
        alone = [Storages().meta(tensor) for tensor in tensors]
    if all(tensor.ndim <= facts_code.MOST_DIMS for tensor in tensors):
        assert told(natively) == expected
        assert told(forms.facts(tensors)) == expected  # of forms that are known
    else:
        assert natively is None
    assert [msg(meta) for meta in Storages().read_all(tensors)] == [msg(meta) for meta in alone]


def msg(meta: Any) -> tuple[Any, ...]:
    """But for the number of the storage, which is another in each `Storages`."""
    return tuple(getattr(meta, name) for name in meta.__struct_fields__ if name != "storage_id")


CODES = {
    "a network": "model = nn.Sequential(nn.Linear(8, 70), nn.Tanh(), nn.Linear(70, 2))\nloss = model(torch.randn(3, 8)).square().mean()",
    "views": "x = torch.randn(6, 4, requires_grad=True)\na, b = x.split(3)\nloss = (a.T @ b).expand(2, 4, 4)[:, ::2].sum()",
    "in place": "x = torch.randn(4, 4, requires_grad=True)\ny = x * 2\ny.mul_(3)\ny[0] = 1\nloss = y.sum()\nloss.backward()",
    "dtypes": "x = torch.randn(200, dtype=torch.bfloat16, requires_grad=True)\nloss = (x * 2).half().double().sum()",
    "a NaN": "x = torch.zeros(3, requires_grad=True)\nloss = (x / x).sum() + torch.log(x).sum()",
    "sparse": "e = nn.Embedding(10, 3, sparse=True)\nloss = e(torch.tensor([1, 2, 2])).sum()\nloss.backward()",
    "transforms": "z = torch.vmap(lambda a: a * 2)(torch.randn(3, 4))\nloss = torch.func.grad(lambda v: (v**2).sum())(torch.randn(3)).sum()",
}


@pytest.mark.parametrize("code", CODES.values(), ids=list(CODES))
def test_a_run_is_the_same_whoever_is_asked(code: str) -> None:
    """But for how long it took."""

    def told() -> Run:
        return replace(run(code), seconds=0.0, timings={}, times=None)

    natively = told()
    with by_python():
        assert encode(told()) == encode(natively)


def test_this_torch_can_be_asked() -> None:
    assert module.compiled() is not None


def test_without_torchs_functions_python_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_code, "asked", lambda: ["aoti_torch_get_dtype", "no_such_function"])
    monkeypatch.setattr(module, "compiled", module.compiled.__wrapped__)
    assert module.compiled() is None
    assert told(Forms().facts([torch.ones(3)]))[0][0] == (3,)


def test_forms_beyond_those_that_are_remembered_are_told_all_the_same() -> None:
    forms = Forms()
    tensors = [torch.empty(at % 40, at // 40) for at in range(3_000)]
    for _ in range(2):
        for first in range(0, 3_000, 500):
            some = tensors[first : first + 500]
            assert [one[0] for one in told(forms.facts(some))] == [tuple(one.shape) for one in some]


def test_more_tensors_than_one_call_takes_are_told_in_several() -> None:
    tensors = [torch.ones(1 + at % 5)[at % 2 :] for at in range(9_000)]
    facts = Forms().facts(tensors)
    assert facts is not None
    assert facts.tensors == tensors
    assert [form.numel for form in facts.forms] == [one.numel() for one in tensors]
    assert facts.offsets == [one.storage_offset() for one in tensors]


def test_an_interruption_while_a_form_is_made_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by the limit of time, after which the graph is still looked at."""
    forms = Forms()
    forms.facts([torch.ones(1), torch.ones(4)])
    with monkeypatch.context() as broken:
        broken.setattr(Forms, "of", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            forms.facts([torch.ones(2), torch.ones(3)])
    sizes = (3, 2, 4, 1, 5)
    assert [one[0] for one in told(forms.facts([torch.ones(size) for size in sizes]))] == [(size,) for size in sizes]


@pytest.mark.parametrize("transform", [torch.func.vmap, lambda f: torch.func.grad(lambda x: f(x).sum())])
def test_wrapped_tensors_are_not_told_of_also_when_their_transform_is_over(transform: Any) -> None:
    forms, kept = Forms(), []

    def function(x: torch.Tensor) -> torch.Tensor:
        kept.append(x * 2)
        with torch._C.DisableTorchFunction():
            assert forms.facts([torch.ones(3), x]) is None
        return x * 2

    transform(function)(torch.ones(3))
    assert forms.facts([torch.ones(3), *kept]) is None


def test_a_sparse_tensor_among_others_does_not_keep_their_numbers_from_being_told() -> None:
    reader = Reader()
    dense, sparse = torch.tensor([1.0, 2.0]), torch.eye(2).to_sparse()
    one, other, third = reader.read_together([dense, sparse, torch.full((100,), 3.0)])
    reader.settle()
    assert one.value == [1.0, 2.0]
    assert other.value is None
    assert [one.stats and (one.stats.nnz, one.stats.mean) for one in (other, third)] == [(2, 0.5), (None, 3.0)]


def views(base: torch.Tensor) -> list[torch.Tensor]:
    """Of 24 elements: contiguous, transposed, with gaps, a part, none."""
    table = base.view(4, 6)
    return [base, table, table.T, table[:, ::2], base[3:9], base.view(2, 3, 4), base[:0]]


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int32, torch.complex64]
)
def test_what_is_shown_is_read_by_its_rows_whatever_lies_where(dtype: torch.dtype) -> None:
    """Contiguous, transposed, with gaps, and the same memory in two shapes."""
    base = torch.arange(24).to(dtype)
    tensors, expected = views(base), views(base.clone())
    reader = Reader()
    readings = reader.read_together(tensors)
    reader.settle()
    base.fill_(0)  # what was read stays
    again = Reader().read_together(expected)[0]
    assert again.value == readings[0].value
    if not dtype.is_complex:
        assert [one.value for one in readings] == [one.tolist() for one in expected]
    assert [one.stats and one.stats.numel for one in readings] == [one.numel() for one in tensors]
