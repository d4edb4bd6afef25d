"""What of a run the storage strip and the table of tensors are fed with, against torch."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from explorer.ir import Graph, Node, Run, Saved, Storage, Tensor, TensorMeta
from explorer.viewer.storages import (
    ELEMENT_BYTES,
    MOST_STORAGES,
    facts,
    flat,
    lies_inside,
    live_tensors,
    opening,
    strips,
)
from explorer.viewer.tensor_table import groups


def record(tensor, name="x", storage=0, value=None):
    """The record that capture would write of a strided tensor."""
    return Tensor(
        name=name,
        shape=tuple(tensor.shape),
        stride=tensor.stride(),
        storage_offset=tensor.storage_offset(),
        storage_id=storage,
        storage_nbytes=tensor.untyped_storage().nbytes(),
        dtype=str(tensor.dtype).removeprefix("torch."),
        device="cpu",
        version=tensor._version,
        requires_grad=tensor.requires_grad,
        leaf=tensor.is_leaf,
        is_view=tensor._is_view(),
        is_contiguous=tensor.is_contiguous(),
        value=value,
    )


def cells(identity, count=4, dtype="float32"):
    return Storage(id=identity, nbytes=count * ELEMENT_BYTES[dtype], device="cpu", dtype=dtype, cells=[0.0] * count)


@pytest.mark.parametrize("dtype", ELEMENT_BYTES)
def test_every_dtype_has_the_width_that_torch_gives_it(dtype):
    assert ELEMENT_BYTES[dtype] == getattr(torch, dtype).itemsize


SHAPES = st.lists(st.integers(0, 4), max_size=4)


@given(SHAPES)
def test_values_are_flattened_as_torch_flattens(shape):
    tensor = torch.arange(torch.Size(shape).numel()).reshape(shape)
    assert list(flat(tensor.tolist())) == tensor.flatten().tolist()


def test_what_the_browser_gets_of_a_transposed_tensor():
    points = torch.tensor([[4.0, 1.0], [5.0, 3.0], [2.0, 1.0]])
    told = facts(record(points.t(), "points_t", 7, points.t().tolist()))
    assert (told["shape"], told["stride"], told["offset"], told["storage"]) == ([2, 3], [1, 2], 0, 7)
    assert (told["contiguous"], told["view"], told["inside"], told["width"]) == (False, True, True, 4)
    assert told["values"] == [4.0, 5.0, 2.0, 1.0, 3.0, 1.0]
    json.dumps(told)


@given(SHAPES, st.lists(st.integers(0, 5), min_size=4, max_size=4), st.integers(0, 8))
def test_a_tensor_lies_inside_exactly_when_torch_lets_it(shape, strides, offset):
    storage = torch.zeros(30)
    stride = strides[: len(shape)]
    described = record(storage)
    kept = dict.fromkeys(("shape", "stride", "storage_offset"))
    kept |= {"shape": tuple(shape), "stride": tuple(stride), "storage_offset": offset}
    tensor = Tensor(**{field: getattr(described, field) for field in described.__struct_fields__} | kept)
    try:
        storage.as_strided(shape, stride, offset)
        fits = True
    except RuntimeError:
        fits = False
    assert lies_inside(tensor) == fits


def test_a_storage_that_shrank_leaves_its_tensors_outside():
    x = torch.zeros(100)
    x.untyped_storage().resize_(8)
    assert not lies_inside(record(x))


def test_a_tensor_without_strides_is_not_outside_of_anything():
    sparse = Tensor(
        name="s",
        shape=(2, 2),
        stride=(),
        storage_offset=0,
        storage_id=-1,
        storage_nbytes=0,
        dtype="float32",
        device="cpu",
        version=0,
        requires_grad=False,
        leaf=True,
        is_view=False,
        is_contiguous=False,
        layout="sparse_coo",
    )
    assert lies_inside(sparse)
    assert facts(sparse)["strided"] is False
    assert groups([sparse])[0]["storage"] == -1


def test_the_first_view_opens_and_without_one_the_first_tensor():
    x = torch.arange(6)
    tensors = [record(x, "x"), record(x[:0], "none"), record(x.view(2, 3), "v"), record(torch.ones(1), "y", 1)]
    assert opening(tensors).name == "v"
    assert opening(tensors[:2]).name == "x"
    assert opening(tensors, storage=1).name == "y"
    assert opening([]) is None


def test_cells_are_counted_in_the_dtype_of_the_storage():
    ((strip,), more) = strips((cells(3, 5, "complex64"),), ())
    assert (strip["id"], strip["width"], strip["count"], strip["nbytes"], more) == (3, 8, 5, 40, 0)


def test_of_many_storages_the_shared_ones_and_the_wanted_one_are_drawn():
    last = MOST_STORAGES + 20
    shared = torch.zeros(4)
    tensors = (record(shared, "a", last - 5), record(shared[1:], "b", last - 5))
    drawn, more = strips([cells(number) for number in range(last)], tensors, wanted=last - 1)
    numbers = [strip["id"] for strip in drawn]
    assert len(numbers) == MOST_STORAGES
    assert more == 20
    assert numbers == sorted(numbers)
    assert {last - 1, last - 5} <= set(numbers)


def test_what_autograd_saved_lies_over_its_storage_unless_a_name_reads_the_same():
    w, e = torch.ones(2), torch.tensor([1.0, 2.0])
    saved = [
        Saved(name="other", tensor=meta(record(w, "w", 3))),
        Saved(name="result", tensor=meta(record(e, "e", 7)), value=[1.0, 2.0]),
        Saved(name="alpha", text="1"),
    ]
    node = Node(id=4, name="MulBackward0", line=2, saved=tuple(saved))
    run = Run(status="ok", tensors=(record(w, "w", 3),), graph=Graph(nodes=(node, replace(node, id=5))))
    named, unnamed = live_tensors(run)
    assert named.name == "w"
    told = facts(unnamed)
    assert (told["name"], told["storage"], told["line"], told["node"]) == ("MulBackward0._saved_result", 7, 2, 4)
    assert (told["saved"], told["values"], facts(named)["saved"]) == (True, [1.0, 2.0], False)
    (strip,), _ = strips((), [unnamed])
    assert (strip["id"], strip["count"], strip["cells"]) == (7, 2, None)


def meta(tensor):
    return TensorMeta(**{field: getattr(tensor, field) for field in TensorMeta.__struct_fields__})


def test_tensors_are_grouped_by_storage_in_order_of_appearance():
    x, y = torch.zeros(3), torch.zeros(2)
    found = groups([record(y, "y", 5), record(x, "x", 2), record(y[1:], "z", 5)])
    assert [(group["storage"], [one["name"] for one in group["tensors"]]) for group in found] == [
        (5, ["y", "z"]),
        (2, ["x"]),
    ]
