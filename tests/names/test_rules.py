"""Names carried through operations, against an oracle of torch's own: every name has a size of its own, so the sizes of the result tell its names."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.names import Dims, NamesError, align, carry, pairs, parse_names

SIZES = {"batch": 2, "channels": 3, "rows": 5, "columns": 7, "time": 11, "heads": 13}
BY_SIZE = {size: name for name, size in SIZES.items()}


def tensor(*names):
    return torch.zeros([SIZES[name] for name in names])


def dims(value):
    return Dims(tuple(value.shape), tuple(BY_SIZE.get(size) for size in value.shape))


def told(value):
    """The names that the sizes of a result tell; a size that is nobody's has none."""
    return tuple(BY_SIZE.get(size) for size in value.shape)


def replaced(value):
    if isinstance(value, torch.Tensor):
        return dims(value)
    return type(value)(replaced(item) for item in value) if isinstance(value, list | tuple) else value


def check(name, function, *arguments, **keywords):
    out = function(*arguments, **keywords)
    for one in out if isinstance(out, tuple | list) else [out]:
        carried = carry(name, [replaced(value) for value in arguments], keywords, tuple(one.shape))
        assert carried.names == told(one), (name, arguments, keywords)
        assert carried.mismatch is None


CBR = ("channels", "batch", "rows")


def test_operations_that_move_drop_or_put_in_dimensions():
    x = tensor("batch", "channels", "rows", "columns")
    check("transpose", torch.transpose, x, 1, -1)
    check("transpose", torch.transpose, x, dim0=0, dim1=2)
    check("permute", torch.Tensor.permute, x, 3, 0, 1, 2)
    check("permute", torch.permute, x, (2, -1, 0, 1))
    check("movedim", torch.movedim, x, 1, -1)
    check("movedim", torch.movedim, x, (0, 1), (-1, 0))
    check("t", torch.t, tensor("rows", "columns"))
    check("mT", lambda value: value.mT, x)
    check("unsqueeze", torch.unsqueeze, x, -1)
    check("unsqueeze", torch.unsqueeze, x, 1)
    check("squeeze", torch.squeeze, x.unsqueeze(2), 2)
    check("squeeze", torch.squeeze, x.unsqueeze(2))
    check("expand", torch.Tensor.expand, tensor("rows"), 1, -1)
    check("reshape", torch.reshape, x, (2, 3, 35))
    check("view", torch.Tensor.view, x, 6, 5, 7)
    check("select", torch.select, x, 1, 0)
    check("unbind", torch.unbind, x, 2)
    check("cat", torch.cat, [x, x][:1], dim=0)
    check("stack", torch.stack, [x], dim=1)
    check("narrow", lambda value, *_: value, x, 1, 0, 3)


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [0, -1, (0, 2), [1], None])
def test_reductions(dim, keepdim):
    x = tensor(*CBR)
    if dim is None:
        for name in ("sum", "mean", "prod", "max", "min", "std", "argmax"):
            check(name, getattr(torch, name), x)
        return
    out = x.sum(dim, keepdim)
    expected = tuple(name for name, size in zip(CBR, x.sum(dim, True).shape, strict=True) if keepdim or size != 1)
    assert carry("sum", [dims(x), dim, keepdim], {}, tuple(out.shape)).names == expected
    assert carry("sum", [dims(x)], {"dim": dim, "keepdim": keepdim}, tuple(out.shape)).names == expected
    if isinstance(dim, int):
        for name in ("max", "min", "median", "argmax", "prod"):
            assert carry(name, [dims(x)], {"dim": dim, "keepdim": keepdim}, tuple(out.shape)).names == expected


INDICES = [
    0,
    slice(1, None),
    None,
    ...,
    (0, 1),
    (slice(None), 0),
    (..., 0),
    (..., None, 0),
    (None, 0, ..., None),
    (0, ..., 0),
    [0, 1],
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing(index):
    x = tensor("channels", "rows", "columns")
    picked = x[index]
    carried = carry("__getitem__", [dims(x), index], {}, tuple(picked.shape))
    cut = {2: "channels", 1: None}  # a slice or a list takes two of three channels
    assert carried.names == tuple(cut.get(size, BY_SIZE.get(size)) for size in picked.shape)


def test_products():
    check("matmul", torch.matmul, tensor("batch", "rows", "columns"), tensor("batch", "columns", "time"))
    check("__matmul__", torch.matmul, tensor("rows", "columns"), tensor("columns"))
    check("matmul", torch.matmul, tensor("columns"), tensor("columns", "time"))
    check("matmul", torch.matmul, tensor("batch", "heads", "rows", "columns"), tensor("columns", "time"))
    check("linear", torch.nn.functional.linear, tensor("batch", "rows"), tensor("time", "rows"))
    check("einsum", torch.einsum, "...chw,c->...hw", tensor("batch", "channels", "rows", "columns"), tensor("channels"))
    check("einsum", torch.einsum, "...chw, c->...hw", tensor("channels", "rows", "columns"), tensor("channels"))
    check("einsum", torch.einsum, "bqd,bkd->bqk", tensor("batch", "rows", "time"), tensor("batch", "columns", "time"))
    check("einsum", torch.einsum, "ij,jk", tensor("rows", "columns"), tensor("columns", "time"))
    clash = carry("matmul", [Dims((2, 3), ("a", "b")), Dims((3, 4), ("c", "d"))], {}, (2, 4)).mismatch
    assert clash.values["one"] == "b"
    letter = carry("einsum", ["ij,j->i", Dims((2, 3), ("a", "b")), Dims((3,), ("c",))], {}, (2,)).mismatch
    assert letter.values == {"letter": "j", "one": "b", "other": "c"}


@given(st.permutations(list(SIZES)), st.integers(1, 4), st.data())
@settings(deadline=None, max_examples=60)
def test_broadcasting_matches_from_the_right(names, count, data):
    whole = tuple(names[:count])
    tail = data.draw(st.integers(0, count))
    ones = data.draw(st.lists(st.booleans(), min_size=tail, max_size=tail))
    x = tensor(*whole)
    kept = whole[count - tail :]
    y = torch.zeros([1 if one else SIZES[name] for name, one in zip(kept, ones, strict=True)])
    check("mul", torch.mul, x, y)
    check("add", torch.add, y, x)
    assert all(pair.sizes_fit and pair.names_fit for pair in pairs(dims(x), dims(y)))


@given(st.permutations(["batch", "channels", "rows", "columns"]), st.data())
@settings(deadline=None, max_examples=60)
def test_what_align_says_brings_equal_names_together(names, data):
    own = tuple(data.draw(st.permutations(data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True)))))
    x, whole = tensor(*own), tensor(*names)
    found = align(dims(x), dims(whole))
    aligned = eval("x" + found.code, {"x": x})  # the product's own text
    assert torch.broadcast_shapes(aligned.shape, whole.shape) == whole.shape
    assert all(pair.names_fit for pair in pairs(dims(aligned), dims(whole)))
    assert {name for name in told(aligned) if name} == set(own)


def test_the_notes_mismatch():
    """Notes 3.4: ``img_named[..., :3] * weights_named``, in the words that torch had for it."""
    img, weights = Dims((3, 5, 3), ("channels", "rows", "columns")), Dims((3,), ("channels",))
    carried = carry("mul", [img, weights], {}, (3, 5, 3))
    assert carried.names == ("channels", "rows", None)
    assert carried.mismatch.values == {
        "first": "channels, rows, columns",
        "second": "channels",
        "one": "columns",
        "other": "channels",
    }
    assert align(weights, img).code == "[:, None, None]"
    assert align(Dims((2,), ("other",)), img) is None


def test_names_merge_and_get_lost():
    x = Dims((2, 3, 4), ("a", "b", "c"))
    assert carry("flatten", [x, 1], {}, (2, 12)).names == ("a", "b·c")
    assert carry("flatten", [x], {}, (24,)).names == ("a·b·c",)
    assert carry("reshape", [x, (6, 4)], {}, (6, 4)).names == (None, "c")
    assert carry("some_new_function", [x], {}, (5, 5)).names == (None, None)
    assert carry("rand", [2, 3], {}, (2, 3)).names == (None, None)


def test_names_as_people_type_them():
    assert parse_names("channels, rows,columns") == ("channels", "rows", "columns")
    assert parse_names("_, 'rows', None") == (None, "rows", None)
    assert parse_names("  ") == ()
    for text in ("a, a", "x" * 30):
        with pytest.raises(NamesError):
            parse_names(text)
