"""Code looked at statement by statement: shared memory of tensors and arrays, and names through the notes' greyscale example."""

import pytest
import torch

from explorer.ir import Given, LookRequest
from explorer.worker.look import look

PICTURE = (
    Given(variable="img_t", names=("channels", "rows", "columns")),
    Given(variable="batch_t", names=("batch", "channels", "rows", "columns")),
    Given(variable="weights", names=("channels",)),
)
GREY = """\
img_t = torch.randn(3, 5, 5)
batch_t = torch.randn(2, 3, 5, 5)
weights = torch.tensor([0.2126, 0.7152, 0.0722])
img_gray_naive = img_t.mean(-3)
batch_gray_naive = batch_t.mean(-3)
unsqueezed_weights = weights.unsqueeze(-1).unsqueeze(-1)
img_weights = (img_t * unsqueezed_weights)
batch_weights = (batch_t * unsqueezed_weights)
img_gray_weighted = img_weights.sum(-3)
batch_gray_weighted = batch_weights.sum(-3)
img_gray_weighted_fancy = torch.einsum("...chw, c->...hw", img_t, weights)
batch_gray_weighted_fancy = torch.einsum("...chw, c->...hw", batch_t, weights)
"""


def steps(code, *given):
    answer = look(LookRequest(code=code, given=given))
    assert answer.status == "ok", answer.message
    return answer


def results(answer):
    """The last output under each variable."""
    return {step.output.variable: step.output for step in answer.steps if step.output and step.output.variable}


def test_the_notes_greyscale_example_with_names_shapes_and_values():
    """Notes 3.4: shapes [5, 5] and [2, 5, 5], [2, 3, 5, 5] and [3, 1, 1]; values against torch itself."""
    answer = steps(GREY, *PICTURE)
    found = results(answer)
    assert {name: (one.shape, one.names) for name, one in found.items()} == {
        "img_gray_naive": ((5, 5), ("rows", "columns")),
        "batch_gray_naive": ((2, 5, 5), ("batch", "rows", "columns")),
        "unsqueezed_weights": ((3, 1, 1), ("channels", None, None)),
        "img_weights": ((3, 5, 5), ("channels", "rows", "columns")),
        "batch_weights": ((2, 3, 5, 5), ("batch", "channels", "rows", "columns")),
        "img_gray_weighted": ((5, 5), ("rows", "columns")),
        "batch_gray_weighted": ((2, 5, 5), ("batch", "rows", "columns")),
        "img_gray_weighted_fancy": ((5, 5), ("rows", "columns")),
        "batch_gray_weighted_fancy": ((2, 5, 5), ("batch", "rows", "columns")),
    }
    assert [root.variable for root in answer.roots] == ["img_t", "batch_t", "weights"]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        img, batch = torch.randn(3, 5, 5), torch.randn(2, 3, 5, 5)
    w = torch.tensor([0.2126, 0.7152, 0.0722], dtype=torch.float64)

    def grey(picture):  # in another way than the example: by hand, channel by channel
        red, green, blue = picture.double().unbind(-3)
        return w[0] * red + w[1] * green + w[2] * blue

    for name, expected in {
        "img_gray_naive": img.double().sum(0) / 3,
        "img_gray_weighted": grey(img),
        "img_gray_weighted_fancy": grey(img),
        "batch_gray_weighted": grey(batch),
        "batch_gray_weighted_fancy": grey(batch),
    }.items():
        torch.testing.assert_close(torch.tensor(found[name].value).double(), expected, rtol=1e-5, atol=1e-6)


def test_the_notes_mismatch_of_columns_and_channels():
    code = (
        "img_t = torch.randn(3, 5, 5)\nweights = torch.tensor([0.2126, 0.7152, 0.0722])\nbad = img_t[..., :3] * weights"
    )
    answer = steps(code, *PICTURE)
    product = answer.steps[-1]
    assert (product.line, product.text, product.output.names) == (
        3,
        "img_t[..., :3] * weights",
        ("channels", "rows", None),
    )
    assert product.mismatch.values == {
        "first": "channels, rows, columns",
        "second": "channels",
        "one": "columns",
        "other": "channels",
    }
    assert product.hint.values == {"name": "weights", "code": "weights[:, None, None]"}
    fixed = steps(code.replace("* weights", "* weights[:, None, None]"), *PICTURE).steps[-1]
    assert (fixed.mismatch, fixed.output.names) == (None, ("channels", "rows", "columns"))


def test_a_product_that_torch_refuses_is_a_step_too():
    code = "img_t = torch.randn(3, 5, 5)\nweights = torch.ones(3)\nbad = img_t * weights"
    answer = look(LookRequest(code=code, given=PICTURE))
    assert (answer.status, answer.line, answer.sentence.key) == ("error", 3, "session.error.broadcast")
    last = answer.steps[-1]
    assert (last.output, last.mismatch.key) == (None, "names.mismatch.sizes")
    assert last.hint.values["code"] == "weights[:, None, None]"


def test_names_that_do_not_fit_a_variable_are_refused_with_its_shape():
    answer = look(LookRequest(code="a = 1\nx = torch.ones(2, 3)", given=(Given(variable="x", names=("a",)),)))
    assert (answer.status, answer.line, answer.sentence.key) == ("refused", 2, "names.count")
    assert answer.sentence.values == {"name": "x", "dims": "2", "shape": "(2, 3)", "given": "1"}


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ('w = torch.tensor([0.2126, 0.7152, 0.0722], names=["channels"])', 1),
        ('x = torch.randn(3, 5, 5)\nn = x.refine_names(..., "channels", "rows", "columns")', 2),
        ("x = torch.ones(3)\ny = x.align_as(x)", 2),
        ('x = torch.ones(3)\ny = x.sum("channels")', 2),
        ("x = torch.ones(3)\ny = x.rename(None)", 2),
    ],
)
def test_named_tensors_of_the_notes_get_a_sentence_and_a_line(code, line):
    answer = look(LookRequest(code=code))
    assert (answer.status, answer.sentence.key, answer.line) == ("error", "session.error.named_tensors", line)


def moments(code):
    answer = look(LookRequest(code=code))
    assert answer.status == "ok", answer.message
    return answer.moments


def test_numpy_and_torch_share_a_buffer():
    """Notes 3.10: ``points.numpy()`` and ``torch.from_numpy(points_np)`` are one strip under three names."""
    seen = moments(
        "points = torch.ones(3, 4)\npoints_np = points.numpy()\nback = torch.from_numpy(points_np)\n"
        "points_np[0, 1] = 7.\nback[2] = 5.\nlast = points_np[1:, ::2]\nown = points_np.copy()"
    )
    end = seen[-1]
    by_name = {tensor.name: tensor for tensor in end.tensors}
    assert {name: tensor.origin for name, tensor in by_name.items()} == {
        "points": "variable",
        "points_np": "ndarray",
        "back": "variable",
        "last": "ndarray",
        "own": "ndarray",
    }
    shared = {name for name, tensor in by_name.items() if tensor.storage_id == by_name["points"].storage_id}
    assert shared == {"points", "points_np", "back", "last"}
    expected = torch.ones(3, 4)
    assert [moment.storages[0].cells for moment in seen[:3]] == [expected.flatten().tolist()] * 3
    expected[0, 1] = 7
    assert seen[3].storages[0].cells == expected.flatten().tolist()
    expected[2] = 5
    assert end.storages[0].cells == expected.flatten().tolist()
    assert by_name["points"].value == by_name["back"].value == expected.tolist()
    last = by_name["last"]
    assert (last.stride, last.storage_offset, last.value) == ((4, 2), 4, expected[1:, ::2].tolist())
    assert [moment.line for moment in seen] == list(range(1, 8))


def test_arrays_that_torch_cannot_take_are_left_out():
    (moment,) = moments("a = np.array(['x']); b = np.arange(3)[::-1]; c = np.arange(4.)[1:3]")[-1:]
    assert [(one.name, one.storage_offset, one.value) for one in moment.tensors] == [("c", 1, [1.0, 2.0])]
    assert moment.storages[0].cells == [0, 1, 2, 3]
    (moment,) = moments("e = np.zeros((0, 3)); s = torch.eye(2).to_sparse(); m = torch.ones(2, device='meta')")[-1:]
    assert [one.name for one in moment.tensors] == ["e"]


@pytest.mark.parametrize(
    "code", ["", "x = (", "import os", "x = 1 / 0", "while True: break", "for i in range(100): x = torch.ones(2)"]
)
def test_bad_code_is_one_sentence_and_keeps_what_came_before(code):
    answer = look(LookRequest(code=code))
    assert answer.status == "ok" or answer.message
    answer = look(LookRequest(code="x = torch.ones(2)\ny = x + torch.ones(3)"))
    assert (answer.status, answer.line, len(answer.moments)) == ("error", 2, 1)
