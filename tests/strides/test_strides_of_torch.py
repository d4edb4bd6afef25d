"""The arithmetic of `explorer.strides` against torch itself, on chains of operations that hypothesis makes up."""

import warnings
from itertools import pairwise
from math import prod

import pytest
import torch
from hypothesis import event, given, settings
from hypothesis import strategies as st

from explorer.strides import (
    Layout,
    apply,
    blocked,
    formats,
    is_contiguous,
    lines,
    merge_pairs,
    read_step,
    suggestions,
    view,
)

ROOM = 120


def layout_of(tensor):
    return Layout(shape=tuple(tensor.shape), stride=tensor.stride(), offset=tensor.storage_offset())


def shares(one, other):
    return one.untyped_storage()._cdata == other.untyped_storage()._cdata


def sizes(draw, count):
    return [draw(st.integers(1, 4)) for _ in range(count)]


def shapes_of(draw, numel):
    """A shape of as many elements: factors, in any order, with ones among them."""
    factors, rest = [], max(numel, 1)
    for prime in (2, 3, 5, 7):
        while rest % prime == 0:
            rest //= prime
            factors.append(prime)
    factors = draw(st.permutations([*factors, *([rest] if rest > 1 else []), 1]))
    cut = draw(st.integers(0, len(factors)))
    shape = [prod(factors[:cut]), *factors[cut:]] if draw(st.booleans()) else factors
    return [0, *shape] if numel == 0 else shape


@st.composite
def steps(draw, tensor):
    """A step that mostly fits `tensor`, as a person would type it."""
    count = tensor.dim()
    dim = draw(st.integers(-count, max(count - 1, 0)))
    other = draw(st.integers(-count, max(count - 1, 0)))
    index = [draw(st.sampled_from(["0", "-1", ":", "1:", "::2", ":-1", "None", "0:0"])) for _ in range(max(count, 1))]
    written = lambda numbers: ", ".join(map(str, numbers))  # noqa: E731
    order = written(draw(st.permutations(range(count))))
    expanded = [draw(st.sampled_from([-1, 3])) if size == 1 else -1 for size in tensor.shape]
    length = draw(st.integers(0, max(tensor.shape[dim] if count else 0, 0)))
    part = draw(st.sampled_from(["", "[0]", "[-1]"]))
    return draw(
        st.sampled_from(
            [
                f"[{', '.join(index[: draw(st.integers(1, len(index)))])}]",
                "[..., None]",
                "[[0, 0, -1]]",
                ".t()",
                ".T",
                ".mT",
                f".transpose({dim}, {other})",
                f".permute({order})",
                f".movedim({dim}, {other})",
                f".view({written(shapes_of(draw, tensor.numel()))})",
                f".view({written(shapes_of(draw, tensor.numel()))})",
                ".view(-1)",
                f".reshape({written(shapes_of(draw, tensor.numel()))})",
                ".flatten()",
                f".flatten({dim}, {other})",
                f".unsqueeze({dim})",
                ".squeeze()",
                f".squeeze({dim})",
                f".expand({written([2, *expanded])})",
                f".expand({written(expanded)})",
                f".repeat({written([2, *(1 for _ in tensor.shape)])})",
                f".unfold({dim}, {draw(st.integers(1, 3))}, {draw(st.integers(1, 2))})",
                f".diagonal({draw(st.integers(-3, 3))})",
                f".diagonal(0, {dim}, {other})",
                f".as_strided(({written(sizes(draw, 2))}), ({draw(st.integers(0, 3))}, {draw(st.integers(0, 3))}), 1)",
                ".contiguous()",
                ".contiguous(memory_format=torch.channels_last)",
                ".contiguous(memory_format=torch.channels_last_3d)",
                ".clone()",
                ".clone(memory_format=torch.contiguous_format)",
                ".detach()",
                f".narrow({dim}, 0, {length})",
                f".select({dim}, 0)",
                f".chunk(2, {dim}){part}",
                f".split(2, {dim}){part}",
                f".unbind({dim}){part}",
            ]
        )
    )


@st.composite
def starts(draw):
    shape = draw(st.lists(st.integers(0, 5), max_size=5).filter(lambda shape: prod(shape) <= ROOM))
    return torch.arange(float(prod(shape))).reshape(shape)


def run(tensor, code):
    """What torch makes of a step; None where it refuses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # .T of anything but a matrix is deprecated
            return eval(f"x{code}", {"torch": torch, "x": tensor})  # a text of this file
    except (RuntimeError, IndexError, TypeError, ValueError):
        return None


def check_facts(tensor):
    """Everything about one layout: addresses by the formula, contiguity, formats, and the rule that dimensions merge by."""
    layout = layout_of(tensor)
    assert is_contiguous(layout) == tensor.is_contiguous()
    found = {"contiguous"} if tensor.is_contiguous() else set()
    for name in ("channels_last", "channels_last_3d"):
        found |= {name} if tensor.is_contiguous(memory_format=getattr(torch, name)) else set()
    assert set(formats(layout)) == found
    cells = torch.arange(float(tensor.untyped_storage().nbytes() // tensor.element_size()))
    there = cells.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())
    assert list(layout.addresses()) == there.flatten().tolist()
    if tensor.numel():
        assert layout.last() == there.max()
    for pair in merge_pairs(layout):
        assert pair.merges == merges(tensor, pair.outer, pair.inner)


def merges(tensor, outer, inner):
    """Whether torch itself views two dimensions as one (those between have size 1)."""
    pair = tensor.as_strided(
        (tensor.shape[outer], tensor.shape[inner]),
        (tensor.stride(outer), tensor.stride(inner)),
        tensor.storage_offset(),
    )
    return run(pair, ".view(-1)") is not None


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_chain_of_operations_lies_where_torch_says(data):
    tensor = data.draw(starts())
    check_facts(tensor)
    for _ in range(data.draw(st.integers(1, 5))):
        code = data.draw(steps(tensor))
        outcome, got = apply(read_step(code), layout_of(tensor)), run(tensor, code)
        check_outcome(code, outcome, tensor, got)
        if isinstance(got, tuple):
            got = data.draw(st.sampled_from(got)) if got else None
        if got is None or got.numel() > ROOM:
            continue
        tensor = got
        check_facts(tensor)


def check_outcome(code, outcome, before, got):
    event(f"{code.split('(')[0][:8]} {outcome.kind}")
    if outcome.kind == "unknown":
        return
    if got is None:
        assert outcome.kind == "fails" or "as_strided" in code, code
    elif outcome.kind == "parts":
        assert [layout_of(one) for one in got] == list(outcome.parts), code
        assert all(shares(one, before) for one in got)
    else:
        assert outcome.layout == layout_of(got), code
        assert (outcome.kind == "copy") == (not shares(got, before)) or before.numel() == 0, code
        assert (outcome.kind == "same") == (got is before), code


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_view_is_possible_exactly_where_torch_gives_one_and_else_a_pair_is_named(data):
    shape = data.draw(st.lists(st.integers(1, 4), max_size=4))
    stride = data.draw(st.lists(st.integers(0, 12), min_size=len(shape), max_size=len(shape)))
    tensor = torch.zeros(200).as_strided(shape, stride)
    asked = shapes_of(data.draw, tensor.numel())
    got, layout = run(tensor, f".view({', '.join(map(str, asked))})"), layout_of(tensor)
    found = view(layout, asked)
    assert (None if got is None else layout_of(got)) == found
    if found is None:
        why = blocked(layout, asked)
        assert why.size in asked
        assert why.pairs
        assert all(not merges(tensor, pair.outer, pair.inner) for pair in why.pairs)
    else:
        assert blocked(layout, asked) is None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_cache_lines_by_formula_are_those_counted_one_by_one(data):
    shape = data.draw(st.lists(st.integers(1, 9), max_size=3))
    stride = data.draw(st.lists(st.integers(0, 80), min_size=len(shape), max_size=len(shape)))
    layout = Layout(shape=tuple(shape), stride=tuple(stride), offset=data.draw(st.integers(0, 40)))
    itemsize = data.draw(st.sampled_from([1, 2, 4, 8, 16]))
    walk = [address * itemsize // 64 for address in layout.addresses()]
    counted = lines(layout, itemsize)
    assert counted.touched == len(set(walk))
    assert counted.fetched == 1 + sum(one != other for one, other in pairwise(walk))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_cache_lines_of_a_large_matrix_take_no_time(order):
    tensor = torch.empty(4096, 4096, device="meta").permute(order)
    counted = lines(layout_of(tensor), 4)
    assert counted.touched == 4096 * 4096 * 4 // 64
    assert counted.fetched == (counted.touched if order == (0, 1) else 4096 * 4096)


@settings(max_examples=60, deadline=None)
@given(starts())
def test_what_is_suggested_is_understood_and_told_rightly(tensor):
    told = suggestions(layout_of(tensor))
    assert all(one.outcome.kind != "unknown" for one in told), [
        one.code for one in told if one.outcome.kind == "unknown"
    ]
    for one in told:
        check_outcome(one.code, one.outcome, tensor, run(tensor, one.code))


@pytest.mark.parametrize(
    "code",
    ["", "x", ".view", ".view(", "__class__", ".a.b()", "[" * 90, ".view(x)", ".view(*a)", "(" * 150, "[0][1][2]"],
)
def test_what_is_no_step_is_not_taken_for_one(code):
    assert apply(read_step(code), Layout(shape=(2,), stride=(1,))).kind == "unknown"


def test_the_notes_view_of_a_transposed_tensor_names_the_pair_and_its_numbers():
    points_t = torch.tensor([[4.0, 1.0], [5.0, 3.0], [2.0, 1.0]]).t()
    assert run(points_t, ".view(6)") is None
    why = apply(read_step(".view(6)"), layout_of(points_t))
    assert (why.kind, why.shape) == ("fails", (6,))
    assert why.why.values == {
        "size": "6", "outer": "0", "inner": "1", "stride": "1", "needed": "6", "inner_stride": "2", "inner_size": "3"
    }  # fmt: skip
