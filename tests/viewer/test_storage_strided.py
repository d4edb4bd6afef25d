"""Where elements lie, as the browser works it out, against torch: a storage that holds 0, 1, 2, ... makes every value its own address."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.viewer import module_page

SIZE = 60
LIE = """async (tensors) => {
  const { address, indexOf, numel, rank, readers } = await import("/strided.mjs");
  return tensors.map((tensor) => {
    const indices = [...Array(numel(tensor)).keys()].map((k) => indexOf(k, tensor.shape));
    return {
      addresses: indices.map((index) => address(tensor, index)),
      ranks: indices.map((index) => rank(index, tensor.shape)),
      readers: [...Array(tensor.cells).keys()].map((cell) => readers(tensor, cell, 1000)),
    };
  });
}"""


@pytest.fixture(scope="module")
def lie(tabs):
    with module_page.blank_page(tabs) as page:

        def told(tensors):
            return page.evaluate(LIE, tensors)

        told.page = page
        yield told


def described(tensor, unit=1, cells=SIZE):
    return {
        "shape": list(tensor.shape),
        "stride": list(tensor.stride()),
        "offset": tensor.storage_offset(),
        "unit": unit,
        "cells": cells,
    }


def expected_readers(tensor):
    """Indices by cell, read off the tensor itself."""
    found = [[] for _ in range(SIZE)]
    for index in (
        torch.cartesian_prod(*[torch.arange(size) for size in tensor.shape]).reshape(-1, tensor.dim()).tolist()
    ):
        found[tensor[tuple(index)].item()].append(index)
    return found


@st.composite
def views(draw):
    """A tensor over arange(60): any sizes, strides (0 and overlapping ones too) and offset that fit."""
    shape, stride, left = [], [], SIZE - 1
    for _ in range(draw(st.integers(0, 4))):
        step = draw(st.integers(0, 13))
        size = draw(st.integers(0, 4))
        if size > 1 and (size - 1) * step > left:
            size = 1
        left -= max(0, size - 1) * step
        shape.append(size)
        stride.append(step)
    offset = draw(st.integers(0, left))
    return torch.arange(SIZE).as_strided(shape, stride, offset)


@settings(max_examples=25, deadline=None)
@given(st.lists(views(), min_size=1, max_size=15))
def test_any_strided_tensor_lies_where_torch_says(lie, tensors):
    for tensor, told in zip(tensors, lie([described(tensor) for tensor in tensors]), strict=True):
        assert told["addresses"] == tensor.flatten().tolist()
        assert told["ranks"] == list(range(tensor.numel()))
        if tensor.dim() > 0:
            assert [sorted(cell) for cell in told["readers"]] == expected_readers(tensor)
        else:
            assert [len(cell) for cell in told["readers"]] == [int(at == tensor.item()) for at in range(SIZE)]


base = torch.arange(SIZE)
NAMED = {
    "the notes' points[1]": base[:6].view(3, 2)[1],
    "transposed": base[:6].view(3, 2).t(),
    "transposed in three dimensions": base.view(3, 4, 5).transpose(0, 2),
    "sliced twice": base[:9].view(3, 3)[1:, 1:],
    "expanded": base[:3].expand(4, 3),
    "overlapping windows": base.unfold(0, 5, 2),
    "diagonal": base[:25].view(5, 5).diagonal(1),
    "flipped is a copy, strided is not": base[::7],
}


@pytest.mark.parametrize("name", NAMED)
def test_views_by_name(lie, name):
    tensor = NAMED[name]
    (told,) = lie([described(tensor)])
    assert told["addresses"] == tensor.flatten().tolist()
    assert [sorted(cell) for cell in told["readers"]] == expected_readers(tensor)


def test_parts_of_complex_numbers_share_a_cell(lie):
    parts = torch.view_as_real(torch.zeros(3, dtype=torch.complex64))
    (told,) = lie([described(parts, unit=0.5, cells=3)])
    assert told["readers"] == [[[row, 0], [row, 1]] for row in range(3)]


def test_a_wider_element_lies_in_several_cells(lie):
    wide = torch.zeros(8, dtype=torch.uint8).view(torch.int32)
    (told,) = lie([described(wide, unit=4, cells=8)])
    assert told["readers"] == [[[0]]] * 4 + [[[1]]] * 4


def test_a_tensor_that_misses_a_cell_in_a_million_ways_is_given_up_in_time(lie):
    """41 steps of 2 and one of 83: cell 41 is odd and below 83, so no sum reaches it, and 2**40 are tried by who does not stop."""
    missed = "async (tensor) => (await import('/strided.mjs')).readers(tensor, 41, 10)"
    assert lie.page.evaluate(missed, {"shape": [2] * 42, "stride": [2] * 41 + [83], "offset": 0, "unit": 1}) == []
