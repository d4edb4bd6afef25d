"""Chapters 3.7, 3.8 and exercise 3.14 of the notes, and what the second notes say of fill_, clone and detach: their code, run behind the
wall as a learner pastes it, with the values that they print."""

import pytest

from explorer.ir import RunRequest
from explorer.runner import shared_engine

POINTS = "points = torch.tensor([\n    [4., 1.],\n    [5., 3.],\n    [2., 1.]\n])\n"


def ran(code):
    run = shared_engine().run(RunRequest(code=code, verify="never"))
    assert run.status == "ok", run.message
    return run


def printed(code):
    """What the code prints, without torch's warning that storage() is old."""
    lines = ran(code).stdout.strip("\n").split("\n")
    return [line for line in lines if line and "TypedStorage is deprecated" not in line]


PRINTS = {
    "3.2.3 points[0], points[1]": (
        "points = torch.zeros(6)\npoints[0] = 4.0\npoints[1] = 1.0\npoints[2] = 5.0\npoints[3] = 3.0\npoints[4] = 2.0\n"
        "points[5] = 1.0\nprint(points)\nprint((float(points[0]), float(points[1])))",
        ["tensor([4., 1., 5., 3., 2., 1.])", "(4.0, 1.0)"],
    ),
    "3.3 points[1:]": (f"{POINTS}print(points[1:])", ["tensor([[5., 3.],", "        [2., 1.]])"]),
    "3.3 points[1:, :]": (f"{POINTS}print(points[1:, :])", ["tensor([[5., 3.],", "        [2., 1.]])"]),
    "3.3 points[1:, 0]": (f"{POINTS}print(points[1:, 0])", ["tensor([5., 2.])"]),
    "3.3 points[None]": (
        f"{POINTS}print(points[None])",
        ["tensor([[[4., 1.],", "         [5., 3.],", "         [2., 1.]]])"],
    ),
    "3.7.2 points.storage()": (
        f"{POINTS}print(points.storage())",
        [" 4.0", " 1.0", " 5.0", " 3.0", " 2.0", " 1.0"],
    ),
    "3.7.2 points_storage[0], points.storage()[1]": (
        f"{POINTS}points_storage = points.storage()\nprint(points_storage[0])\nprint(points.storage()[1])",
        ["4.0", "1.0"],
    ),
    "3.7.2 points_storage[0] = 2.0": (
        f"{POINTS}points_storage = points.storage()\npoints_storage[0] = 2.0\nprint(points)",
        ["tensor([[2., 1.],", "        [5., 3.],", "        [2., 1.]])"],
    ),
    "3.7.2 a.zero_()": (
        "a = torch.ones(3, 2)\na.zero_()\nprint(a)",
        ["tensor([[0., 0.],", "        [0., 0.],", "        [0., 0.]])"],
    ),
    "3.8.1 second_point": (
        f"{POINTS}second_point = points[1]\nprint(second_point.storage_offset())\nprint(second_point.size())\nprint(points.stride())",
        ["2", "torch.Size([2])", "(2, 1)"],
    ),
    "3.8.1 second_point[0] = 10.": (
        f"{POINTS}second_point = points[1]\nsecond_point[0] = 10.\nprint(points)",
        ["tensor([[ 4.,  1.],", "        [10.,  3.],", "        [ 2.,  1.]])"],
    ),
    "3.8.1 points[1].clone()": (
        f"{POINTS}second_point = points[1].clone()\nsecond_point[0] = 10.\nprint(points)",
        ["tensor([[4., 1.],", "        [5., 3.],", "        [2., 1.]])"],
    ),
    "3.8.2 points.t()": (
        f"{POINTS}points_t = points.t()\nprint(points_t)\nprint(id(points.storage()) == id(points_t.storage))",
        ["tensor([[4., 5., 2.],", "        [1., 3., 1.]])", "False"],
    ),
    "3.8.3 transpose(0, 2)": (
        "some_t = torch.ones(3, 4, 5)\ntranspose_t = some_t.transpose(0, 2)\nprint(some_t.shape)\nprint(transpose_t.shape)\n"
        "print((some_t.stride(), transpose_t.stride()))",
        ["torch.Size([3, 4, 5])", "torch.Size([5, 4, 3])", "((20, 5, 1), (1, 5, 20))"],
    ),
    "3.8.4 is_contiguous()": (
        f"{POINTS}points_t = points.t()\nprint(points.is_contiguous())\nprint(points_t.is_contiguous())\nprint(points_t.stride())",
        ["True", "False", "(1, 2)"],
    ),
    "3.8.4 points_t.storage()": (
        f"{POINTS}points_t = points.t()\nprint(points_t.storage())",
        [" 4.0", " 1.0", " 5.0", " 3.0", " 2.0", " 1.0"],
    ),
    "3.8.4 points_t.contiguous()": (
        f"{POINTS}points_t_cont = points.t().contiguous()\nprint(points_t_cont)\nprint(points_t_cont.stride())\nprint(points_t_cont.storage())",
        ["tensor([[4., 5., 2.],", "        [1., 3., 1.]])", "(3, 1)", " 4.0", " 5.0", " 2.0", " 1.0", " 3.0", " 1.0"],
    ),
    "3.14 1": (
        "a = torch.tensor(list(range(9)))\nprint(a)\nprint((a.size(), a.storage_offset(), a.stride()))",
        ["tensor([0, 1, 2, 3, 4, 5, 6, 7, 8])", "(torch.Size([9]), 0, (1,))"],
    ),
    "3.14 1.a": (
        "a = torch.tensor(list(range(9)))\nb = a.view(3, 3)\nprint(b)\nprint(id(a) == id(b))\nprint((b.size(), b.storage_offset(), b.stride()))",
        ["tensor([[0, 1, 2],", "        [3, 4, 5],", "        [6, 7, 8]])", "False", "(torch.Size([3, 3]), 0, (3, 1))"],
    ),
    "3.14 1.b": (
        "a = torch.tensor(list(range(9)))\nb = a.view(3, 3)\nc = b[1:, 1:]\nprint((c.size(), c.storage_offset(), c.stride()))",
        ["(torch.Size([2, 2]), 4, (3, 1))"],
    ),
    "3.14 2.a": (
        "a = torch.tensor(list(range(9)))\nprint(torch.cos(a))",
        [
            "tensor([ 1.0000,  0.5403, -0.4161, -0.9900, -0.6536,  0.2837,  0.9602,  0.7539,",
            "        -0.1455])",
        ],
    ),
    "fill_": ("q = torch.empty(5)\nq.fill_(3.0)\nprint(q)", ["tensor([3., 3., 3., 3., 3.])"]),
}  # fmt: skip


@pytest.mark.parametrize("name", PRINTS)
def test_the_notes_print_what_they_say(name):
    code, expected = PRINTS[name]
    assert [line for line in printed(code) if not line.startswith("[torch.storage")] == expected


def test_fill_keeps_the_address():
    """The notes: the address in memory does not change."""
    run = ran("q = torch.empty(5)\nq.fill_(3.0)")
    (fill,) = (op for op in run.ops if op.name == "fill_")
    (before,), (after,) = fill.inputs, fill.outputs
    assert (before.storage_id, before.storage_offset) == (after.storage_id, after.storage_offset)
    assert (before.version, after.version) == (0, 1)


def test_a_clone_keeps_its_values_and_a_detached_tensor_follows():
    run = ran("x = torch.tensor([1, 2, 3, 4, 5, 6, 7])\nz_clone = x.clone()\nz_detach = x.detach()\nx[0] = 10")
    found = {tensor.name: tensor for tensor in run.tensors}
    assert found["z_clone"].value == [1, 2, 3, 4, 5, 6, 7]
    assert found["z_detach"].value == found["x"].value == [10, 2, 3, 4, 5, 6, 7]
    assert found["z_detach"].storage_id == found["x"].storage_id != found["z_clone"].storage_id
